// SPDX-License-Identifier: MIT
// Checks a document against the schema and turns it into values.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/config/node.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab::config {

class Binder {
 public:
  /// With `blank`, what blank_values has made is not made again.
  Binder(const Schema& schema, std::vector<Diagnostic>& problems, const Values* blank = nullptr)
      : schema_(schema), problems_(problems), blank_(blank) {}

  /// Every key at its default, before anything is bound.
  static Values blank_values(const Schema& schema);

  /// `complete` is false when a preset is missing, so that its keys' absence is no further problem. With
  /// `only`, the document is one section's, and nothing is required of the others.
  Values bind(const Node& root, bool complete, const SectionSpec* only = nullptr);

 private:
  void bind_table(const SectionSpec& section, const Node& table, Values& values, const std::string& prefix);
  void bind_key(const KeySpec& key, const Node& node, Values::Setting& setting);
  void bind_constant(const KeySpec& key, const Node& node, Values::Setting& setting);
  void bind_citation(const KeySpec& key, const Entry& entry, Values::Setting& setting);
  void bind_list(const KeySpec& key, const Node& node, Value& value);
  void bind_integer(const KeySpec& key, const Node& node, std::uint64_t& integer);
  void bind_text(const KeySpec& key, const Node& node, std::string& text);
  void bind_section(const SectionSpec& section, const Entry& entry, Values& values);
  void bind_tables(const SectionSpec& section, const Entry& entry, Values& values);
  void unknown(const SectionSpec& section, const Entry& entry);
  void wrong_kind(const KeySpec& key, const Node& node, const char* expected);
  void apply_conditions(Values& values);
  void drop(const SectionSpec& section, Values& values);
  void require(const SectionSpec& section, const Values& values, const std::string& prefix,
               const Position& at);
  void require_all(const Values& values, const Position& top, const SectionSpec* only);
  void apply_rules(const Values& values);
  void complain(const Position& at, std::string message, std::string hint = {});

  const Schema& schema_;
  std::vector<Diagnostic>& problems_;
  const Values* blank_;
};

}  // namespace mmulab::config
