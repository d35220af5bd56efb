// SPDX-License-Identifier: MIT
#include "sim/results/report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/quantity.h"
#include "sim/results/summary.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;
constexpr std::size_t hash_digits = 12;

class RunReport {
 public:
  RunReport(const RunResult& result, config::Color color) : result_(result), palette_(color) {}

  std::string text() {
    subject();
    verdict();
    for (std::size_t i = 0; i < result_.violations.size(); ++i) violation(i + 1, result_.violations[i]);
    if (result_.violations_total > result_.violations.size())
      out_ += fmt::format("\n{} more are counted but not told.\n",
                          grouped(result_.violations_total - result_.violations.size()));
    expectations();
    invariants();
    goals();
    measured();
    if (result_.stats != nullptr)
      out_ += statistics_report(*result_.stats, result_.subject.frequency_mhz, palette_);
    grounds();
    return std::move(out_);
  }

 private:
  void subject();
  void verdict();
  void violation(std::size_t number, const Violation& v);
  void expectations();
  void invariants();
  void goals();
  void measured();
  void grounds();
  void heading(const std::string& title) { out_ += "\n" + palette_.paint(title, Style::strong) + "\n"; }
  /// A cycle is printed without spaces, as --until and --log-from take it.
  [[nodiscard]] std::string at(Cycle cycle) const {
    return fmt::format("cycle {} ({} us)", cycle.raw(), microseconds(cycle.raw(), result_.subject.frequency_mhz));
  }
  [[nodiscard]] std::string how_it_ended() const;
  [[nodiscard]] std::string what_was_broken() const;
  [[nodiscard]] std::string why_vacuous() const;

  const RunResult& result_;
  Palette palette_;
  std::string out_;
};

void RunReport::subject() {
  const RunSubject& s = result_.subject;
  out_ += palette_.paint(wrap(s.title, 0, 2), Style::strong) + "\n";
  const std::uint64_t cpus = std::uint64_t{s.sockets} * s.cores * s.threads;
  const auto line = [&](const std::string& what, const std::string& text) {
    if (!text.empty()) out_ += fmt::format("  {:<10}", what) + wrap(text, 12, 12) + "\n";
  };
  line("machine", fmt::format("{} ({}), {}: {} x {} x {}, {} MHz", s.machine, s.arch, plural(cpus, "cpu"),
                              plural(s.sockets, "socket"), plural(s.cores, "core"), plural(s.threads, "thread"),
                              s.frequency_mhz));
  line("kernel", s.kernel);
  line("strategy", s.strategy);
  line("workload", s.workload);
  line("config", fmt::format("{}, seed {}", s.config_hash.substr(0, hash_digits), s.seed));
}

std::string RunReport::how_it_ended() const {
  const std::string when = at(result_.end_cycle);
  switch (result_.end) {
    case RunEnd::finished: return "every task had ended at " + when;
    case RunEnd::until: return "stopped at " + when + " as --until asked";
    case RunEnd::limit: return "cut by a limit of the configuration at " + when;
    case RunEnd::stopped: return "stopped there, at " + when;
    case RunEnd::interrupted: return "interrupted at " + when;
    case RunEnd::deadlock: return "nobody could go on after " + when;
  }
  return when;
}

std::string RunReport::what_was_broken() const {
  std::vector<std::string> pairs;
  for (const ViolatedPair& pair : violated_pairs(result_))
    pairs.push_back(pair.invariant + " " + pair.class_id + (pair.expected ? " (expected)" : ""));
  return fmt::format("{}: {}", plural(result_.violations_total, "violation"), fmt::join(pairs, ", "));
}

std::string RunReport::why_vacuous() const {
  std::vector<std::string> names;
  for (const auto& invariant : result_.invariants)
    if (invariant.status == InvariantStatus::vacuous) names.push_back(invariant.name);
  for (const auto& goal : result_.goals)
    if (goal.vacuous) names.push_back("goal " + goal.name);
  return fmt::format("never came up: {}", fmt::join(names, ", "));
}

void RunReport::verdict() {
  std::uint64_t judged = 0;
  for (const auto& invariant : result_.invariants) judged += invariant.exercised;
  std::string word = "CLEAN";
  std::string text = fmt::format("no invariant was violated, {} in all", plural(judged, "judgement"));
  Style style = Style::good;
  if (result_.verdict == RunVerdict::violated) word = "VIOLATED", style = Style::bad;
  if (result_.verdict == RunVerdict::vacuous) word = "VACUOUS", style = Style::bad, text = why_vacuous();
  if (result_.verdict == RunVerdict::undecided) word = "UNDECIDED", style = Style::warning;
  if (result_.verdict == RunVerdict::interrupted) word = "INTERRUPTED", style = Style::warning;
  if (result_.violations_total != 0) text = what_was_broken();
  else if (style == Style::warning) text = fmt::format("no violation until then, {}", plural(judged, "judgement"));
  out_ +=
      "\n" + palette_.paint(word, style) + "  " + wrap(text + "; " + how_it_ended(), word.size() + 2, 2) + "\n";
}

