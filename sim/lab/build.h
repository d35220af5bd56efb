// SPDX-License-Identifier: MIT
// From an expanded configuration to the parts of a system.
#pragma once

#include "sim/config/values.h"
#include "sim/lab/system.h"
#include "workloads/plan.h"

namespace mmulab::lab {

/// Everything but the tasks. `needs` is what the workload asks for by itself.
SystemParts system_parts(const config::Values& values, const KernelLimits& needs);

/// The plan's tasks and first mappings, and the event with which its measured phase begins; seals the system. The plan must
/// outlive it.
void populate(System& system, workload::Plan& plan);

}  // namespace mmulab::lab
