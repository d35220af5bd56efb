// SPDX-License-Identifier: MIT
#include "sim/results/comparison.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/quantity.h"
#include "sim/results/stat_names.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;

/// A column of numbers; one that is nothing for every point is left out.
struct Column {
  std::string title;
  std::function<std::uint64_t(const RunSummary&)> value;
  const char* zero;  ///< how none is printed
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::uint64_t number(const RunSummary& summary, std::string_view name) {
  const auto found = summary.numbers.find(std::string(name));
  return found == summary.numbers.end() ? 0 : found->second;
}

std::uint64_t most(const RunSummary& summary, std::string_view name) {
  const auto found = summary.spreads.find(std::string(name));
  return found == summary.spreads.end() ? 0 : found->second.max;
}

std::uint64_t flushes(const RunSummary& summary) {
  std::uint64_t sum = 0;
  for (const auto& [name, value] : summary.numbers)
    if (name.rfind(stat_names::flush_prefix, 0) == 0 && ends_with(name, stat_names::count_suffix)) sum += value;
  return sum;
}

/// Of all locks, the greatest value of one aspect.
std::uint64_t longest_of_locks(const RunSummary& summary, std::string_view suffix) {
  std::uint64_t longest = 0;
  for (const auto& [name, spread] : summary.spreads)
    if (name.rfind(stat_names::lock_prefix, 0) == 0 && ends_with(name, suffix))
      longest = std::max(longest, spread.max);
  return longest;
}

Column call_column(const std::string& call) {
  const std::string name = std::string(stat_names::call_prefix) + call + std::string(stat_names::latency_suffix);
  return {call, [name](const RunSummary& summary) {
            const auto found = summary.spreads.find(name);
            return found == summary.spreads.end() ? 0 : found->second.p50;
          },
          "-"};
}

bool says_nothing(const Column& column, const Comparison& comparison) {
  return std::all_of(comparison.points.begin(), comparison.points.end(), [&](const ComparisonPoint& point) {
    return point.outcome != PointOutcome::ran || column.value(point.summary) == 0;
  });
}

std::vector<Column> columns_for(const Comparison& comparison) {
  constexpr std::size_t calls_shown = 3;
  std::vector<Column> columns;
  for (const char* call :
       {"munmap", "fork", "mprotect", "mremap", "dontneed", "exit", "unmap_mapping", "truncate", "writeback", "reclaim",
        "zero_read", "fault"})
    if (columns.size() < calls_shown && !says_nothing(call_column(call), comparison))
      columns.push_back(call_column(call));
  const auto add = [&](const Column& column) {
    if (!says_nothing(column, comparison)) columns.push_back(column);
  };
  add({"flushes", flushes, "0"});
  add({"IPIs", [](const RunSummary& s) { return number(s, stat_names::ipis); }, "0"});
  add({"tlbies", [](const RunSummary& s) { return number(s, stat_names::tlbies); }, "0"});
  add({"xcalls", [](const RunSummary& s) { return number(s, stat_names::cross_calls); }, "0"});
  add({"lock held", [](const RunSummary& s) { return longest_of_locks(s, stat_names::held_suffix); }, "0"});
  add({"lock wait", [](const RunSummary& s) { return longest_of_locks(s, stat_names::wait_suffix); }, "0"});
  add({"preempt off", [](const RunSummary& s) { return most(s, stat_names::preemption_off); }, "0"});
  return columns;
}

Style style_of(const std::string& verdict) {
  if (verdict == "clean") return Style::good;
  return verdict == "undecided" ? Style::warning : Style::bad;
}

TextTable::Cell checked_cell(const ComparisonPoint& point) {
  if (!point.checked || point.checked->outcome != CellOutcome::explored) return {"-", Style::warning};
  const CellVerdict& v = point.checked->found;
  const Style open = v.classes.empty() ? Style::warning : Style::bad;
  return {word_of(v), v.verdict == CheckVerdict::proved ? Style::good : open};
}

void note_checked(TextTable& table, const ComparisonPoint& point) {
  if (!point.checked) return;
  const MatrixCell& cell = *point.checked;
  if (cell.outcome != CellOutcome::explored) return table.add_note("explored: " + cell.reason);
  std::vector<std::string> pairs;
  for (const auto& c : cell.found.classes) pairs.push_back(c.invariant + " " + c.class_id);
  const std::string cut = cell.found.end.empty() ? "" : ", cut by " + cell.found.end;
  if (!pairs.empty() || !cut.empty())
    table.add_note(fmt::format("explored: {}{}{}", fmt::join(pairs, ", "), pairs.empty() ? "nothing" : "", cut));
}

void add_point(TextTable& table, const ComparisonPoint& point, bool checked, const std::vector<Column>& columns) {
  if (point.outcome != PointOutcome::ran) {
    table.add({point.strategy, {name_of(point.outcome), Style::warning}});
    table.add_note(fmt::format("{}: {}", name_of(point.outcome), point.reason));
    return;
  }
  const RunSummary& summary = point.summary;
  std::vector<TextTable::Cell> row{point.strategy, {summary.verdict, style_of(summary.verdict)}};
  if (checked) row.push_back(checked_cell(point));
  row.emplace_back(grouped(summary.end_cycle));
  for (const Column& column : columns) {
    const std::uint64_t value = column.value(summary);
    row.emplace_back(value == 0 ? column.zero : grouped(value));
  }
  table.add(std::move(row));
  std::vector<std::string> pairs;
  for (const auto& pair : summary.violated)
    pairs.push_back(pair.invariant + " " + pair.class_id + (pair.expected ? " (expected)" : ""));
  if (!pairs.empty()) table.add_note(fmt::format("{}", fmt::join(pairs, ", ")));
  if (!summary.vacuous.empty()) table.add_note(never_came_up(summary.vacuous));
  note_checked(table, point);
}

TextTable table_of(const Comparison& comparison, const std::vector<Column>& columns) {
  const bool checked = !comparison.checked_file.empty();
  std::vector<Align> align((checked ? 4 : 3) + columns.size(), Align::right);
  align[0] = align[1] = Align::left;
  std::vector<std::string> titles{"strategy", "verdict", "end cycle"};
  if (checked) {
    align[2] = Align::left;
    titles = {"strategy", "this run", "all interleavings", "end cycle"};
  }
  TextTable table(align);
  for (const Column& column : columns) titles.push_back(column.title);
  table.add_header(titles);
  for (const auto& point : comparison.points) add_point(table, point, checked, columns);
  return table;
}

}  // namespace

