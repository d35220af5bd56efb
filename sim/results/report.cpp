// SPDX-License-Identifier: MIT
#include "sim/results/report.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/quantity.h"
#include "sim/results/summary.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;
constexpr std::size_t hash_digits = 12;

/// Violations whose sentences differ in numbers alone: the same thing on other pages, or again.
using Alike = std::vector<const Violation*>;

/// "page 0x1ff of mm 0" -> "page # of mm #"
std::string without_numbers(const std::string& text) {
  std::string masked;
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    const bool number = end != at && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    if (end == at) ++end;
    masked += number ? "#" : text.substr(at, end - at);
    at = end;
  }
  return masked;
}

std::vector<Alike> alike(const std::vector<Violation>& violations) {
  std::vector<Alike> groups;
  std::map<std::array<std::string, 3>, std::size_t> group_of;
  for (const Violation& v : violations) {
    const std::array<std::string, 3> kind{v.invariant, v.class_id, without_numbers(v.message)};
    const auto [found, fresh] = group_of.emplace(kind, groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(&v);
  }
  return groups;
}

class RunReport {
 public:
  RunReport(const RunResult& result, config::Color color, Expectations expectations)
      : result_(result), palette_(color), expectations_(expectations) {}

  std::string text() {
    subject();
    verdict();
    violations();
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
  void violations();
  void violation(std::size_t number, const Violation& v);
  void others_like_it(const Alike& alike);
  void expectations();
  void differences(const std::vector<std::string>& missing, const std::vector<std::string>& unexpected);
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

  const RunResult& result_;
  Palette palette_;
  Expectations expectations_;
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
    case RunEnd::schedule: return "the schedule ends without its violation, at " + when;
  }
  return when;
}

std::string RunReport::what_was_broken() const {
  std::vector<std::string> pairs;
  for (const ViolatedPair& pair : violated_pairs(result_))
    pairs.push_back(pair.invariant + " " + pair.class_id + (pair.expected ? " (expected)" : ""));
  return fmt::format("{}: {}", plural(result_.violations_total, "violation"), fmt::join(pairs, ", "));
}

void RunReport::verdict() {
  std::uint64_t judged = 0;
  for (const auto& invariant : result_.invariants) judged += invariant.exercised;
  std::string word = "CLEAN";
  std::string text = fmt::format("no invariant was violated, {} in all", plural(judged, "judgement"));
  Style style = Style::good;
  if (result_.verdict == RunVerdict::violated) word = "VIOLATED", style = Style::bad;
  if (result_.verdict == RunVerdict::vacuous) {
    word = "VACUOUS", style = Style::bad;
    text = never_came_up(vacuous_names(result_));
  }
  if (result_.verdict == RunVerdict::undecided) word = "UNDECIDED", style = Style::warning;
  if (result_.verdict == RunVerdict::interrupted) word = "INTERRUPTED", style = Style::warning;
  if (result_.violations_total != 0) text = what_was_broken();
  else if (style == Style::warning) text = fmt::format("no violation until then, {}", plural(judged, "judgement"));
  out_ +=
      "\n" + palette_.paint(word, style) + "  " + wrap(text + "; " + how_it_ended(), word.size() + 2, 2) + "\n";
}

void RunReport::violations() {
  constexpr std::size_t told = 4;
  const std::vector<Alike> groups = alike(result_.violations);
  for (std::size_t i = 0; i < groups.size() && i < told; ++i) {
    violation(i + 1, *groups[i].front());
    others_like_it(groups[i]);
  }
  if (groups.size() <= told) return;
  std::vector<std::string> names;
  for (std::size_t i = told; i < groups.size(); ++i) {
    const Violation& v = *groups[i].front();
    names.push_back(fmt::format("{} {} at cycle {}", v.invariant, v.class_id, v.cycle.raw()));
  }
  out_ += "\n" + wrap(fmt::format("Without its story (--json has it): {}", fmt::join(names, ", ")), 0, 2) + "\n";
}

void RunReport::others_like_it(const Alike& alike) {
  if (alike.size() == 1) return;
  constexpr std::size_t named = 8;
  std::vector<std::string> pages;
  for (auto other = alike.begin() + 1; other != alike.end(); ++other) {
    const std::string va = fmt::format("{}", (*other)->va);
    if ((*other)->has_page && std::find(pages.begin(), pages.end(), va) == pages.end()) pages.push_back(va);
  }
  std::string text = fmt::format("and {} more of the same class", grouped(alike.size() - 1));
  const bool all = pages.size() <= named;
  if (!all) pages.resize(named);
  if (!pages.empty()) text += fmt::format(": va {}{}", fmt::join(pages, ", "), all ? "" : ", ...");
  out_ += "   " + wrap(text, 3, 5) + "\n";
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
  const auto pairs = violated_pairs(result_);
  std::vector<std::string> missing;
  for (const auto& e : result_.expectations) {
    const bool seen = std::any_of(pairs.begin(), pairs.end(), [&](const ViolatedPair& p) {
      return p.invariant == e.invariant && p.class_id == e.class_id;
    });
    if (!seen) missing.push_back(fmt::format("{} {} ({})", e.invariant, e.class_id, e.why));
  }
  std::vector<std::string> unexpected;
  for (const auto& pair : pairs)
    if (!pair.expected) unexpected.push_back(pair.invariant + " " + pair.class_id);
  differences(missing, unexpected);
}

/// Somebody who has changed the scenario without --expect wants to see the effect, not to be blamed for it.
void RunReport::differences(const std::vector<std::string>& missing, const std::vector<std::string>& unexpected) {
  if (expectations_ == Expectations::judged) {
    out_ += "\n" + palette_.paint("Not what the scenario expects:", Style::bad) + "\n";
    for (const auto& pair : missing) out_ += "  " + wrap("missing: " + pair, 2, 4) + "\n";
    for (const auto& pair : unexpected) out_ += "  unexpected: " + pair + "\n";
    return;
  }
  const std::string with = fmt::format("with strategy {}", result_.subject.strategy);
  out_ += "\n";
  for (const auto& pair : missing)
    out_ += wrap(fmt::format("The scenario expects {}; {} it did not occur.", pair, with), 0, 2) + "\n";
  for (const auto& pair : unexpected)
    out_ += wrap(fmt::format("The scenario does not expect {}; {} it occurred.", pair, with), 0, 2) + "\n";
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
    out_ += fmt::format("\nMeasured from {} to {}, after the warm-up.\n", at(result_.measured_from),
                        at(result_.end_cycle));
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

std::string report(const RunResult& result, config::Color color, Expectations expectations) {
  return RunReport(result, color, expectations).text();
}

}  // namespace mmulab
