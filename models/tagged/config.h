// SPDX-License-Identifier: MIT
// The tagged part of the configuration: machine.tagged (TLBs, ASIDs, costs) and kernel.tagged (software, its faults).
#pragma once

#include <functional>
#include <string>

#include "models/tagged/port.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_tagged(config::Schema& schema);
TaggedParams tagged_params(const config::Values& values);
void tagged_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set);

}  // namespace mmulab
