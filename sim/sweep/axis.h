// SPDX-License-Identifier: MIT
// The axes of a sweep, as they are written: `KEY=VALUE,VALUE`, `KEY=FROM..TO`, `KEY=FROM..TO+STEP`,
// `KEY=FROM..TO*FACTOR`, and several of these joined by ` & ` that go together. Nothing is spelled out before it is
// asked for, so an axis of 10^12 values costs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "sim/config/source.h"

namespace mmulab::sweep {

/// The values of one key, in order, as they would stand behind --set KEY=.
class Series {
 public:
  static Series listed(std::vector<std::string> texts);
  static Series stepped(std::uint64_t from, std::uint64_t to, std::uint64_t step);    ///< step at least 1
  static Series multiplied(std::uint64_t from, std::uint64_t to, std::uint64_t factor);  ///< factor at least 2

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::string at(std::uint64_t index) const;
  [[nodiscard]] bool contains(const std::string& text) const;
  /// As it was written, but for blanks.
  [[nodiscard]] std::string text() const;

 private:
  enum class Form { list, sum, product };
  Form form_ = Form::list;
  std::vector<std::string> texts_;
  std::unordered_set<std::string> known_;  // the same
  std::uint64_t from_ = 0;
  std::uint64_t to_ = 0;
  std::uint64_t by_ = 1;
  std::uint64_t size_ = 0;
};

/// One key and its values; `at` is where they stand.
struct Term {
  std::string key;
  Series values;
  config::Position at;
};

/// Terms of the same size, whose n-th values go together.
struct Axis {
  std::vector<Term> terms;
  [[nodiscard]] std::uint64_t size() const { return terms.front().values.size(); }
  [[nodiscard]] std::string text() const;
};

/// An axis, or what a sweep leaves out, as text that begins `first` columns behind `at`.
struct Written {
  std::string text;
  config::Position at;
  unsigned first = 0;
};
/// A string of a TOML file.
[[nodiscard]] Written in_file(const std::string& text, const config::Position& at);
/// The argument of an option.
[[nodiscard]] Written in_option(const std::string& option, const std::string& text);

/// Throw config::Error at the place of what is wrong.
[[nodiscard]] std::vector<Term> parse_terms(const Written& written);
[[nodiscard]] Axis parse_axis(const Written& written);

}  // namespace mmulab::sweep
