// SPDX-License-Identifier: MIT
// The x86 part of the configuration: machine.x86 (TLBs, walk caches, features, costs) and kernel.x86 (the shootdown).
#pragma once

#include <functional>
#include <string>

#include "models/x86/pte_bits.h"
#include "models/x86/port.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_x86(config::Schema& schema);
X86Params x86_params(const config::Values& values);
void x86_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set);

}  // namespace mmulab
