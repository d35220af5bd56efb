// SPDX-License-Identifier: MIT
// The named implementations of one interface. Registration is explicit: no static objects that a linker may
// drop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab {

/// Factory is how one is made, by default from nothing.
template <class T, class Factory = std::function<std::unique_ptr<T>()>>
class Registry {
 public:
  struct Entry {
    std::string name;
    std::string help;  // one line
    Factory make;
  };

  /// `what` names the kind of thing in messages: "invariant".
  explicit Registry(std::string what) : what_(std::move(what)) {}

  void add(std::string name, std::string help, Factory make) {
    Entry entry{name, std::move(help), std::move(make)};
    if (!entries_.emplace(name, std::move(entry)).second)
      throw config::Misuse(what_ + " `" + name + "` is registered twice");
  }

  /// Null when there is none.
  [[nodiscard]] const Entry* find_if_any(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }

  /// Throws config::Error with the nearest name when there is none.
  [[nodiscard]] const Entry& find(const std::string& name, const config::Position& asked = {}) const {
    if (const Entry* entry = find_if_any(name)) return *entry;
    throw config::Error(config::diagnose(asked, "there is no " + what_ + " `" + name + "`",
                                         config::suggestion(name, names())));
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_) all.push_back(name);
    return all;
  }

  /// Entries in the order of their names.
  [[nodiscard]] std::vector<const Entry*> entries() const {
    std::vector<const Entry*> all;
    for (const auto& [name, entry] : entries_) all.push_back(&entry);
    return all;
  }

 private:
  std::string what_;
  std::map<std::string, Entry> entries_;
};

}  // namespace mmulab
