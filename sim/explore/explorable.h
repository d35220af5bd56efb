// SPDX-License-Identifier: MIT
// What an engine needs of the system under exploration; sim/lab/explored_system.h builds one from a configuration.
#pragma once

#include <vector>

#include "sim/check/checker.h"
#include "sim/explore/bearing.h"
#include "sim/explore/explored_host.h"

namespace mmulab {

class Explorable {
 public:
  virtual ~Explorable() = default;
  [[nodiscard]] virtual World& world() = 0;
  [[nodiscard]] virtual EventStream& events() = 0;
  [[nodiscard]] virtual ExploredHost& host() = 0;
  [[nodiscard]] virtual Checker& checker() = 0;
  /// Every context that may ever run.
  [[nodiscard]] virtual const std::vector<Context*>& contexts() const = 0;
  /// Every task has ended.
  [[nodiscard]] virtual bool finished() const = 0;
  /// The cpu has nothing to do.
  [[nodiscard]] virtual bool is_idle(CpuId cpu) const = 0;
  /// Runs, in one fixed order, what comes before the behaviour that is to be explored: boot and warm-up.
  virtual void run_up() = 0;
  /// Whether an observer compares the event's place in time with other agents' events.
  [[nodiscard]] virtual bool concerns_others(const Event& event) const = 0;
  /// What the event bears on, for the independence of steps.
  [[nodiscard]] virtual Bearings bearing(const Event& event) const = 0;
  /// A lock was taken whose word names its holder (task + 1) until it is given back.
  [[nodiscard]] virtual bool takes_spinlock(const Event& event) const = 0;
  /// All is over: what is judged at the end is to be judged now.
  virtual void conclude() = 0;
  /// Nobody can go on, and not all is over.
  virtual void report_deadlock() = 0;
  /// Back to the start with fresh fibers, for where their stacks cannot be put back.
  virtual void restart() = 0;
};

}  // namespace mmulab
