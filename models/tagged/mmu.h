// SPDX-License-Identifier: MIT
// The memory-management unit of a tagged core: radix/mmu.h with an ASID beside the root, and invalidation by (ASID,
// page), by ASID, or of everything, on this cpu or on all. Source: arm64's TTBR0 and TLBI with and without IS; riscv's
// SATP and SFENCE.VMA are the local half. A broadcast has reached every cpu when its step is over; the wait is charged
// at sync(). Left out: TLBI by range, ASIDs that two threads share (CnP). Cost: tagged_l1_hit an access, +
// tagged_stlb_hit from the second level; after a miss tagged_walk_start + tagged_walk_level an entry +
// tagged_ad_assist a locked update; the instructions by their names.
#pragma once

#include "models/radix/mmu.h"
#include "models/tagged/params.h"

namespace mmulab::tagged {

class Mmu : public radix::Mmu {
 public:
  Mmu(const KernelState& state, const Machine& machine, const TaggedParams& params);

  /// Root and ASID at once.
  void load(Context& ctx, MmId mm, std::uint32_t asid);
  /// A root that leads nowhere, and nobody's ASID: what is cached of the mm before is out of reach.
  void load_reserved(Context& ctx);
  void invalidate_page(Context& ctx, std::uint32_t asid, VirtPage page);
  void invalidate_asid(Context& ctx, std::uint32_t asid);
  void invalidate_all(Context& ctx);
  void broadcast_page(Context& ctx, std::uint32_t asid, VirtPage page);
  void broadcast_asid(Context& ctx, std::uint32_t asid);
  void broadcast_all(Context& ctx);
  /// DSB: what this cpu has broadcast is done.
  void sync(Context& ctx);

  [[nodiscard]] std::uint32_t loaded_asid(const Context& ctx) const {
    return static_cast<std::uint32_t>(ctx.world().load(asid_register(ctx.cpu())));
  }
  [[nodiscard]] MmId loaded_mm(const Context& ctx) const { return ctx.world().load(mm_register(ctx.cpu())); }
};

}  // namespace mmulab::tagged
