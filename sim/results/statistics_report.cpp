// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/quantity.h"
#include "sim/results/report.h"
#include "sim/results/stat_names.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;
constexpr std::size_t indent = 2;

struct Group {
  std::vector<std::string> names;  // the parts before the first dot that belong here
  std::string title;
  bool known = false;  // its title says what its statistics mean
  std::vector<const Stat*> stats;
};

/// Groups that a report leads with, in this order; others follow under their own names.
std::vector<Group> known_groups() {
  const auto group = [](std::vector<std::string> names, const char* title) {
    return Group{std::move(names), title, true, {}};
  };
  return {
      group({"call"}, "Kernel calls, from entry to return"),
      group({"window"}, "Windows, from a pte's change to the death of its last copy"),
      group({"flush"}, "Flushes by reason"),
      group({"ipi", "tlbie", "xcall"}, "Invalidations sent to others"),
      group({"remote_wait", "preempt_off", "irqs_off"},
            "Waiting for other cpus; stretches with preemption or interrupts off"),
      group({"lock"}, "Locks: held from acquisition to release; wait from finding it taken to having it"),
      group({"memory", "line"}, "Memory and cache-line traffic"),
  };
}

std::vector<Group> by_group(const StatRegistry& stats) {
  std::vector<Group> groups = known_groups();
  for (const Stat& stat : stats.all()) {
    const std::string name = stat.text.name.substr(0, stat.text.name.find('.'));
    auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return std::find(g.names.begin(), g.names.end(), name) != g.names.end();
    });
    if (found == groups.end()) found = groups.insert(groups.end(), Group{{name}, name, false, {}});
    found->stats.push_back(&stat);
  }
  return groups;
}

std::uint64_t number_of(const Stat& stat) {
  return stat.counter != nullptr ? stat.counter->value() : stat.gauge->max();
}

bool is_zero(const Stat& stat) {
  if (stat.histogram != nullptr) return stat.histogram->count() == 0;
  return number_of(stat) == 0;
}

