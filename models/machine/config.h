// SPDX-License-Identifier: MIT
// The architecture-independent part of the machine's configuration.
#pragma once

#include "models/machine/ipi_fabric.h"
#include "models/machine/lines.h"
#include "models/machine/memory_system.h"
#include "models/machine/topology.h"
#include "models/mm/geometry.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab {

void describe_machine(config::Schema& schema);
TableGeometry table_geometry(const config::Values& values);
Topology topology(const config::Values& values);
LineCosts line_costs(const config::Values& values);
IpiCosts ipi_costs(const config::Values& values);
MemoryTargetOptions memory_options(const config::Values& values);

}  // namespace mmulab
