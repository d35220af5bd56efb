// SPDX-License-Identifier: MIT
// One timed run of one configuration, from the values to the result.
#pragma once

#include <atomic>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "sim/config/values.h"
#include "sim/exec/fiber_host.h"
#include "sim/results/run_result.h"

namespace mmulab::lab {

struct RunControl {
  /// Stop before this cycle; not a limit, the verdict stands.
  Cycle until = never;
  /// Print every event from this cycle on to `log`.
  Cycle log_from = never;
  std::ostream* log = nullptr;
  /// Called now and then with the present cycle.
  std::function<void(Cycle)> heartbeat;
  /// Set by a signal handler; the run ends soon after.
  const std::atomic<bool>* interrupt = nullptr;
  /// Follow these decisions instead of the clock (sim/timed/gate.h); empty: nobody is forced.
  std::vector<Decision> follow;
};

/// Runs in this process, on a fresh SystemC kernel. Throws config::Error if the workload is wrong.
RunResult run(const config::Values& values, const std::string& file, const RunControl& control);

}  // namespace mmulab::lab
