// SPDX-License-Identifier: MIT
// Exploring a configuration: which engines, in which order, with which budgets, and what comes of it.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "sim/config/values.h"
#include "sim/explore/schedule.h"
#include "sim/lab/run.h"
#include "sim/results/check_result.h"

namespace mmulab::lab {

struct CheckControl {
  /// Go on until every expected violation has its counterexample.
  bool expect = false;
  /// Record in which orders dependent steps followed each other.
  bool orders = false;
  /// Depth-first until every class that comes first in some schedule has been found.
  bool all_classes = false;
  /// Random schedules begin beside a search that has come to so many states; one that needs fewer is soon over.
  std::uint64_t walks_from = 10'000;
  /// Shorten a counterexample that was not found breadth-first.
  bool shrinks = true;
  const std::atomic<bool>* interrupt = nullptr;
  std::vector<std::string> overrides;  ///< as given, for schedule files
  std::string scenario;                ///< what schedule files call the configuration; empty: its file as given
};

/// Throws config::Error for what only assembling finds out.
CheckResult check(const config::Values& values, const std::string& file, const CheckControl& control);

/// Performs a recorded schedule. Throws config::Error, with the schedule's line, where the model differs.
CheckResult replay(const config::Values& values, const std::string& file, const Schedule& schedule,
                   const std::string& schedule_file, std::uint64_t break_at);
/// The same in the timed machine, which follows the schedule: the run gets cycles.
RunResult replay_timed(const config::Values& values, const std::string& file, const Schedule& schedule,
                       const RunControl& control);

}  // namespace mmulab::lab
