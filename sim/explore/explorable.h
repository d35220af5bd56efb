// SPDX-License-Identifier: MIT
// What an engine needs of the system under exploration; sim/lab/explored_system.h builds one from a configuration.
#pragma once

#include <vector>

#include "sim/check/checker.h"
#include "sim/explore/concern.h"
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
  /// Ways to exchange the names of cpus and tasks that do the same, but the one that changes nothing.
  [[nodiscard]] virtual std::vector<Renaming> renamings() { return {}; }
  /// Runs, in one fixed order, what comes before the behaviour that is to be explored: boot and warm-up.
  virtual void run_up() = 0;
  /// What the observers look at and change because of the event.
  [[nodiscard]] virtual Concern concern(const Event& event) const = 0;
  /// A lock was taken whose word names its holder (task + 1) until it is given back.
  [[nodiscard]] virtual bool takes_spinlock(const Event& event) const = 0;
  /// The agent's task has done all that it was to do, and ends only when nobody else can go on: how tasks exit one
  /// after another is not explored. Of hardware: it would go on for ever, for nobody any more.
  [[nodiscard]] virtual bool winds_down(AgentId agent) const = 0;
  /// By what the ends that engines reach are compared.
  [[nodiscard]] virtual Fingerprint ending() { return world().fingerprint(); }
  /// All is over: what is judged at the end is to be judged now.
  virtual void conclude() = 0;
  /// Nobody can go on, and not all is over.
  virtual void report_deadlock() = 0;
  /// Back to the start with fresh fibers, for where their stacks cannot be put back.
  virtual void restart() = 0;
};

}  // namespace mmulab
