// SPDX-License-Identifier: MIT
// Which moves depend on each other, for partial-order reduction: those of one cpu, those that touch a common word,
// those whose events do not commute before the observers, and a step with the stores of its cpu that had to become
// visible before it. What a step will say is not declared: it is learned by label. If a label says more than what the
// search so far has reckoned with, the search has to begin again.
#pragma once

#include <vector>

#include "sim/explore/concern.h"
#include "sim/explore/coverage.h"
#include "sim/explore/explorable.h"

namespace mmulab {

/// One that acts in an order of its own: the steps of a cpu, the interrupts that a cpu takes, a unit of a device.
struct Process {
  AgentId agent;
  Decision::Kind kind = Decision::Kind::step;
  std::uint32_t unit = 0;  ///< of a device
  friend bool operator==(const Process& a, const Process& b) {
    return a.agent == b.agent && a.kind == b.kind && a.unit == b.unit;
  }
};

/// A move that is possible, or waits for its guard.
struct Pending {
  std::uint32_t process = 0;  ///< number of the process
  Move move;
  const Label* label = nullptr;  ///< null: an interrupt is taken
  Footprint footprint;
  bool enabled = false;
  bool idle = false;  ///< the cpu has nothing else to do
  bool held_up = false;  ///< the cpu's own stores have to become visible first
  bool was_held_up = false;
  std::size_t since = 0;  ///< the length of the schedule when this was first what the process would do
};

/// A move that has been made.
struct Made {
  std::uint32_t process = 0;
  AgentId agent;
  bool is_device = false;
  bool idle = false;
  bool was_held_up = false;
  CpuId drains;  ///< whose store it made visible; none: it was something else
  std::vector<Touch> touched;
  Concern said;
};

class Dependence {
 public:
  /// A move that began with this label has said this. True: nobody could know.
  bool learn(const Label* label, const Concern& said);
  [[nodiscard]] Concern may_say(const Pending& pending) const;
  [[nodiscard]] bool holds(const Pending& pending, const Made& made) const;
  [[nodiscard]] bool holds(const Made& a, const Made& b) const;

 private:
  std::vector<Concern> said_;  ///< by label
};

}  // namespace mmulab
