// SPDX-License-Identifier: MIT
// Reading a configuration: defaults, under the presets, under the file, under the overrides.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/config/presets.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab::config {

using Overrides = std::vector<std::string>;  // the arguments of --set, in order

/// A file and those that it begins from (`base`), read once, and the presets that they name. From it many
/// configurations are made.
class Document {
 public:
  /// The schema must outlive it. Throws Error where a file is missing, no TOML, or begins from itself.
  Document(const Schema& schema, const std::string& file);

  /// Throws Error with every problem found.
  [[nodiscard]] Values values(const Overrides& overrides) const;
  /// As far as it goes: nothing is required, and no rule that spans keys applies. Throws Error for the rest.
  [[nodiscard]] Values sketch(const Overrides& overrides) const;
  /// A sketch of one override by itself, whatever stands in the file. Throws Error with what is wrong with it.
  [[nodiscard]] Values alone(const std::string& override) const;
  [[nodiscard]] const Node& root() const { return root_; }

 private:
  const Schema* schema_;
  SearchPath search_;
  Node root_;
  mutable ParsedPresets presets_;
  Values blank_;
};

/// Reads a file. Throws Error with every problem found.
Values load_file(const Schema& schema, const std::string& file, const Overrides& overrides = {});

/// The same for text in memory; `name` stands for the file in messages.
Values load_text(const Schema& schema, const std::string& name, const std::string& text,
                 const Overrides& overrides = {}, const SearchPath& search = {});

/// A preset alone, as if a file named it and nothing else; keys of other sections are not required.
Values load_preset(const Schema& schema, const std::string& folder, const std::string& name,
                   const Overrides& overrides, const SearchPath& search);

/// Checks a preset's file by its path; the folder it lies in says which section it fills.
Values load_preset_file(const Schema& schema, const std::string& folder, const std::string& file);

}  // namespace mmulab::config
