// SPDX-License-Identifier: MIT
#include "sim/config/load.h"

#include <filesystem>
#include <utility>

#include "sim/config/binder.h"
#include "sim/config/overrides.h"

namespace mmulab::config {
namespace {

Values complete(const Schema& schema, Node root, const Overrides& overrides, const SearchPath& search,
                const SectionSpec* only) {
  std::vector<Diagnostic> problems;
  for (const auto& argument : overrides) {
    try {
      apply_override(schema, argument, root, problems);
    } catch (const Error& failure) {
      problems.insert(problems.end(), failure.problems().begin(), failure.problems().end());
    }
  }
  PresetExpander(schema, search, problems).expand_document(root);
  const bool all_there = problems.empty();
  Values values = Binder(schema, problems).bind(root, all_there, only);
  if (!problems.empty()) throw Error(std::move(problems));
  return values;
}

Values load_source(const Schema& schema, const SourcePtr& source, const Overrides& overrides,
                   const SearchPath& search) {
  Node root = parse_toml(source);
  root.at = {source, 1, 1, 1};
  return complete(schema, std::move(root), overrides, search, nullptr);
}

const SectionSpec& section_of(const Schema& schema, const std::string& folder) {
  const SectionSpec* section = schema.preset_section(folder);
  if (section == nullptr) throw Misuse("no section has presets in " + folder);
  return *section;
}

}  // namespace

Values load_file(const Schema& schema, const std::string& file, const Overrides& overrides) {
  return load_source(schema, read_source(file), overrides, SearchPath::beside(file));
}

Values load_text(const Schema& schema, const std::string& name, const std::string& text,
                 const Overrides& overrides, const SearchPath& search) {
  const auto source = std::make_shared<SourceText>(SourceText{SourceText::Role::File, name, "", text});
  return load_source(schema, source, overrides, search);
}

Values load_preset(const Schema& schema, const std::string& folder, const std::string& name,
                   const Overrides& overrides, const SearchPath& search) {
  const SectionSpec& section = section_of(schema, folder);
  Node reference;
  reference.kind = Node::Kind::Text;
  reference.text = name;
  Node root;
  root.entries.push_back({section.path, {}, std::move(reference)});
  return complete(schema, std::move(root), overrides, search, &section);
}

Values load_preset_file(const Schema& schema, const std::string& folder, const std::string& file) {
  const SectionSpec& section = section_of(schema, folder);
  const auto name = std::filesystem::path(file).stem().string();
  const auto source = read_source(file, SourceText::Role::Preset, name);
  Node table = parse_toml(source);
  table.at = {source, 1, 1, 1};
  Node root;
  root.at = table.at;
  root.entries.push_back({section.path, table.at, std::move(table)});
  return complete(schema, std::move(root), {}, SearchPath::beside(file), &section);
}

}  // namespace mmulab::config
