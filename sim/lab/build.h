// SPDX-License-Identifier: MIT
// From an expanded configuration to the parts of a system.
#pragma once

#include "sim/config/values.h"
#include "sim/lab/system.h"

namespace mmulab::lab {

/// Everything but the tasks. `needs` is what the workload asks for by itself.
SystemParts system_parts(const config::Values& values, const KernelLimits& needs);

}  // namespace mmulab::lab
