// SPDX-License-Identifier: MIT
// A user's mistake, with its place and what to do about it; and the text shown for it.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/config/source.h"

namespace mmulab::config {

struct Diagnostic {
  SourceText::Role role = SourceText::Role::File;
  std::string file;
  unsigned line = 0;  // 0: the problem has no place
  unsigned column = 0;
  unsigned width = 1;  // code points to underline
  std::string message;
  std::string hint;
  std::string source_line;
};

Diagnostic diagnose(const Position& at, std::string message, std::string hint = {});

enum class Color { Off, On };

/// Renders as `error: ...`, the place, the line with a caret, and the hint; ends with a newline.
std::string render(const Diagnostic& problem, Color color = Color::Off);
std::string render(const std::vector<Diagnostic>& problems, Color color = Color::Off);

/// What the user got wrong. Carries every problem found, in the order of the file; a preset's come last.
class Error : public std::exception {
 public:
  explicit Error(std::vector<Diagnostic> problems);
  explicit Error(Diagnostic problem) : Error(std::vector<Diagnostic>{std::move(problem)}) {}
  [[nodiscard]] const std::vector<Diagnostic>& problems() const { return problems_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Diagnostic> problems_;
  std::string text_;
};

/// A mistake of ours in using this layer: a key that was never declared, a value read as the wrong kind.
class Misuse : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace mmulab::config
