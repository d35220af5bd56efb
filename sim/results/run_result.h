// SPDX-License-Identifier: MIT
// What one timed run has to say, before anybody decides how to say it: report, JSON and table are made from this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/check/checker.h"
#include "sim/stats/stat_registry.h"

namespace mmulab {

enum class RunVerdict : std::uint8_t { clean, violated, vacuous, undecided, interrupted };
[[nodiscard]] const char* name_of(RunVerdict verdict);

/// Why the run ended.
enum class RunEnd : std::uint8_t {
  finished,     ///< every task has ended
  until,        ///< --until: not a limit, the verdict stands
  limit,        ///< a limit of the configuration: undecided unless violated
  stopped,      ///< at the first violation
  interrupted,  ///< by a signal
  deadlock,     ///< nobody could go on
  schedule,     ///< of a schedule that shows no violation: undecided
};

/// The configuration, in the words of a report.
struct RunSubject {
  std::string title;        ///< the file's first comment line or its name
  std::string file;         ///< as given; host only
  std::string machine;      ///< preset name
  std::string arch;
  std::string kernel;
  std::string strategy;
  std::string workload;     ///< preset name, or what an own one is: "script, 2 tasks"
  std::uint32_t sockets = 1;
  std::uint32_t cores = 1;    ///< a socket
  std::uint32_t threads = 1;  ///< a core
  std::uint64_t frequency_mhz = 0;
  std::string config_hash;
  std::uint64_t seed = 0;
  std::vector<std::string> assumptions;   ///< what the verdict rests on
  std::vector<std::string> low_confidence;  ///< paths of the constants of low confidence that this run used
};

/// A task as reports name it.
struct TaskName {
  std::string name;
  CpuId cpu;
};

struct RunResult {
  RunSubject subject;
  RunVerdict verdict = RunVerdict::clean;
  RunEnd end = RunEnd::finished;
  Cycle end_cycle;
  /// Statistics cover [measured_from, end_cycle]; the workload may have warmed up before.
  Cycle measured_from;
  /// False: the run ended in the warm-up, and the statistics are the warm-up's.
  bool measured = true;
  std::vector<Violation> violations;       ///< kept in full, in order
  std::uint64_t violations_total = 0;
  std::vector<InvariantResult> invariants;
  std::vector<GoalResult> goals;
  std::vector<Expectation> expectations;
  bool as_expected = false;                ///< exactly the expected (invariant, class) pairs occurred
  std::shared_ptr<StatRegistry> stats;
  std::vector<TaskName> tasks;             ///< by task id

  // Depends on the host or on how the simulation was run: never compared, under "host" in JSON.
  double wall_seconds = 0;
  std::uint64_t steps = 0;
  std::string version;
};

/// The process's exit code for `run`: by expectation if `expect`, else by the verdict (DESIGN.md, exit codes).
[[nodiscard]] int exit_code(const RunResult& result, bool expect);

}  // namespace mmulab
