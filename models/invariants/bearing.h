// SPDX-License-Identifier: MIT
// Which events commute before the ledger and the invariants, if different agents emit them (sim/explore/bearing.h):
// what each kind changes and who looks at it. Left out: that two pages or two address spaces seldom meet. A kind that
// is not named bears on everything.
#pragma once

#include "models/invariants/execution.h"
#include "sim/explore/bearing.h"

namespace mmulab {

/// `before`: what the ledger knew until the event.
[[nodiscard]] Bearings bearing_of(const Event& event, const Execution& before);

}  // namespace mmulab
