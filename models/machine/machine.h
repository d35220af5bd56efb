// SPDX-License-Identifier: MIT
// What a port is given of the machine it runs on: the hardware that all architectures share.
#pragma once

#include "models/machine/cost_table.h"
#include "models/machine/ipi_fabric.h"
#include "models/machine/lines.h"
#include "models/machine/tlb.h"
#include "models/machine/topology.h"

namespace mmulab {

/// References to the parts; the laboratory owns them. `lines` is null when explored (nothing is timed there).
struct Machine {
  World& world;
  const Topology& topology;
  const CostTable& costs;
  IpiSender& ipi;
  Lines* lines = nullptr;
};

}  // namespace mmulab
