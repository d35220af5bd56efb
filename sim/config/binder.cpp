// SPDX-License-Identifier: MIT
#include "sim/config/binder.h"

#include <algorithm>
#include <tuple>

#include <fmt/ranges.h>

#include "sim/config/hash.h"
#include "sim/config/nearest.h"
#include "sim/config/printer.h"

namespace mmulab::config {
namespace {

std::string place_of(const SectionSpec& section) {
  if (section.path.empty()) return "at the top level";
  return section.repeated ? "in [[" + section.path + "]]" : "in [" + section.path + "]";
}

bool lies_in(const std::string& path, const std::string& section) {
  return path == section || (path.size() > section.size() && path.compare(0, section.size(), section) == 0 &&
                             path[section.size()] == '.');
}

}  // namespace

void Binder::complain(const Position& at, std::string message, std::string hint) {
  problems_.push_back(diagnose(at, std::move(message), std::move(hint)));
}

Values Binder::blank_values(const Schema& schema) {
  Values values;
  for (const auto& section : schema.sections()) {
    values.groups_[section.path].repeated = section.repeated;
    if (section.repeated) continue;
    for (const KeySpec* key : section.specs) values.settings_[key->path] = Values::default_setting(*key);
  }
  return values;
}

Values Binder::bind(const Node& root, bool complete, const SectionSpec* only) {
  Values values = blank_ != nullptr ? *blank_ : blank_values(schema_);
  bind_table(*schema_.find_section(""), root, values, "");
  if (complete) {
    apply_conditions(values);
    require_all(values, root.at, only);
    if (problems_.empty() && only == nullptr) apply_rules(values);
  }
  std::stable_sort(problems_.begin(), problems_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.role, a.file, a.line, a.column) < std::tie(b.role, b.file, b.line, b.column);
  });
  if (problems_.empty()) values.config_hash_ = hash_text(canonical_text(schema_, values));
  return values;
}

void Binder::bind_table(const SectionSpec& section, const Node& table, Values& values,
                        const std::string& prefix) {
  for (const auto& entry : table.entries) {
    const std::string path = join_path(section.path, entry.key);
    const bool plain = entry.key.find('.') == std::string::npos;  // "a.b" in quotes is one strange key
    const KeySpec* key = plain ? schema_.find_key(path) : nullptr;
    const SectionSpec* below = plain && key == nullptr ? schema_.find_section(path) : nullptr;
    if (key != nullptr) bind_key(*key, entry.value, values.settings_[join_path(prefix, entry.key)]);
    else if (below == nullptr || below == &section) unknown(section, entry);
    else if (below->repeated) bind_tables(*below, entry, values);
    else bind_section(*below, entry, values);
  }
}

void Binder::bind_section(const SectionSpec& section, const Entry& entry, Values& values) {
  values.groups_[section.path].at = entry.key_at;
  if (entry.value.kind == Node::Kind::Table) {
    bind_table(section, entry.value, values, section.path);
    return;
  }
  const char* expected = section.preset_folder.empty() ? "a table" : "a preset's name or a table";
  complain(entry.value.at,
           fmt::format("`{}`: expected {}, found {}", section.path, expected, entry.value.kind_name()));
}

void Binder::bind_tables(const SectionSpec& section, const Entry& entry, Values& values) {
  auto& group = values.groups_[section.path];
  group.at = entry.key_at;
  if (entry.value.kind != Node::Kind::Array) {
    complain(entry.value.at, fmt::format("`{}`: expected an array of tables, found {}", section.path,
                                         entry.value.kind_name()),
             fmt::format("write [[{}]]", section.path));
    return;
  }
  for (const auto& item : entry.value.items) {
    if (item.kind != Node::Kind::Table) {
      complain(item.at, fmt::format("`{}`: expected a table, found {}", section.path, item.kind_name()));
      continue;
    }
    Values& element = group.tables.emplace_back();
    for (const KeySpec* key : section.specs) element.settings_[key->name] = Values::default_setting(*key);
    element.groups_[""].at = item.at;
    bind_table(section, item, element, "");
  }
}

void Binder::unknown(const SectionSpec& section, const Entry& entry) {
  const auto names = schema_.names_in(section);
  const std::string hint = names.empty() ? "nothing can be set here" : suggestion(entry.key, names);
  complain(entry.key_at, fmt::format("unknown key `{}` {}", entry.key, place_of(section)), hint);
}

void Binder::apply_conditions(Values& values) {
  for (const auto& section : schema_.sections()) {
    if (section.condition_key.empty()) continue;
    const auto decides = values.settings_.find(section.condition_key);
    if (decides == values.settings_.end())
      throw Misuse("condition on an undeclared key " + section.condition_key);
    const std::string& actual = decides->second.value.text;
    const auto& wanted = section.condition_values;
    const bool applies =
        decides->second.present && std::find(wanted.begin(), wanted.end(), actual) != wanted.end();
    if (applies) continue;
    // A condition's key that is wrong or missing has a message of its own.
    const bool at_fault = !decides->second.present &&
                          (decides->second.at.exists() || schema_.find_key(section.condition_key)->required);
    if (values.groups_[section.path].at.exists() && !at_fault) {
      const std::string found =
          decides->second.present ? "it is \"" + actual + "\" here" : "it is not set here";
      complain(values.groups_[section.path].at,
               fmt::format("[{}] applies only when {} is \"{}\"; {}", section.path, section.condition_key,
                           fmt::join(wanted, "\" or \""), found));
    }
    drop(section, values);
  }
}

void Binder::drop(const SectionSpec& section, Values& values) {
  for (auto& [path, group] : values.groups_) {
    if (!lies_in(path, section.path)) continue;
    group.applies = false;
    group.tables.clear();
  }
  const std::string prefix = section.path + ".";
  auto at = values.settings_.lower_bound(prefix);
  for (; at != values.settings_.end() && at->first.compare(0, prefix.size(), prefix) == 0; ++at)
    at->second.present = false;
}

void Binder::require(const SectionSpec& section, const Values& values, const std::string& prefix,
                     const Position& at) {
  for (const KeySpec* key : section.specs) {
    if (!key->required) continue;
    const Values::Setting& setting = values.settings_.at(join_path(prefix, key->name));
    // A key that was given wrongly has had its message.
    if (setting.present || setting.at.exists()) continue;
    complain(at, fmt::format("missing key `{}` {}", key->name, place_of(section)), key->help);
  }
}

void Binder::require_all(const Values& values, const Position& top, const SectionSpec* only) {
  for (const auto& section : schema_.sections()) {
    const auto& group = values.groups_.at(section.path);
    if (!group.applies || (only != nullptr && !lies_in(section.path, only->path))) continue;
    if (section.repeated)
      for (const auto& element : group.tables) require(section, element, "", element.groups_.at("").at);
    else require(section, values, section.path, group.at.exists() ? group.at : top);
  }
}

void Binder::apply_rules(const Values& values) {
  const Complain complain_at = [&](const std::string& path, const std::string& message,
                                   const std::string& hint) {
    complain(path.empty() ? Position{} : values.position(path), message, hint);
  };
  for (const auto& rule : schema_.rules()) rule(values, complain_at);
}

}  // namespace mmulab::config
