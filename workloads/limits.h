// SPDX-License-Identifier: MIT
// How much of everything a workload needs at most, whatever the interleaving and the strategy (up to a gather a
// task).
#pragma once

#include "models/mm/state.h"
#include "workloads/draft.h"

namespace mmulab::workload {

/// Settled and laid out draft in, limits out; `cpus` is left to the caller.
KernelLimits limits_of(const Draft& draft, const TableGeometry& geometry, Problems& problems);

/// VMAs into which one mm's regions can fall apart at most. A region whose VMAs one task alone changes is followed
/// through that task's calls; otherwise every border that anybody's call may draw counts.
std::uint32_t vmas_of(const Draft& draft, std::uint32_t mm);

}  // namespace mmulab::workload
