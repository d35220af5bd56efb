// SPDX-License-Identifier: MIT
// A parsed TOML document as plain data, each part with its position. Keeps the parser out of every other
// file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/source.h"

namespace mmulab::config {

struct Entry;

struct Node {
  enum class Kind { Integer, Float, Flag, Text, Date, Array, Table };
  Kind kind = Kind::Table;
  std::int64_t integer = 0;
  bool flag = false;
  std::string text;
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the order of the text
  Position at;

  /// "an integer", "a string", ...: for messages.
  [[nodiscard]] const char* kind_name() const;
  [[nodiscard]] Entry* find(std::string_view key);
  [[nodiscard]] const Entry* find(std::string_view key) const;
  void erase(std::string_view key);
};

struct Entry {
  std::string key;
  Position key_at;
  Node value;
};

/// Parses a document; throws Error at the first place that is not TOML.
Node parse_toml(const SourcePtr& source);

/// Parses the right-hand side of an override, which starts at `column` (3 or more) of the source's line.
/// Returns false when it is not a TOML value; it may then be meant as a bare string.
bool parse_toml_value(const SourcePtr& source, unsigned column, Node& value);

}  // namespace mmulab::config
