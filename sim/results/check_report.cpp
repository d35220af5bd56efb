// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/check_result.h"
#include "sim/results/quantity.h"
#include "sim/results/summary.h"
#include "sim/results/text_table.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;
constexpr std::size_t hash_digits = 12;

std::string switches_text(std::uint64_t n) { return grouped(n) + (n == 1 ? " switch" : " switches"); }

class CheckReport {
 public:
  CheckReport(const CheckResult& result, config::Color color) : result_(result), palette_(color) {}

  std::string text() {
    subject();
    verdict();
    what_was_done();
    for (std::size_t i = 0; i < result_.counterexamples.size(); ++i) counterexample(i);
    expectations();
    invariants();
    coverage();
    assumptions();
    return std::move(out_);
  }

 private:
  void heading(const std::string& title) { out_ += "\n" + palette_.paint(title, Style::strong) + "\n"; }
  void subject();
  void verdict();
  void what_was_done();
  void counterexample(std::size_t n);
  void tables(const ToldCounterexample& c);
  void expectations();
  void invariants();
  void coverage();
  void assumptions();
  [[nodiscard]] std::vector<std::string> unseen() const;
  [[nodiscard]] const SearchResult* last() const {
    return result_.engines.empty() ? nullptr : &result_.engines.back().result;
  }

  const CheckResult& result_;
  Palette palette_;
  std::string out_;
};

void CheckReport::subject() {
  const RunSubject& s = result_.subject;
  out_ += palette_.paint(wrap(s.title, 0, 2), Style::strong) + "\n";
  const auto line = [&](const std::string& what, const std::string& text) {
    if (!text.empty()) out_ += fmt::format("  {:<10}", what) + wrap(text, 12, 12) + "\n";
  };
  line("machine",
       fmt::format("{} ({}), {}", s.machine, s.arch, plural(std::uint64_t{s.sockets} * s.cores * s.threads, "cpu")));
  line("kernel", s.kernel);
  line("strategy", s.strategy);
  line("workload", s.workload);
  line("config", s.config_hash.substr(0, hash_digits));
}

std::string counts(const SearchResult& r) {
  if (r.states != 0)
    return fmt::format("{}, {}, depth {}", plural(r.states, "state"), plural(r.transitions, "transition"), r.depth);
  if (r.engine != "dpor") return fmt::format("{}, {}", plural(r.schedules, "schedule"), plural(r.transitions, "step"));
  std::string text = fmt::format("{}, {} sleep-blocked", plural(r.schedules, "execution"), grouped(r.sleep_blocked));
  if (r.cycles != 0) text += fmt::format(", {} cut where they came back to a state", grouped(r.cycles));
  return text + fmt::format(", {}, depth {}", plural(r.transitions, "transition"), r.depth);
}

std::string cut_by(const SearchResult& r) {
  switch (r.end) {
    case SearchEnd::schedules:
      if (r.engine == "dpor") return fmt::format("cut by its budget after {}", plural(r.schedules, "execution"));
      return fmt::format("{} tried", plural(r.schedules, "schedule"));
    case SearchEnd::states: return fmt::format("cut by its budget of states after {}", plural(r.states, "state"));
    case SearchEnd::steps: return "cut by its budget of steps";
    case SearchEnd::depth: return "cut by its depth";
    case SearchEnd::time: return "cut by wall time, so that another run may come farther";
    case SearchEnd::memory: return "cut by memory";
    case SearchEnd::interrupted: return "interrupted";
    case SearchEnd::elsewhere: return "given up, for random schedules had found it";
    case SearchEnd::room: return fmt::format("cut by the model's room in {}: {}", plural(r.room_cut, "state"), r.room);
    default: return "";
  }
}

