// SPDX-License-Identifier: MIT
// Finds preset files, and turns a section that names one into the table it stands for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/config/node.h"
#include "sim/config/schema.h"

namespace mmulab::config {

/// Folders that hold machines/, kernels/, strategies/, workloads/, scenarios/; the first with the name wins.
class SearchPath {
 public:
  SearchPath() = default;
  explicit SearchPath(std::vector<std::string> folders) : folders_(std::move(folders)) {}
  /// The file's folder and those above it, then standard().
  static SearchPath beside(const std::string& file);
  /// $MMULAB_CONFIG_PATH, the user's folder, and the shipped configs.
  static SearchPath standard();

  /// The file of a preset, relative to the working directory where it lies below it.
  [[nodiscard]] std::optional<std::string> find(const std::string& folder, const std::string& name) const;
  /// All names found, sorted.
  [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;
  [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }
  /// Searched after those before.
  void add(const SearchPath& more) { folders_.insert(folders_.end(), more.folders_.begin(), more.folders_.end()); }

 private:
  std::vector<std::string> folders_;
};

/// Presets that were parsed before, by folder and name.
using ParsedPresets = std::map<std::string, Node>;

/// Replaces presets by what they stand for, later layers over earlier ones. Problems are appended.
class PresetExpander {
 public:
  /// With `parsed`, no preset is read a second time.
  PresetExpander(const Schema& schema, const SearchPath& search, std::vector<Diagnostic>& problems,
                 ParsedPresets* parsed = nullptr)
      : schema_(schema), search_(search), problems_(problems), parsed_(parsed) {}

  /// Expands every preset section of a whole document.
  void expand_document(Node& root);
  /// The table that a preset stands for, or nothing after a problem at `asked`.
  std::optional<Node> load(const SectionSpec& section, const std::string& name, const Position& asked);
  [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;

 private:
  /// Expands a table that may begin from a preset.
  Node expand(const SectionSpec& section, Node own);
  std::optional<Node> parse(const SectionSpec& section, const std::string& name, const Position& asked);
  std::optional<Node> parse_anew(const SectionSpec& section, const std::string& name, const Position& asked);

  const Schema& schema_;
  const SearchPath& search_;
  std::vector<Diagnostic>& problems_;
  ParsedPresets* parsed_;
  std::vector<std::string> chain_;  // presets being expanded, outermost first
};

/// One table laid over another one that stands at the same path.
Node merge(const Schema& schema, Node base, Node own, const std::string& path);
/// A preset's name becomes the table that begins from it.
void make_table(Node& named);

}  // namespace mmulab::config
