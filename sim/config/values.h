// SPDX-License-Identifier: MIT
// A configuration, checked and complete: what every model reads its parameters from.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/config/schema.h"
#include "sim/config/source.h"

namespace mmulab::config {

/// A model constant with its citation.
struct Constant {
  std::uint64_t value = 0;
  Confidence confidence = Confidence::Unstated;
  std::string source;
  std::string note;
};

/// Getters take dotted paths as declared ("machine.cores"); those of one table in an array take the bare
/// names
/// ("invariant"). Asking for what was not declared, is of another kind, or is absent throws Misuse: our
/// mistake.
class Values {
 public:
  /// Of an integer key, or the number of a constant.
  [[nodiscard]] std::uint64_t integer(const std::string& path) const;
  [[nodiscard]] Constant constant(const std::string& path) const;
  [[nodiscard]] bool flag(const std::string& path) const;
  [[nodiscard]] const std::string& text(const std::string& path) const;
  [[nodiscard]] const std::vector<std::uint64_t>& integers(const std::string& path) const;
  [[nodiscard]] const std::vector<std::string>& texts(const std::string& path) const;
  /// The tables of an array, in the order of the file; none when it was not given.
  [[nodiscard]] const std::vector<Values>& tables(const std::string& path) const;

  /// Whether the key or section has a value here: given, or by default, and its section applies.
  [[nodiscard]] bool contains(const std::string& path) const;
  /// Where the value was given; no source means the default.
  [[nodiscard]] const Position& position(const std::string& path) const;
  /// "default", "FILE:3", "preset NAME (FILE:3)", "--set".
  [[nodiscard]] std::string origin(const std::string& path) const { return position(path).describe(); }
  /// What stands at every key outside arrays of tables that has a value, in the order of the paths.
  void each(const std::function<void(const std::string& path, const Value&)>& visit) const;
  /// The paths of all constants that have a value, sorted; of those of one confidence.
  [[nodiscard]] std::vector<std::string> constants() const;
  [[nodiscard]] std::vector<std::string> constants(Confidence confidence) const;
  /// The same with every constant of that confidence at `percent` of its value, rounded up. The hash stays.
  [[nodiscard]] Values scaled(Confidence confidence, std::uint64_t percent) const;
  /// 32 hex digits over everything that may change results.
  [[nodiscard]] const std::string& config_hash() const { return config_hash_; }

 private:
  friend class Binder;

  struct Setting {
    Kind kind = Kind::Integer;
    bool present = false;
    Value value;
    Confidence confidence = Confidence::Unstated;
    std::string source;
    std::string note;
    Position at;
  };
  struct Group {
    bool applies = true;
    bool repeated = false;
    std::vector<Values> tables;
    Position at;
  };

  static Setting default_setting(const KeySpec& key);
  const Setting& known(const std::string& path) const;
  const Setting& get(const std::string& path, Kind kind) const;

  std::map<std::string, Setting> settings_;
  std::map<std::string, Group> groups_;
  std::string config_hash_;
};

}  // namespace mmulab::config