void RunReport::violation(std::size_t number, const Violation& v) {
  std::string where = at(v.cycle) + fmt::format(", cpu {}", v.cpu);
  if (v.task.exists()) where += ", task " + task_name(result_, v.task);
  if (v.has_page) where += fmt::format(", va {}", v.va);
  const std::string name = fmt::format("{} {}", v.invariant, v.class_id);
  out_ += fmt::format("\n{}. ", number) + palette_.paint(name, v.expected ? Style::warning : Style::bad) +
          (v.expected ? "  expected" : "") + "\n";
  out_ += "   " + wrap(where, 3, 3) + "\n   " + wrap(v.message, 3, 3) + "\n";
  for (std::size_t i = 0; i < v.story.size(); ++i)
    out_ += fmt::format("   {:>3}  ", i + 1) + wrap(v.story[i], 8, 8) + "\n";
  if (!v.expected) return;
  for (const auto& e : result_.expectations)
    if (e.invariant == v.invariant && e.class_id == v.class_id && !e.why.empty())
      out_ += "   " + wrap("expected because: " + e.why, 3, 5) + "\n";
}

void RunReport::expectations() {
  if (result_.expectations.empty()) return;
  if (result_.as_expected) {
    out_ += "\nExactly what the scenario expects.\n";
    return;
  }
  out_ += "\n" + palette_.paint("Not what the scenario expects:", Style::bad) + "\n";
  const auto pairs = violated_pairs(result_);
  for (const auto& e : result_.expectations) {
    const bool seen = std::any_of(pairs.begin(), pairs.end(), [&](const ViolatedPair& p) {
      return p.invariant == e.invariant && p.class_id == e.class_id;
    });
    if (!seen)
      out_ += "  " + wrap(fmt::format("missing: {} {} ({})", e.invariant, e.class_id, e.why), 2, 4) + "\n";
  }
  for (const auto& pair : pairs)
    if (!pair.expected) out_ += fmt::format("  unexpected: {} {}\n", pair.invariant, pair.class_id);
}

void RunReport::invariants() {
  if (result_.invariants.empty()) return;
  heading("Invariants");
  TextTable table({Align::left, Align::right, Align::right, Align::left});
  table.add_header({"", "judged", "violated", ""});
  std::vector<std::string> inapplicable;
  for (const auto& i : result_.invariants) {
    if (i.status == InvariantStatus::not_applicable) {
      inapplicable.push_back(i.name);
      continue;
    }
    const bool bad = i.status == InvariantStatus::violated || i.status == InvariantStatus::vacuous;
    const Style style = bad ? Style::bad : i.status == InvariantStatus::clean ? Style::good : Style::faint;
    table.add({i.name, grouped(i.exercised), grouped(i.violations), {name_of(i.status), style}});
  }
  out_ += table.render(palette_, 2);
  if (!inapplicable.empty())
    out_ += "  " + wrap(fmt::format("n/a here: {}", fmt::join(inapplicable, ", ")), 2, 4) + "\n";
}

void RunReport::goals() {
  if (result_.goals.empty()) return;
  heading("Goals");
  TextTable table({Align::left, Align::right, Align::left});
  for (const auto& goal : result_.goals) {
    if (goal.reached != 0) table.add({goal.name, grouped(goal.reached), {"reached", Style::good}});
    else
      table.add({goal.name,
                 "0",
                 {goal.vacuous ? "vacuous" : "not reached", goal.vacuous ? Style::bad : Style::faint}});
  }
  out_ += table.render(palette_, 2);
}

void RunReport::measured() {
  if (!result_.measured) out_ += "\nThe run ended while it still warmed up: the statistics are the warm-up's.\n";
  else if (result_.measured_from != Cycle{})
    out_ += fmt::format("\nMeasured from {} to {}, after the warm-up.\n", at(result_.measured_from), at(result_.end_cycle));
}

void RunReport::grounds() {
  if (!result_.subject.assumptions.empty()) {
    heading("Assumptions");
    for (const auto& assumption : result_.subject.assumptions) out_ += "  " + wrap(assumption, 2, 4) + "\n";
  }
  const auto& weak = result_.subject.low_confidence;
  if (weak.empty()) return;
  constexpr std::size_t told = 4;
  const std::vector<std::string> first(weak.begin(),
                                       weak.begin() + static_cast<std::ptrdiff_t>(std::min(told, weak.size())));
  std::string text = fmt::format("Times rest on {} of low confidence: {}", plural(weak.size(), "constant"),
                                 fmt::join(first, ", "));
  if (weak.size() > told) text += fmt::format(" and {} more (low_confidence in --json)", weak.size() - told);
  out_ += "\n" + wrap(text, 0, 2) + "\n";
}

}  // namespace

std::string report(const RunResult& result, config::Color color) { return RunReport(result, color).text(); }

}  // namespace mmulab
