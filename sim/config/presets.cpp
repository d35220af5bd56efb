// SPDX-License-Identifier: MIT
#include "sim/config/presets.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "sim/config/nearest.h"

namespace mmulab::config {

std::vector<std::string> PresetExpander::names(const std::string& folder) const {
  auto names = search_.names(folder);
  for (const auto& [name, text] : schema_.built_in_presets(folder)) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<Node> PresetExpander::parse(const SectionSpec& section, const std::string& name,
                                          const Position& asked) {
  if (parsed_ == nullptr) return parse_anew(section, name, asked);
  const std::string key = section.preset_folder + "/" + name;
  if (const auto found = parsed_->find(key); found != parsed_->end()) return found->second;
  auto table = parse_anew(section, name, asked);
  if (table) parsed_->emplace(key, *table);
  return table;
}

std::optional<Node> PresetExpander::parse_anew(const SectionSpec& section, const std::string& name,
                                               const Position& asked) {
  try {
    if (const auto file = search_.find(section.preset_folder, name))
      return parse_toml(read_source(*file, SourceText::Role::Preset, name));
    const auto& built_in = schema_.built_in_presets(section.preset_folder);
    if (const auto found = built_in.find(name); found != built_in.end()) {
      return parse_toml(std::make_shared<SourceText>(
          SourceText{SourceText::Role::Preset, section.preset_folder + "/" + name, name, found->second}));
    }
    const auto known = names(section.preset_folder);
    std::string hint = nearest(name, known).empty() ? "" : "did you mean `" + nearest(name, known) + "`? ";
    hint += known.empty() ? "there are none in the search path"
                          : fmt::format("known: {}", fmt::join(known, ", "));
    problems_.push_back(diagnose(asked, fmt::format("there is no {} preset `{}`", section.path, name), hint));
  } catch (const Error& failure) {
    problems_.insert(problems_.end(), failure.problems().begin(), failure.problems().end());
  }
  return {};
}

std::optional<Node> PresetExpander::load(const SectionSpec& section, const std::string& name,
                                         const Position& asked) {
  if (std::find(chain_.begin(), chain_.end(), name) != chain_.end()) {
    problems_.push_back(diagnose(asked, fmt::format("{} presets form a cycle: {} -> {}", section.path,
                                                    fmt::join(chain_, " -> "), name)));
    return {};
  }
  auto table = parse(section, name, asked);
  if (!table) return {};
  if (table->find("name") == nullptr) {
    Entry title;
    title.key = "name";
    title.key_at = title.value.at = asked;
    title.value.kind = Node::Kind::Text;
    title.value.text = name;
    table->entries.push_back(std::move(title));
  }
  chain_.push_back(name);
  Node expanded = expand(section, std::move(*table));
  chain_.pop_back();
  return expanded;
}

Node PresetExpander::expand(const SectionSpec& section, Node own) {
  const Entry* begun = own.find("preset");
  if (begun == nullptr) return own;
  if (begun->value.kind != Node::Kind::Text) {
    problems_.push_back(diagnose(begun->value.at, fmt::format("`{}.preset`: expected a string, found {}",
                                                              section.path, begun->value.kind_name())));
    own.erase("preset");
    return own;
  }
  auto base = load(section, begun->value.text, begun->value.at);
  own.erase("preset");
  return base ? merge(schema_, std::move(*base), std::move(own), section.path) : own;
}

void make_table(Node& named) {
  Node table;
  table.at = named.at;
  table.entries.push_back({"preset", named.at, std::move(named)});
  named = std::move(table);
}

Node merge(const Schema& schema, Node base, Node own, const std::string& path) {
  for (auto& entry : own.entries) {
    const std::string below = join_path(path, entry.key);
    const SectionSpec* section = schema.find_section(below);
    Entry* under = base.find(entry.key);
    const bool begins_anew = entry.value.find("preset") != nullptr && under != nullptr && section != nullptr &&
                             !section->preset_folder.empty();
    if (under != nullptr && section != nullptr && !section->preset_folder.empty() && !begins_anew &&
        under->value.kind == Node::Kind::Text && entry.value.kind == Node::Kind::Table)
      make_table(under->value);
    if (under == nullptr) {
      base.entries.push_back(std::move(entry));
    } else if (section != nullptr && !section->repeated && !begins_anew && entry.value.kind == Node::Kind::Table &&
               under->value.kind == Node::Kind::Table) {
      under->value = merge(schema, std::move(under->value), std::move(entry.value), below);
      under->key_at = entry.key_at;
    } else {
      *under = std::move(entry);
    }
  }
  base.at = own.at;
  return base;
}

void PresetExpander::expand_document(Node& root) {
  for (auto& entry : root.entries) {
    const SectionSpec* section = schema_.find_section(entry.key);
    if (section == nullptr || section->preset_folder.empty()) continue;
    if (entry.value.kind == Node::Kind::Text) {
      auto table = load(*section, entry.value.text, entry.value.at);
      Node empty;
      empty.at = entry.value.at;
      entry.value = table ? std::move(*table) : std::move(empty);
    } else if (entry.value.kind == Node::Kind::Table) {
      entry.value = expand(*section, std::move(entry.value));
    }
  }
}

}  // namespace mmulab::config
