// SPDX-License-Identifier: MIT
// Today's x86 kernel (6.x): arch/x86/mm/tlb.c (switch_mm_irqs_off, choose_new_asid, flush_tlb_mm_range,
// flush_tlb_func, should_flush_tlb, enter_lazy_tlb, broadcast_tlb_flush) and kernel/smp.c
// (smp_call_function_many_cond, flush_smp_call_function_queue, csd_lock). Every mm counts its flush requests
// (tlb_gen); every cpu remembers, for each of its six ASIDs, which mm it holds (ctx_id, never reused) and up to
// which generation it is clean. PCID = ASID + 1. A cpu sets its mask bit before it reads tlb_gen, with loaded_mm =
// SWITCHING in between; it does not clear the bit when it leaves (clear_mask_on_switch: it did, until 6.13): a
// receiver that runs something else does. Lazy cpus are not interrupted unless page tables were freed; they look
// at tlb_gen when they come back. Left out: PTI and user PCIDs, mask trimming, LAM, mitigations, the FIFO reversal
// of the call queue (newest request first here), init_mm's own ASID slot (the kernel's tables are PCID 0), the
// transition to a global ASID (with broadcast every mm has one from the start). Cost: x86_tlb_gen_atomic,
// x86_target_check + x86_queue_add a target, an ipi_send each, the receivers' x86_queue_take, flush and
// x86_acknowledge (a line of its own for each pair), the wait.
#pragma once

#include "models/mm/interrupts.h"
#include "models/mm/locks.h"
#include "models/machine/smp_call.h"
#include "models/x86/shootdown.h"

namespace mmulab::x86 {

class TlbGen : public ShootdownProtocol {
 public:
  static constexpr std::uint32_t asids_max = 8;
  TlbGen(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu, const X86Params& params);
  void init_mm(Context& ctx, MmId mm) override;
  void destroy_mm(Context& ctx, MmId mm) override;
  void switch_mm(Context& ctx, MmId prev, MmId next) override;
  void invalidate(Context& ctx, const Invalidation& what) override;
  void on_interrupt(Context& ctx) override;
  [[nodiscard]] MmId owner_of(const World& world, CpuId cpu, std::uint32_t pcid) const override;

  /// cpu_tlbstate.loaded_mm between two mms.
  static constexpr MmId switching{0xffff'fffeU};
  [[nodiscard]] Cell<MmId> loaded_mm(CpuId cpu) const { return tlbstate_.cell<MmId>(cpu.raw(), 0); }
  [[nodiscard]] Cell<std::uint64_t> loaded_asid(CpuId cpu) const {
    return tlbstate_.cell<std::uint64_t>(cpu.raw(), 1);
  }
  [[nodiscard]] Cell<std::uint64_t> asid_ctx(CpuId cpu, std::uint32_t asid) const {
    return tlbstate_.cell<std::uint64_t>(cpu.raw(), ctxs + 2 * asid);
  }
  [[nodiscard]] Cell<std::uint64_t> asid_gen(CpuId cpu, std::uint32_t asid) const {
    return tlbstate_.cell<std::uint64_t>(cpu.raw(), ctxs + 2 * asid + 1);
  }

 private:
  static constexpr std::uint32_t ctxs = 8;
  /// flush_tlb_info.
  struct Info {
    FlushPlan plan;
    std::uint64_t new_gen = 0;
    bool freed_tables = false;
  };
  struct Asid {
    std::uint32_t number = 0;
    bool need_flush = true;
  };
  [[nodiscard]] std::uint32_t pcid_of(MmId mm, std::uint32_t asid) const;

  // switching
  void enter_lazy(Context& ctx);
  void load(Context& ctx, MmId next, Asid asid, std::uint64_t gen);
  void load_kernel_tables(Context& ctx);
  [[nodiscard]] Asid choose_asid(Context& ctx, MmId next, std::uint64_t gen);
  [[nodiscard]] std::uint64_t read_gen(Context& ctx, MmId mm);
  void clear_mask_bit(Context& ctx, MmId mm);
  bool set_mask_bit(Context& ctx, MmId mm);
  void set_loaded(Context& ctx, MmId mm, std::uint64_t asid);

  // initiator
  void flush_many(Context& ctx, const Info& info, CpuMask targets, bool wait);
  void broadcast(Context& ctx, const Info& info);
  void write_info(Context& ctx, const Info& info);
  [[nodiscard]] bool should_flush(Context& ctx, CpuId target, const Info& info);
  void flush_this_cpu(Context& ctx, const Info& info);

  // receiver
  void flush_function(Context& ctx, const Info& info);
  [[nodiscard]] static SmpCall::Payload payload_of(const Info& info, bool wait);
  [[nodiscard]] Info read_info(Context& ctx, CpuId sender, const SmpCall::Payload& payload);

  const KernelState& state_;
  const Locks& locks_;
  Mmu& mmu_;
  const X86Params& params_;
  Region tlbstate_;
  Region infos_;
  SmpCall calls_;
  Region last_ctx_id_;
};

}  // namespace mmulab::x86
