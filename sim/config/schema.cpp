// SPDX-License-Identifier: MIT
#include "sim/config/schema.h"

#include <string_view>

#include "sim/config/diagnostic.h"

namespace mmulab::config {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string unit_of(std::string_view name) {
  for (const char* unit : {"cycles", "ns", "bytes", "pages"})
    if (ends_with(name, std::string("_") + unit)) return unit;
  return {};
}

}  // namespace

const char* name_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::Unstated: return "unstated";
    case Confidence::Low: return "low";
    case Confidence::Medium: return "medium";
    case Confidence::High: return "high";
  }
  return "unstated";
}

std::string join_path(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "." + name;
}

Key Section::add(const std::string& name, Kind kind) { return Key(schema_->add_key(*spec_, name, kind)); }
Key Section::integer(const std::string& name) { return add(name, Kind::Integer); }
Key Section::constant(const std::string& name) { return add(name, Kind::Constant); }
Key Section::flag(const std::string& name) { return add(name, Kind::Flag); }
Key Section::text(const std::string& name) { return add(name, Kind::Text); }
Key Section::integers(const std::string& name) { return add(name, Kind::Integers); }
Key Section::texts(const std::string& name) { return add(name, Kind::Texts); }

Key Section::choice(const std::string& name, std::vector<std::string> names) {
  return add(name, Kind::Text).allow(std::move(names));
}

Section& Section::only_if(std::string key, std::vector<std::string> values) {
  spec_->condition_key = std::move(key);
  spec_->condition_values = std::move(values);
  return *this;
}

Section& Section::only_if(std::string key, std::string value) {
  return only_if(std::move(key), std::vector<std::string>{std::move(value)});
}

Section& Section::presets(std::string folder) {
  spec_->preset_folder = std::move(folder);
  text("name").help("What reports call it; by default the preset's name");
  return *this;
}

Schema::Schema() { obtain(""); }

SectionSpec& Schema::obtain(const std::string& path) {
  if (const auto found = section_at_.find(path); found != section_at_.end()) return *found->second;
  if (key_at_.count(path) != 0) throw Misuse("section " + path + " is already declared as a key");
  if (!path.empty()) {
    const auto dot = path.rfind('.');
    SectionSpec& parent = obtain(dot == std::string::npos ? "" : path.substr(0, dot));
    if (parent.repeated) throw Misuse("section " + path + " lies inside an array of tables");
    parent.children.push_back(dot == std::string::npos ? path : path.substr(dot + 1));
  }
  SectionSpec& made = sections_.emplace_back();
  made.path = path;
  section_at_[path] = &made;
  return made;
}

Section Schema::section(const std::string& path, const std::string& help) {
  SectionSpec& spec = obtain(path);
  if (!help.empty()) spec.help = help;
  return {*this, spec};
}

Section Schema::tables(const std::string& path, const std::string& help) {
  Section declared = section(path, help);
  section_at_.at(path)->repeated = true;
  return declared;
}

KeySpec& Schema::add_key(SectionSpec& section, const std::string& name, Kind kind) {
  const std::string path = join_path(section.path, name);
  if (key_at_.count(path) != 0) throw Misuse("key " + path + " is declared twice");
  if (section_at_.count(path) != 0) throw Misuse("key " + path + " is already declared as a section");
  KeySpec& key = keys_.emplace_back();
  key.name = name;
  key.path = path;
  key.kind = kind;
  if (kind == Kind::Constant) key.unit = unit_of(name);
  key_at_[path] = &key;
  section.keys.push_back(name);
  section.specs.push_back(&key);
  return key;
}

void Schema::add_preset(const std::string& folder, const std::string& name, const std::string& toml) {
  if (!built_in_[folder].emplace(name, toml).second)
    throw Misuse("preset " + folder + "/" + name + " is added twice");
}

const SectionSpec* Schema::find_section(const std::string& path) const {
  const auto found = section_at_.find(path);
  return found == section_at_.end() ? nullptr : found->second;
}

const KeySpec* Schema::find_key(const std::string& path) const {
  const auto found = key_at_.find(path);
  return found == key_at_.end() ? nullptr : found->second;
}

const SectionSpec* Schema::preset_section(const std::string& folder) const {
  for (const auto& section : sections_)
    if (!folder.empty() && section.preset_folder == folder) return &section;
  return nullptr;
}

std::vector<std::string> Schema::names_in(const SectionSpec& section) const {
  std::vector<std::string> names = section.keys;
  if (!section.preset_folder.empty()) names.emplace_back("preset");
  names.insert(names.end(), section.children.begin(), section.children.end());
  return names;
}

std::vector<std::string> Schema::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, section] : section_at_)
    if (!path.empty()) all.push_back(path);
  for (const auto& [path, key] : key_at_) all.push_back(path);
  return all;
}

const std::map<std::string, std::string>& Schema::built_in_presets(const std::string& folder) const {
  static const std::map<std::string, std::string> none;
  const auto found = built_in_.find(folder);
  return found == built_in_.end() ? none : found->second;
}

}  // namespace mmulab::config
