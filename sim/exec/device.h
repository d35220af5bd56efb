// SPDX-License-Identifier: MIT
// Hardware that acts by itself: an IPI in flight that arrives, a timer that ticks. Each act is one step, so that the
// timed host fires it at its cycle and the explorer whenever it likes.
#pragma once

#include <optional>
#include <vector>

#include "sim/exec/context.h"
#include "sim/state/renaming.h"

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

  /// What the unit is called under other names.
  [[nodiscard]] virtual std::uint32_t renamed(std::uint32_t unit, const Renaming&) const { return unit; }

  // ---- for the explorer, which may perform an act at once if nobody could tell (sim/explore/reduction.h): only of a
  // device that says what makes its parts act. A part is what one cause sets going.
  [[nodiscard]] virtual std::uint32_t parts() const { return 1; }
  [[nodiscard]] virtual std::uint32_t part_of(std::uint32_t) const { return 0; }
  /// The words that somebody has to change before a part acts that has nothing to do; empty: it does not say.
  [[nodiscard]] virtual Footprint woken_by(std::uint32_t) const { return {}; }
  /// A count of what the part has still to do, which becomes zero only by its acts, all of them.
  [[nodiscard]] virtual std::optional<Location> outstanding_of(std::uint32_t) const { return {}; }
};

}  // namespace mmulab
