// SPDX-License-Identifier: MIT
// The memory-management unit of every x86 core: radix/mmu.h, with x86's registers and the instructions that
// invalidate. Source: Intel SDM vol. 3, 4.10.4; vol. 2, INVLPG, INVPCID, MOV to CR3; AMD64 vol. 3, INVLPGB, TLBSYNC.
// Left out: PTI. Cost: x86_l1_hit an access, + x86_stlb_hit from the second level; after a miss x86_walk_start +
// x86_walk_level an entry + x86_ad_assist a locked update; the instructions by their names.
#pragma once

#include "models/radix/mmu.h"
#include "models/x86/params.h"
#include "models/x86/pte_bits.h"

namespace mmulab::x86 {

enum class InvpcidType : std::uint8_t { address = 0, context = 1, all = 2, all_non_global = 3 };

class Mmu : public radix::Mmu {
 public:
  Mmu(const KernelState& state, const Machine& machine, const X86Params& params);

  /// MOV to CR3: the tables of `mm`, or the kernel's own if there is none. `flush` is the complement of bit 63.
  void load_cr3(Context& ctx, MmId mm, std::uint32_t pcid, bool flush);
  /// MOV of CR3 to itself: the non-global entries of the current PCID.
  void flush_current(Context& ctx);
  void invlpg(Context& ctx, VirtPage page);
  void invpcid(Context& ctx, InvpcidType type, std::uint32_t pcid, VirtPage page);
  /// INVLPGB with VA and PCID set: [first, first + pages), or the whole PCID if `pages` is 0, on every core.
  void invlpgb(Context& ctx, std::uint32_t pcid, VirtPage first, std::uint32_t pages);
  void tlbsync(Context& ctx);

  [[nodiscard]] Cell<std::uint64_t> pcid_register(CpuId cpu) const { return asid_register(cpu); }

 private:
  [[nodiscard]] std::uint32_t current_pcid(const Context& ctx) const {
    return static_cast<std::uint32_t>(ctx.world().load(pcid_register(ctx.cpu())));
  }
  const X86Params& params_;
};

}  // namespace mmulab::x86
