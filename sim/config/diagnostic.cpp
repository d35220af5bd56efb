// SPDX-License-Identifier: MIT
#include "sim/config/diagnostic.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace mmulab::config {
namespace {

constexpr std::size_t shown_columns = 96;
constexpr std::size_t shown_before = 60;

/// Length of the valid UTF-8 sequence at the start of `bytes`, or 0.
std::size_t sequence_length(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length > bytes.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(bytes[i]) & 0xC0) != 0x80) return 0;
  return length;
}

/// Splits into code points that are safe on a terminal: a tab becomes a space, anything unprintable a '?'.
std::vector<std::string> printable(std::string_view line) {
  std::vector<std::string> points;
  while (!line.empty()) {
    const std::size_t length = sequence_length(line);
    const auto first = static_cast<unsigned char>(line.front());
    // U+0080 to U+009F are control characters to a terminal too.
    const bool control = first < 0x20 || first == 0x7F ||
                         (length == 2 && first == 0xC2 && static_cast<unsigned char>(line[1]) < 0xA0);
    if (first == '\t') points.emplace_back(" ");
    else if (length == 0 || control) points.emplace_back("?");
    else points.emplace_back(line.substr(0, length));
    line.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return points;
}

std::string join(const std::vector<std::string>& points, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) text += points[i];
  return text;
}

struct Excerpt {
  std::string line;
  std::size_t indent = 0;
  std::size_t carets = 1;
};

/// The part of the line around the column, and where the carets go below it.
Excerpt excerpt(const Diagnostic& problem) {
  const auto points = printable(problem.source_line);
  const std::size_t column =
      std::min<std::size_t>(problem.column == 0 ? 0 : problem.column - 1, points.size());
  const std::size_t from = points.size() > shown_columns && column > shown_before ? column - shown_before : 0;
  const std::size_t to = std::min(points.size(), from + shown_columns);
  Excerpt shown;
  shown.line = (from > 0 ? "..." : "") + join(points, from, to) + (to < points.size() ? "..." : "");
  shown.indent = column - from + (from > 0 ? 3 : 0);
  shown.carets =
      std::clamp<std::size_t>(problem.width, 1, std::max<std::size_t>(to - std::min(column, to), 1));
  return shown;
}

std::string clean(std::string_view text) {
  const auto points = printable(text);
  return join(points, 0, points.size());
}

}  // namespace

Diagnostic diagnose(const Position& at, std::string message, std::string hint) {
  Diagnostic problem;
  if (at.exists()) {
    problem.role = at.source->role;
    problem.file = at.source->name;
    problem.line = at.line;
    problem.column = at.column;
    problem.width = at.width;
    problem.source_line = std::string(at.source_line());
  }
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  return problem;
}

std::string render(const Diagnostic& problem, Color color) {
  const bool on = color == Color::On;
  const char* red = on ? "\033[1;31m" : "";
  const char* blue = on ? "\033[1;34m" : "";
  const char* off = on ? "\033[0m" : "";
  std::string text = fmt::format("{}error{}: {}\n", red, off, clean(problem.message));
  std::string margin = " ";
  if (problem.line != 0) {
    const std::string number = std::to_string(problem.line);
    margin.assign(number.size(), ' ');
    const Excerpt shown = excerpt(problem);
    text += fmt::format("{}{}-->{} {}:{}:{}\n", margin, blue, off, clean(problem.file), problem.line,
                        problem.column);
    text += fmt::format("{} {}|{}\n", margin, blue, off);
    text += fmt::format("{}{} |{}{}{}\n", blue, number, off, shown.line.empty() ? "" : " ", shown.line);
    text += fmt::format("{} {}|{} {}{}{}{}\n", margin, blue, off, std::string(shown.indent, ' '), red,
                        std::string(shown.carets, '^'), off);
  }
  if (!problem.hint.empty())
    text += fmt::format("{} {}={} help: {}\n", margin, blue, off, clean(problem.hint));
  return text;
}

std::string render(const std::vector<Diagnostic>& problems, Color color) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + render(problem, color);
  return text;
}

Error::Error(std::vector<Diagnostic> problems) : problems_(std::move(problems)), text_(render(problems_)) {}

}  // namespace mmulab::config
