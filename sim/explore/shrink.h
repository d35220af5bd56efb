// SPDX-License-Identifier: MIT
// Makes a counterexample that was found in passing fit for a reader: fewest context switches first, then fewest steps.
// Source: checking.md 5 (minimisation).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explore/search.h"

namespace mmulab {

/// A schedule that shows the same (invariant, class) and cannot be made smaller by leaving a stretch of steps out, by
/// joining two stretches of one agent, or by leaving out single steps. `cursor` must not reduce. Performs at most
/// `replays_max` schedules.
[[nodiscard]] Counterexample shrink(Cursor& cursor, const Counterexample& from, std::uint64_t replays_max);

/// The same with what a shortest schedule leaves to be done: its steps in an order of fewer switches.
[[nodiscard]] Counterexample reorder(Cursor& cursor, const Counterexample& from, std::uint64_t replays_max);

}  // namespace mmulab
