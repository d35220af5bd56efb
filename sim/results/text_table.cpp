// SPDX-License-Identifier: MIT
#include "sim/results/text_table.h"

#include <algorithm>

#include <fmt/color.h>

namespace mmulab {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_text = 12;  // what a cut column keeps
constexpr std::size_t note_indent = 4;

fmt::text_style look(Style style) {
  switch (style) {
    case Style::plain: break;
    case Style::strong: return fmt::emphasis::bold;
    case Style::faint: return fmt::emphasis::faint;
    case Style::good: return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::green);
    case Style::bad: return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red);
    case Style::warning: return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::yellow);
  }
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the space at `at` separates thousands: a digit before it, and exactly three after it.
bool separates_thousands(std::string_view text, std::size_t at) {
  if (at == 0 || !is_digit(text[at - 1])) return false;
  std::size_t digits = 0;
  while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
  return digits == 3;
}

std::size_t end_of_word(std::string_view text) {
  std::size_t end = text.find(' ');
  while (end != std::string_view::npos && separates_thousands(text, end)) end = text.find(' ', end + 1);
  return std::min(end, text.size());
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string cut(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if (!continues(text[end]) && seen++ == columns - 3) break;
  return text.substr(0, end) + "...";
}

std::size_t sum(const std::vector<std::size_t>& widths, std::size_t indent) {
  std::size_t total = indent;
  for (const std::size_t width : widths) total += width + gap;
  return total - gap;
}

void drop_trailing_spaces(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

std::string Palette::paint(std::string_view text, Style style) const {
  if (!on_ || style == Style::plain || text.empty()) return std::string(text);
  return fmt::format(look(style), "{}", text);
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string wrap(std::string_view text, std::size_t first, std::size_t hanging) {
  std::string lines;
  std::size_t column = first;
  bool begins = true;
  while (!text.empty()) {
    const std::size_t end = end_of_word(text);
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t width = columns_of(word);
    if (!begins && column + 1 + width > text_width) {
      lines += '\n' + std::string(hanging, ' ');
      column = hanging;
    } else if (!begins) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += width;
    begins = false;
  }
  return lines;
}

void TextTable::add_header(const std::vector<std::string>& titles) {
  std::vector<Cell> row;
  for (const auto& title : titles) row.emplace_back(title, Style::faint);
  add(std::move(row));
}

std::vector<std::size_t> TextTable::natural_widths() const {
  std::vector<std::size_t> widths(align_.size(), 0);
  for (const Line& line : lines_)
    for (std::size_t i = 0; i < line.cells.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(line.cells[i].text));
  return widths;
}

bool TextTable::fits(std::size_t indent) const { return sum(natural_widths(), indent) <= text_width; }

std::vector<std::size_t> TextTable::widths(std::size_t indent) const {
  std::vector<std::size_t> widths = natural_widths();
  std::size_t total = sum(widths, indent);
  for (std::size_t i = widths.size(); i-- > 1 && total > text_width;) {
    if (align_[i] == Align::right) continue;
    const std::size_t wanted = widths[i] - std::min(widths[i], total - text_width);
    const std::size_t kept = std::min(widths[i], std::max(least_text, wanted));
    total -= widths[i] - kept;
    widths[i] = kept;
  }
  return widths;
}

std::string TextTable::row(const Line& line, const std::vector<std::size_t>& widths,
                           const Palette& palette) const {
  std::string text;
  for (std::size_t i = 0; i < line.cells.size(); ++i) {
    const std::string shown = cut(line.cells[i].text, widths[i]);
    const std::string padding(widths[i] - columns_of(shown), ' ');
    if (i != 0) text.append(gap, ' ');
    if (align_[i] == Align::right) text += padding;
    text += palette.paint(shown, line.cells[i].style);
    if (align_[i] == Align::left) text += padding;
  }
  return text;
}

std::string TextTable::render(const Palette& palette, std::size_t indent) const {
  const auto fitted = widths(indent);
  std::string text;
  for (const Line& line : lines_) {
    const std::size_t from = line.cells.empty() ? indent + note_indent : indent;
    std::string shown = std::string(from, ' ') +
                        (line.cells.empty() ? wrap(line.note, from, from) : row(line, fitted, palette));
    drop_trailing_spaces(shown);
    text += shown + '\n';
  }
  return text;
}

}  // namespace mmulab