/// "call.munmap.latency" -> "munmap"
std::string short_name(const Group& group, const Stat& stat) {
  std::string name = stat.text.name;
  if (group.names.size() != 1) return name;
  if (const auto dot = name.find('.'); dot != std::string::npos) name.erase(0, dot + 1);
  const auto suffix = stat_names::latency_suffix;
  if (name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
    name.resize(name.size() - suffix.size());
  return name;
}

std::vector<std::uint64_t> summary(const Histogram& h) {
  return {h.percentile(50), h.percentile(90), h.percentile(99), h.max()};
}

void add_notes(TextTable& table, const Group& group, const Stat& stat) {
  if (!group.known && !stat.text.description.empty()) table.add_note(stat.text.description);
}

TextTable times_table(const Group& group, std::uint64_t mhz, bool also_in_us) {
  std::vector<Align> columns(also_in_us ? 10 : 6, Align::right);
  columns[0] = Align::left;
  TextTable table(columns);
  if (also_in_us)
    table.add_header({"cycles, then us", "times", "p50", "p90", "p99", "max", "p50", "p90", "p99", "max"});
  else table.add_header({"cycles", "times", "p50", "p90", "p99", "max"});
  for (const Stat* stat : group.stats) {
    if (stat->histogram == nullptr || stat->text.unit != "cycles" || is_zero(*stat)) continue;
    std::vector<TextTable::Cell> row{short_name(group, *stat), grouped(stat->histogram->count())};
    for (const auto cycles : summary(*stat->histogram)) row.emplace_back(grouped(cycles));
    if (also_in_us)
      for (const auto cycles : summary(*stat->histogram)) row.emplace_back(short_microseconds(cycles, mhz));
    table.add(std::move(row));
    add_notes(table, group, *stat);
  }
  return table;
}

/// Very long times are given in cycles alone, to keep the width of a report.
std::string times_report(const Group& group, std::uint64_t mhz, const Palette& palette) {
  const TextTable both = times_table(group, mhz, true);
  return both.fits(indent) ? both.render(palette, indent) : times_table(group, mhz, false).render(palette, indent);
}

std::string sizes_table(const Group& group, const Palette& palette) {
  TextTable table(
      {Align::left, Align::right, Align::right, Align::right, Align::right, Align::right, Align::left});
  table.add_header({"", "times", "p50", "p90", "p99", "max", ""});
  for (const Stat* stat : group.stats) {
    if (stat->histogram == nullptr || stat->text.unit == "cycles" || is_zero(*stat)) continue;
    std::vector<TextTable::Cell> row{short_name(group, *stat), grouped(stat->histogram->count())};
    for (const auto value : summary(*stat->histogram)) row.emplace_back(grouped(value));
    row.emplace_back(stat->text.unit == "1" ? "" : stat->text.unit);
    table.add(std::move(row));
    add_notes(table, group, *stat);
  }
  return table.render(palette, indent);
}

/// "flush.full.count" -> "full", "count"; empty for another shape of name.
std::pair<std::string, std::string> halves(const Group& group, const Stat& stat) {
  const std::string name = short_name(group, stat);
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

/// Numbers that are named thing.aspect: a row a thing, a column an aspect. Empty where the names are not so.
std::string aspects_table(const Group& group, const Palette& palette) {
  std::vector<std::string> things;
  std::vector<std::string> aspects;
  std::map<std::pair<std::string, std::string>, std::uint64_t> numbers;
  const auto note = [](std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Stat* stat : group.stats) {
    if (stat->histogram != nullptr) continue;
    const auto both = halves(group, *stat);
    if (both.first.empty()) return "";
    note(aspects, both.second);
    if (!is_zero(*stat)) note(things, both.first);
    numbers[both] = number_of(*stat);
  }
  std::vector<Align> columns(aspects.size() + 1, Align::right);
  columns[0] = Align::left;
  TextTable table(columns);
  std::vector<std::string> titles{""};
  titles.insert(titles.end(), aspects.begin(), aspects.end());
  table.add_header(titles);
  for (const auto& thing : things) {
    std::vector<TextTable::Cell> row{thing};
    for (const auto& aspect : aspects) row.emplace_back(grouped(numbers[{thing, aspect}]));
    table.add(std::move(row));
  }
  return table.render(palette, indent);
}

std::string numbers_table(const Group& group, const Palette& palette) {
  if (group.names.size() == 1)
    if (std::string table = aspects_table(group, palette); !table.empty()) return table;
  TextTable table({Align::left, Align::right, Align::left, Align::left});
  for (const Stat* stat : group.stats) {
    if (stat->histogram != nullptr || is_zero(*stat)) continue;
    const std::string number = (stat->gauge != nullptr ? "at most " : "") + grouped(number_of(*stat));
    table.add({short_name(group, *stat), number, stat->text.unit == "1" ? "" : stat->text.unit,
               {stat->text.description, Style::faint}});
  }
  return table.render(palette, indent);
}

std::string group_report(const Group& group, std::uint64_t mhz, const Palette& palette) {
  const auto any = [&](auto&& wanted) {
    return std::any_of(group.stats.begin(), group.stats.end(),
                       [&](const Stat* stat) { return !is_zero(*stat) && wanted(*stat); });
  };
  if (!any([](const Stat&) { return true; })) return "";
  std::string text = "\n" + palette.paint(group.title, Style::strong) + "\n";
  const auto in_cycles = [](const Stat& s) { return s.histogram != nullptr && s.text.unit == "cycles"; };
  if (any(in_cycles)) text += times_report(group, mhz, palette);
  if (any([&](const Stat& s) { return s.histogram != nullptr && !in_cycles(s); }))
    text += sizes_table(group, palette);
  if (any([](const Stat& s) { return s.histogram == nullptr; })) text += numbers_table(group, palette);
  return text;
}

/// What "lock.ptl.wait" and "lock.ptl.held" have in common.
std::string subject_of(const Stat& stat) {
  const std::string& name = stat.text.name;
  const auto last = name.rfind('.');
  return last == name.find('.') ? name : name.substr(0, last);
}

/// Names of what has counted nothing, as has a call that was under way when the run ended; where that goes for every
/// aspect of a thing, the thing's name alone.
std::vector<std::string> nothing_counted(const StatRegistry& stats) {
  std::set<std::string> alive;
  for (const Stat& stat : stats.all())
    if (!is_zero(stat)) alive.insert(subject_of(stat));
  std::vector<std::string> names;
  for (const Stat& stat : stats.all()) {
    if (!is_zero(stat)) continue;
    const std::string subject = subject_of(stat);
    const std::string& name = alive.count(subject) != 0 ? stat.text.name : subject;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

/// The first of the names by group, "flush: full, unlock; lock: ptl": a group's name stands once.
std::string in_groups(const std::vector<std::string>& names, std::size_t first_of_them) {
  std::vector<std::string> groups;
  std::map<std::string, std::string> members;
  for (std::size_t i = 0; i < first_of_them; ++i) {
    const auto dot = names[i].find('.');
    const std::string group = names[i].substr(0, dot);
    if (members.count(group) == 0) groups.push_back(group);
    std::string& list = members[group];
    if (dot != std::string::npos) list += (list.empty() ? ": " : ", ") + names[i].substr(dot + 1);
  }
  for (auto& group : groups) group += members[group];
  return fmt::format("{}", fmt::join(groups, "; "));
}

/// As many of the names as there is room for in three lines.
std::string few_lines(const std::vector<std::string>& names, std::size_t first_column) {
  constexpr std::ptrdiff_t lines_max = 3;
  std::string text;
  for (std::size_t shown = names.size(); shown > 0; --shown) {
    text = in_groups(names, shown);
    if (shown < names.size()) text += fmt::format("; and {} more (--json has all)", names.size() - shown);
    text = wrap(text, first_column, indent);
    if (std::count(text.begin(), text.end(), '\n') < lines_max) break;
  }
  return text;
}

}  // namespace

std::string statistics_report(const StatRegistry& stats, std::uint64_t frequency_mhz, const Palette& palette) {
  std::string text;
  for (const Group& group : by_group(stats)) text += group_report(group, frequency_mhz, palette);
  const std::vector<std::string> zero = nothing_counted(stats);
  if (zero.empty()) return text;
  const std::string head = "Nothing counted: ";
  return text + "\n" + palette.paint(head, Style::faint) + few_lines(zero, head.size()) + "\n";
}

}  // namespace mmulab