void CheckReport::verdict() {
  std::string word, text;
  Style style = Style::good;
  switch (result_.verdict) {
    case CheckVerdict::proved:
      word = "PROVED", text = "all interleavings; " + counts(*last());
      break;
    case CheckVerdict::proved_bounded:
      word = fmt::format("PROVED for at most {} context switches", result_.bound);
      text = fmt::format("{}; the bound cut {}", counts(*last()), plural(last()->bound_cut, "move"));
      break;
    case CheckVerdict::undecided:
      word = "NOT A PROOF", style = Style::warning;
      if (last() != nullptr) text = cut_by(*last()) + "; no violation until then";
      else text = "the schedule ends without its violation";
      if (last() != nullptr && last()->complete_depth != 0)
        text += fmt::format("; complete to depth {}", last()->complete_depth);
      break;
    case CheckVerdict::interrupted:
      word = "INTERRUPTED", style = Style::warning, text = "no violation until then";
      break;
    case CheckVerdict::vacuous:
      word = "VACUOUS", style = Style::bad;
      text = fmt::format("never came up, although the scenario names it: {}", fmt::join(unseen(), ", "));
      break;
    case CheckVerdict::violated: {
      word = "VIOLATED", style = Style::bad;
      std::vector<std::string> pairs;
      const auto add = [&](const Violation& v) {
        pairs.push_back(v.invariant + " " + v.class_id + (v.expected ? " (expected)" : ""));
      };
      for (const auto& c : result_.counterexamples) {
        if (!c.violation.invariant.empty()) add(c.violation);
        for (const Violation& other : c.others) add(other);
      }
      text = fmt::format("{}", fmt::join(pairs, ", "));
      break;
    }
  }
  out_ += "\n" + palette_.paint(word, style) + "  " + wrap(text, word.size() + 2, 2) + "\n";
}

std::vector<std::string> CheckReport::unseen() const {
  std::vector<std::string> names;
  for (const auto& i : result_.invariants)
    if (i.status == InvariantStatus::vacuous) names.push_back(i.name);
  for (const auto& goal : result_.goals)
    if (goal.vacuous) names.push_back(goal.name);
  return names;
}

void CheckReport::what_was_done() {
  if (result_.engines.empty()) return;
  heading("Search");
  for (const EngineRun& run : result_.engines) {
    std::string text = run.result.engine;
    if (run.switches_max != SearchLimits::none) text += fmt::format(", at most {}", switches_text(run.switches_max));
    text += ": " + counts(run.result);
    if (run.result.end == SearchEnd::complete) text += "; complete";
    else if (run.result.end == SearchEnd::found) text += "; found what it looked for";
    else text += "; " + cut_by(run.result);
    if (run.restarts != 0) text += fmt::format("; begun again {}", plural(run.restarts, "time"));
    out_ += "  " + wrap(text, 2, 4) + "\n";
  }
}

std::string window_text(const ToldCounterexample& c) {
  if (!c.window.known()) return "";
  const auto name = [&](std::size_t n) { return fmt::format("step {}, {}", n, c.steps[n - 1].label); };
  return fmt::format("the window is open from {} to {} (|)",
                     c.window.opened == 0 ? std::string("before the first step") : name(c.window.opened) + ",",
                     name(c.window.closed));
}

void CheckReport::counterexample(std::size_t n) {
  const ToldCounterexample& c = result_.counterexamples[n];
  const bool violates = !c.violation.invariant.empty();
  const std::string name =
      violates ? c.violation.invariant + " " + c.violation.class_id : std::string("without its violation");
  out_ += fmt::format("\n{}. ", n + 1) + palette_.paint(name, c.violation.expected ? Style::warning : Style::bad);
  out_ += fmt::format("  {}, {}{}\n", plural(c.steps.size(), "step"), switches_text(c.switches),
                      c.shortest ? ", no shorter one exists"
                      : c.shrunk ? fmt::format(", found by {}, then shortened", c.engine)
                                 : std::string());
  if (violates) out_ += "   " + wrap(c.violation.message, 3, 3) + "\n";
  for (const Violation& other : c.others)
    out_ += "   " + wrap(fmt::format("instead {} {}: {}", other.invariant, other.class_id, other.message), 3, 5) + "\n";
  out_ += "\n";
  std::uint32_t cpus = 1;
  for (const ToldStep& step : c.steps) cpus = std::max(cpus, static_cast<std::uint32_t>(step.lane + 1));
  out_ += lanes(c, cpus);
  if (violates) out_ += "\n   " + palette_.paint("why", Style::strong) + "\n";
  for (const std::string& line : c.violation.story) out_ += "     " + wrap(line, 5, 7) + "\n";
  if (const std::string window = window_text(c); !window.empty()) out_ += "     " + wrap(window, 5, 7) + "\n";
  if (!c.race.empty()) out_ += "     " + wrap(c.race + " (*)", 5, 7) + "\n";
  tables(c);
  if (!c.schedule_file.empty())
    out_ += fmt::format("   schedule in {0}; again with: mmulab replay {0}\n", c.schedule_file);
}

