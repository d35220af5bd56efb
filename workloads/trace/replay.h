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
  [[nodiscard]] TaskId task(TaskNo number) const { return tasks[raw(number)]; }
  /// The same in all rounds; the roots come first.
  std::vector<TaskId> tasks;
  /// Of the present round, and what there is beside: an mm that a cpu still borrows is left out of the next round.
  std::vector<MmId> mms, spare_mms;
};

/// What [workload] kind = "trace" says of its recording.
std::string recording_file(const config::Values& values);
SurveyOptions survey_options(const config::Values& values, const TableGeometry& geometry);

/// The plan of [workload] kind = "trace". Throws config::Error.
workload::Plan replay_plan(const config::Values& values, const workload::PlanEnvironment& environment);

/// A task of the recording. A root goes through all rounds, and begins each when all tasks of the one before are over;
/// the others are begun again.
std::unique_ptr<workload::Program> replay_program(std::shared_ptr<Recording> recording, TaskNo task);

}  // namespace mmulab::trace
