// SPDX-License-Identifier: MIT
#include "sim/config/overrides.h"

#include <algorithm>
#include <utility>

#include "sim/config/presets.h"

namespace mmulab::config {
namespace {

// The same bound as for keys in a file: tables are destroyed recursively.
constexpr std::size_t depth_max = 64;

struct Segment {
  std::string name;
  Position at;
};

Position span(const SourcePtr& source, std::size_t from, std::size_t to) {
  return {source, 1, static_cast<unsigned>(from + 1), static_cast<unsigned>(to > from ? to - from : 1)};
}

/// Splits "machine.cores"; empty when a segment is, or when there are too many.
std::vector<Segment> split(const SourcePtr& source, std::size_t end) {
  std::vector<Segment> segments;
  for (std::size_t from = 0; from <= end;) {
    const std::size_t to = std::min(source->text.find('.', from), end);
    if (to == from || segments.size() == depth_max) return {};
    segments.push_back({source->text.substr(from, to - from), span(source, from, to)});
    from = to + 1;
  }
  return segments;
}

Node bare_string(const SourcePtr& source, std::size_t from) {
  Node node;
  node.kind = Node::Kind::Text;
  node.text = source->text.substr(from);
  node.at = span(source, from, source->text.size());
  return node;
}

/// A preset's name and a text may look like a number or a date ("2.6.22"), so only quotes make them TOML.
bool wants_bare_string(const Schema& schema, const std::string& path, char first) {
  if (first == '"' || first == '\'') return false;
  if (const KeySpec* key = schema.find_key(path)) return key->kind == Kind::Text;
  const auto dot = path.rfind('.');
  const SectionSpec* section = schema.find_section(path);
  if (section != nullptr && !section->preset_folder.empty()) return first != '{';
  const SectionSpec* parent = dot == std::string::npos ? nullptr : schema.find_section(path.substr(0, dot));
  return parent != nullptr && !parent->preset_folder.empty() && path.substr(dot + 1) == "preset";
}

Node value_of(const Schema& schema, const SourcePtr& source, const std::string& path, std::size_t from) {
  const char first = from < source->text.size() ? source->text[from] : '\0';
  Node node;
  if (!wants_bare_string(schema, path, first) &&
      parse_toml_value(source, static_cast<unsigned>(from + 1), node))
    return node;
  return bare_string(source, from);
}

/// The table at one step of the path, made if it is missing; null when something else stands there.
Node* descend(const Schema& schema, Node& table, const Segment& step, const std::string& path) {
  Entry* found = table.find(step.name);
  if (found == nullptr) {
    Node below;
    below.at = step.at;
    table.entries.push_back({step.name, step.at, std::move(below)});
    return &table.entries.back().value;
  }
  const SectionSpec* section = schema.find_section(path);
  if (found->value.kind == Node::Kind::Text && section != nullptr && !section->preset_folder.empty())
    make_table(found->value);
  return found->value.kind == Node::Kind::Table ? &found->value : nullptr;
}

}  // namespace

void apply_override(const Schema& schema, const std::string& argument, Node& root,
                    std::vector<Diagnostic>& problems) {
  const auto source =
      std::make_shared<SourceText>(SourceText{SourceText::Role::Override, "--set", "", argument});
  const auto equals = argument.find('=');
  const auto segments = equals == std::string::npos ? std::vector<Segment>{} : split(source, equals);
  if (segments.empty()) {
    problems.push_back(diagnose(span(source, 0, argument.size()), "an override is written KEY=VALUE",
                                "for example --set machine.cores=8"));
    return;
  }
  Node* table = &root;
  std::string path;
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    path = join_path(path, segments[i].name);
    table = descend(schema, *table, segments[i], path);
    if (table == nullptr) {
      problems.push_back(
          diagnose(segments[i].at, "`" + path + "` is not a table, so nothing can be set inside it"));
      return;
    }
  }
  path = join_path(path, segments.back().name);
  Node value = value_of(schema, source, path, equals + 1);
  if (Entry* found = table->find(segments.back().name))
    *found = {found->key, segments.back().at, std::move(value)};
  else table->entries.push_back({segments.back().name, segments.back().at, std::move(value)});
}

}  // namespace mmulab::config
