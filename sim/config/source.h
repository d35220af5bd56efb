// SPDX-License-Identifier: MIT
// Where configuration text comes from, and positions in it that outlive parsing.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mmulab::config {

/// One text that was read: a file, a preset's file, or the argument of one --set.
struct SourceText {
  enum class Role { File, Override, Preset };  // the user's own text comes first in messages
  Role role = Role::File;
  std::string name;    // a file's path as the user would write it; "--set" for an override
  std::string preset;  // the preset's name when role is Preset
  std::string text;
};
using SourcePtr = std::shared_ptr<const SourceText>;

/// A span on one line of a source. Lines and columns count from 1; columns are code points. No source: a
/// default.
struct Position {
  SourcePtr source;
  unsigned line = 0;
  unsigned column = 0;
  unsigned width = 1;

  [[nodiscard]] bool exists() const { return source != nullptr; }
  /// The line's bytes without its newline.
  [[nodiscard]] std::string_view source_line() const;
  /// "default", "FILE:3", "preset NAME (FILE:3)", "--set".
  [[nodiscard]] std::string describe() const;
};

/// A file that is named there: a relative path begins where that file stands, an override's where the process does.
std::string path_from(const Position& at, const std::string& file);

/// Reads a whole file; throws Error for a directory, a missing or unreadable file, or one beyond 16 MiB.
SourcePtr read_source(const std::string& file, SourceText::Role role = SourceText::Role::File,
                      const std::string& preset = {});

}  // namespace mmulab::config
