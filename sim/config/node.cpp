// SPDX-License-Identifier: MIT
#include "sim/config/node.h"

#include <algorithm>

namespace mmulab::config {

const char* Node::kind_name() const {
  switch (kind) {
    case Kind::Integer: return "an integer";
    case Kind::Float: return "a floating-point number";
    case Kind::Flag: return "a boolean";
    case Kind::Text: return "a string";
    case Kind::Date: return "a date or time";
    case Kind::Array: return "an array";
    case Kind::Table: return "a table";
  }
  return "a value";
}

Entry* Node::find(std::string_view key) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const Entry* Node::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

void Node::erase(std::string_view key) {
  entries.erase(std::remove_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; }),
                entries.end());
}

}  // namespace mmulab::config
