// SPDX-License-Identifier: MIT
// Plain text in columns, at most 100 wide, and the few colours that reports use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/diagnostic.h"

namespace mmulab {

inline constexpr std::size_t text_width = 100;

enum class Style : std::uint8_t { plain, strong, faint, good, bad, warning };

/// The one place that knows escape sequences.
class Palette {
 public:
  explicit Palette(config::Color color) : on_(color == config::Color::On) {}
  [[nodiscard]] std::string paint(std::string_view text, Style style) const;

 private:
  bool on_;
};

/// Code points, which is what a terminal's columns are for the text that reports print.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// Breaks at spaces, but for those inside a number; every line after the first begins with `hanging` spaces. The text
/// begins at column `first`, what stands before it is the caller's. Ends without a newline.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t first, std::size_t hanging);

/// Columns as wide as they need to be. Where the rows are wider than a report, the last text column is cut; the first
/// column, which says what a row is about, never.
class TextTable {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Cell {
    Cell(std::string what, Style how = Style::plain) : text(std::move(what)), style(how) {}
    Cell(const char* what) : text(what) {}
    std::string text;
    Style style = Style::plain;
  };

  explicit TextTable(std::vector<Align> columns) : align_(std::move(columns)) {}
  void add(std::vector<Cell> row) { lines_.push_back({std::move(row), {}}); }
  void add_header(const std::vector<std::string>& titles);
  /// Free text across the columns, under the row before it.
  void add_note(std::string text) { lines_.push_back({{}, std::move(text)}); }
  /// Whether no row has to be cut; numbers and the first column never are, so they may make a row too wide.
  [[nodiscard]] bool fits(std::size_t indent) const;
  [[nodiscard]] std::string render(const Palette& palette, std::size_t indent) const;

 private:
  struct Line {
    std::vector<Cell> cells;
    std::string note;
  };
  [[nodiscard]] std::vector<std::size_t> natural_widths() const;
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t indent) const;
  [[nodiscard]] std::string row(const Line& line, const std::vector<std::size_t>& widths,
                                const Palette& palette) const;
  std::vector<Align> align_;
  std::vector<Line> lines_;
};

}  // namespace mmulab
