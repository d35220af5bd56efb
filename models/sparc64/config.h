// SPDX-License-Identifier: MIT
// The sparc64 part of the configuration: machine.sparc64 (hardware and its costs) and kernel.sparc64 (software).
#pragma once

#include <functional>
#include <string>

#include "models/sparc64/port.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_sparc64(config::Schema& schema);
Sparc64Params sparc64_params(const config::Values& values);
void sparc64_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set);

}  // namespace mmulab
