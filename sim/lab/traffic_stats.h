// SPDX-License-Identifier: MIT
// Statistics that no event tells: lines moved, memory read, translations found. The machine counts them alike whether
// a core steps or runs ahead, so they do not depend on lookahead.
#pragma once

#include "sim/lab/system.h"
#include "sim/stats/stat_registry.h"

namespace mmulab::lab {

/// Enters what the timed run of `system` has counted until now. Once, when it has ended.
void enter_traffic(const System& system, StatRegistry& registry);

}  // namespace mmulab::lab
