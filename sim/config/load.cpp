// SPDX-License-Identifier: MIT
#include "sim/config/load.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sim/config/binder.h"
#include "sim/config/overrides.h"

namespace mmulab::config {
namespace {

/// How much of a configuration must be there.
enum class Extent { whole, parts };

Values complete(const Schema& schema, Node root, const Overrides& overrides, const SearchPath& search,
                const SectionSpec* only, Extent extent = Extent::whole, ParsedPresets* parsed = nullptr,
                const Values* blank = nullptr) {
  std::vector<Diagnostic> problems;
  for (const auto& argument : overrides) {
    try {
      apply_override(schema, argument, root, problems);
    } catch (const Error& failure) {
      problems.insert(problems.end(), failure.problems().begin(), failure.problems().end());
    }
  }
  PresetExpander(schema, search, problems, parsed).expand_document(root);
  const bool all_there = problems.empty() && extent == Extent::whole;
  Values values = Binder(schema, problems, blank).bind(root, all_there, only);
  if (!problems.empty()) throw Error(std::move(problems));
  return values;
}

/// The document, laid over the one that it begins from; `chain` are the files that have led here.
Node layered(const Schema& schema, const SourcePtr& source, SearchPath& search, std::vector<std::string> chain) {
  namespace fs = std::filesystem;
  constexpr std::size_t chain_max = 16;
  Node root = parse_toml(source);
  root.at = {source, 1, 1, 1};
  const Entry* begun = schema.find_key("base") == nullptr ? nullptr : root.find("base");
  if (begun == nullptr || begun->value.kind != Node::Kind::Text) return root;
  std::error_code failure;
  chain.push_back(fs::weakly_canonical(source->name, failure).string());
  const std::string file = (fs::path(source->name).parent_path() / begun->value.text).lexically_normal().string();
  const std::string canonical = fs::weakly_canonical(file, failure).string();
  const bool again = std::find(chain.begin(), chain.end(), canonical) != chain.end();
  if (again || chain.size() == chain_max)
    throw Error(diagnose(begun->value.at, again ? "the file begins from itself" : "too many files begin from others",
                         "`base` names another file, which may name one in turn"));
  SourcePtr below;
  try {
    below = read_source(file);
  } catch (const Error& error) {
    throw Error(diagnose(begun->value.at, error.problems().front().message, "`base` is relative to this file"));
  }
  search.add(SearchPath::beside(file));
  Node base = layered(schema, below, search, std::move(chain));
  base.erase("base");
  return merge(schema, std::move(base), std::move(root), "");
}

Values load_source(const Schema& schema, const SourcePtr& source, const Overrides& overrides, SearchPath search) {
  Node root = layered(schema, source, search, {});
  return complete(schema, std::move(root), overrides, search, nullptr);
}

const SectionSpec& section_of(const Schema& schema, const std::string& folder) {
  const SectionSpec* section = schema.preset_section(folder);
  if (section == nullptr) throw Misuse("no section has presets in " + folder);
  return *section;
}

}  // namespace

Document::Document(const Schema& schema, const std::string& file)
    : schema_(&schema),
      search_(SearchPath::beside(file)),
      root_(layered(schema, read_source(file), search_, {})),
      blank_(Binder::blank_values(schema)) {}

Values Document::values(const Overrides& overrides) const {
  return complete(*schema_, root_, overrides, search_, nullptr, Extent::whole, &presets_, &blank_);
}

Values Document::sketch(const Overrides& overrides) const {
  return complete(*schema_, root_, overrides, search_, nullptr, Extent::parts, &presets_, &blank_);
}

Values Document::alone(const std::string& override) const {
  return complete(*schema_, {}, {override}, search_, nullptr, Extent::parts, &presets_, &blank_);
}

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
