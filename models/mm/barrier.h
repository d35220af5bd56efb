// SPDX-License-Identifier: MIT
// Memory barriers that kernel code calls by name (include/asm-generic/barrier.h, Documentation/memory-barriers.txt).
// What an atomic operation, a lock or an instruction that serialises orders by itself its own label says
// (sim/exec/label.h). There is no smp_rmb: under every model here loads are made in their order. Cost:
// kernel.cost.smp_mb, smp_wmb; under check nothing but their effect (sim/exec/store_buffers.h).
#pragma once

#include "sim/exec/context.h"

namespace mmulab {

/// Every earlier store is visible before any later load or store is made.
void smp_mb(Context& ctx);
/// Every earlier store is visible before any later store is. Nothing to do where stores keep their order (tso).
void smp_wmb(Context& ctx);

}  // namespace mmulab
