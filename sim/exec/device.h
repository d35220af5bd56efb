// SPDX-License-Identifier: MIT
// Hardware that acts by itself: an IPI in flight that arrives, a timer that ticks. Each act is one step, so that the
// timed host fires it at its cycle and the explorer whenever it likes.
#pragma once

#include <vector>

#include "sim/exec/context.h"

namespace mmulab {

class Device {
 public:
  virtual ~Device() = default;
  /// The units (target cpus, timers) that could act in the present state; the explorer's choices.
  virtual void list_enabled(const World& world, std::vector<std::uint32_t>& units) const = 0;
  [[nodiscard]] virtual const Label& label() const = 0;
  [[nodiscard]] virtual Footprint footprint(std::uint32_t unit) const = 0;
  virtual void act(Access& access, std::uint32_t unit) = 0;
  /// It acts at any time or never: nobody waits for it, and it does not keep a system going that has come to its end.
  [[nodiscard]] virtual bool is_spontaneous() const { return false; }
};

}  // namespace mmulab
