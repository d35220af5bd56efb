// SPDX-License-Identifier: MIT
#include "sim/config/printer.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace mmulab::config {
namespace {

Value value_at(const Values& values, const std::string& path, Kind kind) {
  Value value;
  switch (kind) {
    case Kind::Integer:
    case Kind::Constant: value.integer = values.integer(path); break;
    case Kind::Flag: value.flag = values.flag(path); break;
    case Kind::Text: value.text = values.text(path); break;
    case Kind::Integers: value.integers = values.integers(path); break;
    case Kind::Texts: value.texts = values.texts(path); break;
  }
  return value;
}

std::string cited(const Constant& constant, bool set_by_user) {
  const bool bare = constant.confidence == Confidence::Unstated && constant.note.empty();
  if (bare && (constant.source.empty() || set_by_user)) return std::to_string(constant.value);
  std::string text = fmt::format("{{ value = {}", constant.value);
  if (constant.confidence != Confidence::Unstated)
    text += fmt::format(", confidence = \"{}\"", name_of(constant.confidence));
  if (!constant.source.empty()) text += ", source = " + quote(constant.source);
  if (!constant.note.empty()) text += ", note = " + quote(constant.note);
  return text + " }";
}

/// The lines of one table's keys that have a value.
std::string key_lines(const Schema& schema, const SectionSpec& section, const Values& values,
                      const std::string& prefix) {
  std::string text;
  for (const auto& name : section.keys) {
    const KeySpec& key = *schema.find_key(join_path(section.path, name));
    const std::string path = join_path(prefix, name);
    if (!values.contains(path)) continue;
    const std::string origin = values.origin(path);
    const std::string shown = key.kind == Kind::Constant
                                  ? cited(values.constant(path), origin == "--set")
                                  : literal(key.kind, value_at(values, path, key.kind));
    text += fmt::format("{} = {}  # {}\n", name, shown, origin);
  }
  return text;
}

std::string section_text(const Schema& schema, const SectionSpec& section, const Values& values) {
  std::string text;
  if (section.repeated) {
    for (const auto& element : values.tables(section.path))
      text += fmt::format("\n[[{}]]\n{}", section.path, key_lines(schema, section, element, ""));
    return text;
  }
  text = key_lines(schema, section, values, section.path);
  return section.path.empty() || text.empty() ? text : fmt::format("\n[{}]\n{}", section.path, text);
}

}  // namespace

std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += std::string("\\") + c;
    else if (byte < 0x20 || byte == 0x7F) quoted += fmt::format("\\u{:04X}", byte);
    else quoted += c;
  }
  return quoted + "\"";
}

std::string literal(Kind kind, const Value& value) {
  std::vector<std::string> quoted;
  switch (kind) {
    case Kind::Integer:
    case Kind::Constant: return std::to_string(value.integer);
    case Kind::Flag: return value.flag ? "true" : "false";
    case Kind::Text: return quote(value.text);
    case Kind::Integers: return fmt::format("[{}]", fmt::join(value.integers, ", "));
    case Kind::Texts: break;
  }
  for (const auto& text : value.texts) quoted.push_back(quote(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string to_toml(const Schema& schema, const Values& values, const std::string& only) {
  std::string text;
  for (const auto& section : schema.sections()) {
    const bool shown = only.empty() || section.path == only || section.path.rfind(only + ".", 0) == 0;
    if (shown) text += section_text(schema, section, values);
  }
  return text.empty() || text.front() != '\n' ? text : text.substr(1);
}

std::string plain_text(const Schema& schema, const Values& values, const std::string& section) {
  std::string text;
  for (const auto& name : schema.find_section(section)->keys) {
    const KeySpec& key = *schema.find_key(join_path(section, name));
    if (!values.contains(key.path)) continue;
    text += key.path + "=" + literal(key.kind, value_at(values, key.path, key.kind)) + "\n";
  }
  return text;
}

std::string canonical_text(const Schema& schema, const Values& values) {
  std::vector<std::string> lines;
  // A sweep does this at every point: keys and values, both sorted by path, are gone through side by side.
  auto key_at = schema.keys().begin();
  values.each([&](const std::string& path, const Value& value) {
    while (key_at->first != path) ++key_at;
    const KeySpec& key = *key_at->second;
    if (!key.host_only) lines.push_back(path + "=" + literal(key.kind, value));
    if (key.content) lines.push_back(path + "~" + key.content(path_from(values.position(path), value.text)));
  });
  const auto plain = static_cast<std::ptrdiff_t>(lines.size());
  for (const auto& section : schema.sections()) {
    if (!section.repeated) continue;
    std::size_t index = 0;
    for (const auto& element : values.tables(section.path)) {
      const std::string shown = fmt::format("{}[{}]", section.path, index++);
      for (const KeySpec* key : section.specs)
        if (!key->host_only && element.contains(key->name))
          lines.push_back(join_path(shown, key->name) + "=" +
                          literal(key->kind, value_at(element, key->name, key->kind)));
    }
  }
  // Sorted, so that declaring sections in another order keeps every hash. Paths in order make lines nearly in order.
  if (!std::is_sorted(lines.begin(), lines.begin() + plain)) std::sort(lines.begin(), lines.begin() + plain);
  std::sort(lines.begin() + plain, lines.end());
  std::inplace_merge(lines.begin(), lines.begin() + plain, lines.end());
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace mmulab::config
