// SPDX-License-Identifier: MIT
// What both kernels' shootdowns share: which translations must die, and how a cpu kills them in its own core. The
// rest (who is asked, how it is asked, how a cpu says that it is done, what a lazy cpu does) is a protocol:
// vectors8.h (x86_64 2.6.22) and tlb_gen.h (6.x). Both also switch address spaces, since the mask and the tag are
// halves of one protocol. Cost: x86_invlpg a page, x86_cr3_flush for everything.
#pragma once

#include "models/machine/cpu_mask.h"
#include "models/radix/flush_plan.h"
#include "models/x86/mmu.h"

namespace mmulab::x86 {

/// Kills what `plan` names under this cpu's current PCID.
void flush_locally(Context& ctx, Mmu& mmu, const FlushPlan& plan);

class ShootdownProtocol {
 public:
  virtual ~ShootdownProtocol() = default;
  virtual void init_mm(Context& ctx, MmId mm) = 0;
  virtual void destroy_mm(Context& ctx, MmId mm) = 0;
  virtual void switch_mm(Context& ctx, MmId prev, MmId next) = 0;
  virtual void invalidate(Context& ctx, const Invalidation& what) = 0;
  /// Handler of Vector::tlb_flush; interrupts off.
  virtual void on_interrupt(Context& ctx) = 0;
  /// Whose translations `cpu` keeps under `pcid`; for the census.
  [[nodiscard]] virtual MmId owner_of(const World& world, CpuId cpu, std::uint32_t pcid) const = 0;
};

}  // namespace mmulab::x86
