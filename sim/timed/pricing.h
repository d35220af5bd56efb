// SPDX-License-Identifier: MIT
// What the timed host asks the machine model: how long does this step take, and whose cache holds its lines?
#pragma once

#include "sim/exec/host.h"

namespace mmulab {

class Pricing {
 public:
  virtual ~Pricing() = default;
  /// The label's own cost in core cycles, without memory; at least 1.
  [[nodiscard]] virtual Cycles cost(const Label& label) const = 0;
  /// True if the core already has every declared line in the state that the step needs.
  [[nodiscard]] virtual bool holds(CoreId core, const Footprint& footprint) const = 0;
  /// Issues the transfers at `issue`, in (cycle, agent) order; the cycle at which the last line has arrived.
  virtual Cycle fetch(CoreId core, const Footprint& footprint, Cycle issue) = 0;
  /// The transfers are complete: ownership moves. Called at the completion's place in the order.
  virtual void complete(CoreId core, const Footprint& footprint) = 0;
  /// No agent in user mode can affect another core sooner than this after its last step: the run-ahead distance.
  [[nodiscard]] virtual Cycles least_latency() const = 0;
};

}  // namespace mmulab
