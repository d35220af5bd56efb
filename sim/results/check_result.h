// SPDX-License-Identifier: MIT
// What one exploration has to say, before anybody decides how to say it.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/explore/search.h"
#include "sim/results/run_result.h"

namespace mmulab {

enum class CheckVerdict : std::uint8_t {
  proved,          ///< every interleaving
  proved_bounded,  ///< every interleaving with at most `bound` context switches
  undecided,       ///< no proof: schedules, or cut by a limit
  violated, vacuous, interrupted
};
[[nodiscard]] const char* name_of(CheckVerdict verdict);

/// One engine's part: what it was told, and how far it came.
struct EngineRun {
  std::uint64_t switches_max = SearchLimits::none;
  std::uint64_t restarts = 0;  ///< shortcuts that were unfounded, each of which began the search again
  SearchResult result;
};

/// One step of a counterexample in words.
struct ToldStep {
  std::string actor;  ///< "cpu 0", "tlbie bus"
  int lane = -1;      ///< the cpu; -1: hardware by itself
  std::string task;
  std::string label;
  std::string source;                ///< file:line of the label
  std::vector<std::string> changes;  ///< "location old -> new"
  std::vector<std::string> locks;    ///< that the task holds afterwards: "mmap_sem of mm 0 (read)"
};

/// The steps, counted from 1, from the one that made it possible to the one that went wrong.
struct ToldWindow {
  std::size_t opened = 0;  ///< 0: before the first step
  std::size_t closed = 0;
  [[nodiscard]] bool known() const { return closed != 0; }
};

/// A place that translates, or says whether it may; empty where nothing was there.
struct ToldEntry {
  std::string where;
  std::string before;
  std::string after;
};

/// What the violation is about, and all that is known of its translations.
struct ToldTable {
  std::string what;  ///< "page 0x4 of mm 0"
  std::vector<ToldEntry> entries;
};

struct ToldCounterexample {
  Violation violation;
  std::vector<Violation> others;  ///< of a replay: what occurred instead of what the schedule names
  std::string engine;
  bool shortest = false;  ///< no shorter schedule shows it (bfs)
  bool shrunk = false;    ///< made smaller after the engine had found it
  std::uint64_t switches = 0;
  std::vector<ToldStep> steps;
  ToldWindow window;
  std::string race;                  ///< the two steps whose order made the difference
  std::size_t race_first = 0;        ///< their numbers, from 1; 0: none
  std::size_t race_second = 0;
  std::size_t tables_before = 0;     ///< before this step, and after the last one:
  std::vector<ToldTable> tables;
  std::string schedule;              ///< the schedule file
  std::string schedule_file;         ///< where it was written
};

struct OrderSeen {
  std::string first;
  std::string second;
  std::uint64_t times = 0;
  std::uint64_t reversed = 0;
};

struct CheckResult {
  RunSubject subject;
  CheckVerdict verdict = CheckVerdict::proved;
  std::uint64_t bound = 0;
  std::string memory_model;
  std::vector<EngineRun> engines;
  std::vector<ToldCounterexample> counterexamples;
  std::vector<InvariantResult> invariants;
  std::vector<GoalResult> goals;
  std::vector<Expectation> expectations;
  bool as_expected = false;
  std::vector<TaskName> tasks;
  std::vector<std::string> agents;     ///< hardware that acted by itself: labels of its steps
  std::vector<std::string> unreached;  ///< labels of parts that were used, which never took effect
  std::vector<OrderSeen> orders;       ///< only if asked for
  double wall_seconds = 0;
  std::string version;
};

/// By expectation if `expect`, else by the verdict (DESIGN.md, exit codes).
[[nodiscard]] int exit_code(const CheckResult& result, bool expect);

/// Verdict, counterexamples as lanes, what was exercised, what it rests on. At most 100 columns.
[[nodiscard]] std::string report(const CheckResult& result, config::Color color = config::Color::Off);
/// The lanes alone, for documents.
[[nodiscard]] std::string lanes(const ToldCounterexample& counterexample, std::uint32_t cpus);
/// One exploration as one object, ending with a newline; docs/check.schema.json.
[[nodiscard]] std::string to_json(const CheckResult& result);
/// The same on one line without an end, and without "host": what a sweep keeps.
[[nodiscard]] std::string to_json_line(const CheckResult& result);

}  // namespace mmulab