/// What has not changed is said once.
void CheckReport::tables(const ToldCounterexample& c) {
  if (c.tables.empty()) return;
  out_ += "   " + palette_.paint("tables", Style::strong) +
          fmt::format(", before step {} and after step {}\n", c.tables_before, c.steps.size());
  const auto text = [](const std::string& at) { return at.empty() ? std::string("nothing") : at; };
  for (const ToldTable& table : c.tables) {
    out_ += "     " + table.what + "\n";
    std::size_t width = 0;
    for (const ToldEntry& entry : table.entries) width = std::max(width, entry.where.size());
    const std::size_t column = 7 + width + 2;
    for (const ToldEntry& entry : table.entries) {
      out_ += fmt::format("       {:<{}}  ", entry.where, width) + wrap(text(entry.before), column, column + 3) + "\n";
      if (entry.before != entry.after)
        out_ += fmt::format("{:>{}} ", "->", column - 1) + wrap(text(entry.after), column, column + 3) + "\n";
    }
  }
}

void CheckReport::expectations() {
  if (result_.expectations.empty()) return;
  for (const Expectation& e : result_.expectations) {
    const bool seen = std::any_of(result_.counterexamples.begin(), result_.counterexamples.end(), [&](const auto& c) {
      return c.violation.invariant == e.invariant && c.violation.class_id == e.class_id;
    });
    if (!seen)
      out_ += "\n" +
              wrap(fmt::format("The scenario expects {} {}; it was not found.", e.invariant, e.class_id), 0, 2) +
              "\n";
  }
}

void CheckReport::invariants() {
  if (result_.invariants.empty()) return;
  heading("Invariants");
  TextTable table({Align::left, Align::right, Align::left});
  table.add_header({"", "judged", ""});
  std::vector<std::string> inapplicable;
  for (const auto& i : result_.invariants) {
    if (i.status == InvariantStatus::not_applicable) {
      inapplicable.push_back(i.name);
      continue;
    }
    const bool bad = i.status == InvariantStatus::violated || i.status == InvariantStatus::vacuous;
    const Style style = bad ? Style::bad : i.status == InvariantStatus::clean ? Style::good : Style::faint;
    table.add({i.name, grouped(i.exercised), {name_of(i.status), style}});
  }
  out_ += table.render(palette_, 2);
  if (!inapplicable.empty())
    out_ += "  " + wrap(fmt::format("n/a here: {}", fmt::join(inapplicable, ", ")), 2, 4) + "\n";
  if (result_.goals.empty()) return;
  heading("Goals");
  for (const auto& goal : result_.goals)
    out_ += fmt::format("  {}: {}\n", goal.name, goal.reached != 0 ? "reached" : "never reached");
}

void CheckReport::coverage() {
  if (!result_.unreached.empty()) {
    heading("Steps that never took effect");
    out_ += "  " + wrap(fmt::format("{}", fmt::join(result_.unreached, ", ")), 2, 2) + "\n";
  }
  if (result_.orders.empty()) return;
  heading("Orders of neighbouring dependent steps of different agents");
  TextTable table({Align::left, Align::left, Align::right, Align::right});
  table.add_header({"first", "second", "seen", "reversed"});
  for (const OrderSeen& o : result_.orders)
    table.add({o.first,
               o.second,
               grouped(o.times),
               {o.reversed == 0 ? "never" : grouped(o.reversed), o.reversed == 0 ? Style::warning : Style::plain}});
  out_ += table.render(palette_, 2);
}

void CheckReport::assumptions() {
  heading("Assumptions");
  for (const auto& assumption : result_.subject.assumptions) out_ += "  " + wrap(assumption, 2, 4) + "\n";
}

}  // namespace

const char* name_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::proved: return "proved";
    case CheckVerdict::proved_bounded: return "proved-bounded";
    case CheckVerdict::undecided: return "undecided";
    case CheckVerdict::violated: return "violated";
    case CheckVerdict::vacuous: return "vacuous";
    case CheckVerdict::interrupted: return "interrupted";
  }
  return "?";
}

int exit_code(const CheckResult& result, bool expect) {
  if (result.verdict == CheckVerdict::interrupted) return 130;
  if (expect) {
    if (result.as_expected && (result.verdict == CheckVerdict::violated || result.verdict == CheckVerdict::proved ||
                               result.verdict == CheckVerdict::proved_bounded))
      return 0;
    return result.verdict == CheckVerdict::undecided ? 3 : 1;
  }
  switch (result.verdict) {
    case CheckVerdict::proved:
    case CheckVerdict::proved_bounded: return 0;
    case CheckVerdict::undecided: return 3;
    default: return 1;
  }
}

std::string report(const CheckResult& result, config::Color color) { return CheckReport(result, color).text(); }

}  // namespace mmulab
