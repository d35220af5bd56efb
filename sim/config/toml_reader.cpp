// SPDX-License-Identifier: MIT
// The only file that sees the TOML parser.
#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "sim/config/diagnostic.h"
#include "sim/config/node.h"

namespace mmulab::config {
namespace {

// The parser bounds the nesting of values, but not of dotted keys, which would overflow the stack.
constexpr unsigned key_depth_max = 64;

class Converter {
 public:
  Converter(SourcePtr source, unsigned column_shift) : source_(std::move(source)), shift_(column_shift) {}

  Node convert(const toml::node& from) const {
    Node node;
    node.at = position(from.source());
    if (const auto* integer = from.as_integer()) {
      node.kind = Node::Kind::Integer;
      node.integer = integer->get();
    } else if (const auto* text = from.as_string()) {
      node.kind = Node::Kind::Text;
      node.text = text->get();
    } else if (const auto* flag = from.as_boolean()) {
      node.kind = Node::Kind::Flag;
      node.flag = flag->get();
    } else if (const auto* table = from.as_table()) {
      add_entries(*table, node);
    } else if (const auto* array = from.as_array()) {
      node.kind = Node::Kind::Array;
      for (const auto& item : *array) node.items.push_back(convert(item));
    } else {
      node.kind = from.is_floating_point() ? Node::Kind::Float : Node::Kind::Date;
    }
    return node;
  }

  Position position(const toml::source_region& region) const {
    Position at;
    at.source = source_;
    at.line = region.begin.line;
    at.column = region.begin.column + (region.begin.line == 1 ? shift_ : 0);
    const bool one_line = region.end.line == region.begin.line && region.end.column > region.begin.column;
    at.width = one_line ? region.end.column - region.begin.column : 1;
    return at;
  }

 private:
  void add_entries(const toml::table& from, Node& node) const {
    node.kind = Node::Kind::Table;
    for (const auto& [key, value] : from) {
      Entry entry;
      entry.key = std::string(key.str());
      entry.key_at = position(key.source());
      entry.value = convert(value);
      node.entries.push_back(std::move(entry));
    }
    // The parser sorts by name; messages and listings follow the text.
    std::stable_sort(node.entries.begin(), node.entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.key_at.line, a.key_at.column) < std::tie(b.key_at.line, b.key_at.column);
    });
  }

  SourcePtr source_;
  unsigned shift_;
};

/// The column of the first dot too many in a line's keys, or 0.
unsigned too_deep_at(std::string_view line) {
  unsigned depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      else if (c == quote) quote = 0;
    } else if (c == '#') {
      return 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ',' || c == '=' || c == '{') {
      depth = 0;
    } else if (c == '.' && ++depth > key_depth_max) {
      return static_cast<unsigned>(i + 1);
    }
  }
  return 0;
}

void refuse_deep_keys(const SourcePtr& source) {
  std::string_view rest = source->text;
  for (unsigned line = 1; !rest.empty(); ++line) {
    const auto newline = rest.find('\n');
    if (const unsigned column = too_deep_at(rest.substr(0, newline)))
      throw Error(diagnose({source, line, column, 1}, "a key nests more than 64 levels deep"));
    if (newline == std::string_view::npos) return;
    rest.remove_prefix(newline + 1);
  }
}

}  // namespace

Node parse_toml(const SourcePtr& source) {
  refuse_deep_keys(source);
  const Converter converter(source, 0);
  try {
    return converter.convert(toml::parse(source->text));
  } catch (const toml::parse_error& failure) {
    throw Error(diagnose(converter.position(failure.source()), std::string(failure.description())));
  }
}

bool parse_toml_value(const SourcePtr& source, unsigned column, Node& value) {
  refuse_deep_keys(source);
  const std::string_view text = std::string_view(source->text).substr(column - 1);
  // A line break would let the text smuggle in further keys.
  if (text.empty() || text.find('\n') != std::string_view::npos) return false;
  constexpr std::string_view prefix = "v=";
  try {
    const auto document = toml::parse(std::string(prefix) + std::string(text));
    // A key and its = come before every value, so the prefix is never longer than what it stands for.
    const Converter converter(source, column - 1 - static_cast<unsigned>(prefix.size()));
    value = converter.convert(*document.get("v"));
    return document.size() == 1;
  } catch (const toml::parse_error&) {
    return false;
  }
}

}  // namespace mmulab::config
