// SPDX-License-Identifier: MIT
// The part of the binder that checks one key's value.
#include <algorithm>

#include <fmt/format.h>

#include "sim/config/binder.h"
#include "sim/config/nearest.h"

namespace mmulab::config {
namespace {

std::string allowed_range(const KeySpec& key) {
  const std::string unit = key.unit.empty() ? "" : " " + key.unit;
  if (key.max == INT64_MAX) return fmt::format("at least {}{}", key.min, unit);
  return fmt::format("{} to {}{}", key.min, key.max, unit);
}

constexpr const char* constant_shape = "an integer or { value, confidence, source }";

}  // namespace

void Binder::wrong_kind(const KeySpec& key, const Node& node, const char* expected) {
  complain(node.at, fmt::format("`{}`: expected {}, found {}", key.path, expected, node.kind_name()));
}

void Binder::bind_key(const KeySpec& key, const Node& node, Values::Setting& setting) {
  setting.at = node.at;
  const auto before = problems_.size();
  switch (key.kind) {
    case Kind::Integer: bind_integer(key, node, setting.value.integer); break;
    case Kind::Constant: bind_constant(key, node, setting); break;
    case Kind::Text: bind_text(key, node, setting.value.text); break;
    case Kind::Integers:
    case Kind::Texts: bind_list(key, node, setting.value); break;
    case Kind::Flag:
      if (node.kind == Node::Kind::Flag) setting.value.flag = node.flag;
      else wrong_kind(key, node, "true or false");
      break;
  }
  setting.present = problems_.size() == before;
}

void Binder::bind_integer(const KeySpec& key, const Node& node, std::uint64_t& integer) {
  if (node.kind != Node::Kind::Integer) {
    wrong_kind(key, node, "an integer");
  } else if (node.integer < 0) {
    complain(node.at, fmt::format("`{}`: expected a non-negative integer, found {}", key.path, node.integer));
  } else {
    integer = static_cast<std::uint64_t>(node.integer);
    if (integer < key.min || integer > key.max)
      complain(node.at, fmt::format("`{}`: {} is out of range", key.path, integer), allowed_range(key));
  }
}

void Binder::bind_text(const KeySpec& key, const Node& node, std::string& text) {
  if (node.kind != Node::Kind::Text) {
    wrong_kind(key, node, "a string");
    return;
  }
  text = node.text;
  if (!key.choices.empty() && std::find(key.choices.begin(), key.choices.end(), text) == key.choices.end())
    complain(node.at, fmt::format("`{}`: there is no choice \"{}\"", key.path, text),
             suggestion(text, key.choices));
}

void Binder::bind_list(const KeySpec& key, const Node& node, Value& value) {
  const bool texts = key.kind == Kind::Texts;
  if (node.kind != Node::Kind::Array) {
    wrong_kind(key, node, texts ? "an array of strings" : "an array of integers");
    return;
  }
  value.integers.clear();
  value.texts.clear();
  for (const auto& item : node.items) {
    if (texts) bind_text(key, item, value.texts.emplace_back());
    else bind_integer(key, item, value.integers.emplace_back());
  }
}

void Binder::bind_constant(const KeySpec& key, const Node& node, Values::Setting& setting) {
  setting.confidence = Confidence::Unstated;
  const bool set_by_user = node.at.exists() && node.at.source->role == SourceText::Role::Override;
  setting.source = set_by_user ? "set by user" : "";
  setting.note.clear();
  if (node.kind == Node::Kind::Integer) {
    bind_integer(key, node, setting.value.integer);
  } else if (node.kind != Node::Kind::Table) {
    wrong_kind(key, node, constant_shape);
  } else if (node.find("value") == nullptr) {
    complain(node.at, fmt::format("`{}`: the table has no `value`", key.path), constant_shape);
  } else {
    for (const auto& entry : node.entries) bind_citation(key, entry, setting);
  }
}

void Binder::bind_citation(const KeySpec& key, const Entry& entry, Values::Setting& setting) {
  static const std::vector<std::string> parts = {"value", "confidence", "source", "note"};
  static const std::vector<std::string> levels = {"high", "medium", "low"};
  if (entry.key == "value") {
    bind_integer(key, entry.value, setting.value.integer);
    return;
  }
  if (std::find(parts.begin(), parts.end(), entry.key) == parts.end()) {
    complain(entry.key_at, fmt::format("unknown key `{}` in the constant `{}`", entry.key, key.path),
             suggestion(entry.key, parts));
    return;
  }
  const bool is_level = entry.key == "confidence";
  std::string text = entry.value.text;
  const bool fits = !is_level || std::find(levels.begin(), levels.end(), text) != levels.end();
  if (entry.value.kind != Node::Kind::Text || !fits) {
    KeySpec part;
    part.path = key.path + "." + entry.key;
    if (is_level) part.choices = levels;
    bind_text(part, entry.value, text);  // which complains
    return;
  }
  if (entry.key == "source") setting.source = text;
  else if (entry.key == "note") setting.note = text;
  else
    setting.confidence = text == "high"     ? Confidence::High
                         : text == "medium" ? Confidence::Medium
                                            : Confidence::Low;
}

}  // namespace mmulab::config
