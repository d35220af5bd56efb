// SPDX-License-Identifier: MIT
// The ppc64 part of the configuration: machine.ppc64 (hardware and its costs) and kernel.ppc64 (low-level
// software).
#pragma once

#include <functional>
#include <string>

#include "models/ppc64/port.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_ppc64(config::Schema& schema);
Ppc64Params ppc64_params(const config::Values& values);
void ppc64_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set);

}  // namespace mmulab
