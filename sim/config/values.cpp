// SPDX-License-Identifier: MIT
#include "sim/config/values.h"

#include "sim/config/diagnostic.h"

namespace mmulab::config {

Values::Setting Values::default_setting(const KeySpec& key) {
  Setting setting;
  setting.kind = key.kind;
  setting.present = key.initial.has_value();
  if (key.initial) setting.value = *key.initial;
  setting.confidence = key.confidence;
  setting.source = key.source;
  return setting;
}

const Values::Setting& Values::known(const std::string& path) const {
  const auto found = settings_.find(path);
  if (found == settings_.end()) throw Misuse("the schema has no key " + path);
  return found->second;
}

const Values::Setting& Values::get(const std::string& path, Kind kind) const {
  const Setting& setting = known(path);
  if (setting.kind != kind) throw Misuse("key " + path + " is read as another kind than it is declared");
  if (!setting.present) throw Misuse("key " + path + " has no value here; ask contains() first");
  return setting;
}

std::uint64_t Values::integer(const std::string& path) const {
  const Kind kind = known(path).kind == Kind::Constant ? Kind::Constant : Kind::Integer;
  return get(path, kind).value.integer;
}

Constant Values::constant(const std::string& path) const {
  const Setting& setting = get(path, Kind::Constant);
  return {setting.value.integer, setting.confidence, setting.source, setting.note};
}

bool Values::flag(const std::string& path) const { return get(path, Kind::Flag).value.flag; }
const std::string& Values::text(const std::string& path) const { return get(path, Kind::Text).value.text; }

const std::vector<std::uint64_t>& Values::integers(const std::string& path) const {
  return get(path, Kind::Integers).value.integers;
}

const std::vector<std::string>& Values::texts(const std::string& path) const {
  return get(path, Kind::Texts).value.texts;
}

const std::vector<Values>& Values::tables(const std::string& path) const {
  const auto found = groups_.find(path);
  if (found == groups_.end() || !found->second.repeated) throw Misuse("the schema has no tables " + path);
  return found->second.tables;
}

bool Values::contains(const std::string& path) const {
  if (const auto group = groups_.find(path); group != groups_.end())
    return group->second.applies && (!group->second.repeated || !group->second.tables.empty());
  return known(path).present;
}

const Position& Values::position(const std::string& path) const {
  if (const auto group = groups_.find(path); group != groups_.end()) return group->second.at;
  return known(path).at;
}

void Values::each(const std::function<void(const std::string&, const Value&)>& visit) const {
  for (const auto& [path, setting] : settings_)
    if (setting.present) visit(path, setting.value);
}

std::vector<std::string> Values::constants() const {
  std::vector<std::string> paths;
  for (const auto& [path, setting] : settings_)
    if (setting.present && setting.kind == Kind::Constant) paths.push_back(path);
  return paths;
}

std::vector<std::string> Values::constants(Confidence confidence) const {
  std::vector<std::string> paths;
  for (const auto& [path, setting] : settings_)
    if (setting.present && setting.kind == Kind::Constant && setting.confidence == confidence) paths.push_back(path);
  return paths;
}

Values Values::scaled(Confidence confidence, std::uint64_t percent) const {
  Values result = *this;
  for (auto& [path, setting] : result.settings_) {
    if (setting.kind != Kind::Constant || setting.confidence != confidence) continue;
    setting.value.integer = (setting.value.integer * percent + 99) / 100;
  }
  return result;
}

}  // namespace mmulab::config
