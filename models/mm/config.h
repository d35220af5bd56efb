// SPDX-License-Identifier: MIT
// The kernel's part of the configuration: version policies, named costs, limits.
#pragma once

#include <functional>
#include <string>

#include "models/mm/policy.h"
#include "models/mm/state.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_kernel(config::Schema& schema);
KernelPolicy kernel_policy(const config::Values& values);
/// Hands every kernel cost to `set`, by the name that labels use.
void kernel_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set);

}  // namespace mmulab
