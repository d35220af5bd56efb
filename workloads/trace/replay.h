// SPDX-License-Identifier: MIT
// A trace as a workload: each recorded task is a task, each address space an mm, tasks take the cpus in turn. Calls
// are made on the kernel in the order of their task, accesses run ahead as those of any workload (access_stream.h).
// Creation and waits for the end of children order tasks; nothing else does: what the recorded threads told each
// other through futexes, pipes and memory is not known. All memory is anonymous. Timed only.
#pragma once

#include "sim/stats/stat_registry.h"
#include "workloads/plan.h"
#include "workloads/trace/survey.h"

namespace mmulab::trace {

/// What became of the trace; counted as the calls return.
struct ReplayCounts {
  std::uint64_t calls = 0;
  std::uint64_t rounded = 0;   ///< calls on parts of simulated pages
  std::uint64_t refused = 0;   ///< by the kernel
  std::uint64_t denied = 0;    ///< accesses that the kernel refused: skipped
  std::uint64_t accesses = 0;  ///< that the fiber made; the others ran ahead
};

/// What all tasks of a replay share.
struct Recording {
  Recording(const std::string& file, const SurveyOptions& options);
  TraceFile file;
  SurveyOptions options;
  Survey survey;
  std::uint64_t rounds = 1;
  ReplayCounts counts;
  /// Numbers of tasks and mms in a round; a root is one task in all rounds, and the others come after the roots.
  [[nodiscard]] TaskId task(TaskNo number, std::uint64_t round) const;
  [[nodiscard]] MmId mm(std::uint32_t number, std::uint64_t round) const;
  std::vector<std::uint32_t> place;  ///< of each task among the roots, or among the others
};

/// What [workload] kind = "trace" says of its recording.
std::string recording_file(const config::Values& values);
SurveyOptions survey_options(const config::Values& values, const TableGeometry& geometry);

/// The plan of [workload] kind = "trace". Throws config::Error.
workload::Plan replay_plan(const config::Values& values, const workload::PlanEnvironment& environment);

/// A task of the recording, in one round (a root: in all of them).
std::unique_ptr<workload::Program> replay_program(std::shared_ptr<Recording> recording, TaskNo task,
                                                  std::uint64_t round);

}  // namespace mmulab::trace