const char* name_of(PointOutcome outcome) {
  switch (outcome) {
    case PointOutcome::ran: return "ran";
    case PointOutcome::refused: return "refused";
    case PointOutcome::failed: return "failed";
  }
  return "?";
}

bool all_decided(const Comparison& comparison) {
  return std::all_of(comparison.points.begin(), comparison.points.end(), [](const ComparisonPoint& point) {
    if (point.outcome == PointOutcome::ran) return point.summary.verdict != "undecided";
    return point.outcome == PointOutcome::refused;
  }) && std::all_of(comparison.points.begin(), comparison.points.end(), [](const ComparisonPoint& point) {
    return !point.checked || point.checked->decided();
  });
}

std::string comparison_table(const Comparison& comparison, config::Color color) {
  const Palette palette(color);
  auto columns = columns_for(comparison);
  TextTable table = table_of(comparison, columns);
  std::string left_out;
  for (; !table.fits(0) && !columns.empty(); table = table_of(comparison, columns)) {
    left_out = columns.back().title + (left_out.empty() ? "" : ", ") + left_out;
    columns.pop_back();
  }
  if (!left_out.empty()) left_out = "\n" + wrap("Too wide for this table, but in --json: " + left_out + ".", 0, 0);
  return palette.paint(wrap(comparison.title, 0, 2), Style::strong) + "\n\n" + table.render(palette, 0) + "\n" +
         wrap(
             "In cycles: calls at their median (p50), lock held, lock wait and preemption off at their longest. "
             "A strategy that ends early at a violation has done less work.",
             0, 0) +
         left_out + "\n" +
         (comparison.checked_file.empty() ? "" : wrap("All interleavings are those of " + comparison.checked_file + ".",
                                                      0, 0) + "\n");
}

}  // namespace mmulab
