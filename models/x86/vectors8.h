// SPDX-License-Identifier: MIT
// x86_64 of Linux 2.6.22: arch/x86_64/kernel/smp.c (flush_tlb_mm, flush_tlb_page, flush_tlb_others,
// smp_invalidate_interrupt, leave_mm) and include/asm-x86_64/mmu_context.h (switch_mm, enter_lazy_tlb), unchanged
// in 2.6.20. Eight slots, slot = sender % 8, each {mask, request, lock} in one cache line for up to 128 cpus; a
// receiver clears its bit in the mask, the sender spins until the mask is empty, with the slot's lock held. No
// PCID: a CR3 write flushes. switch_mm clears the old mm's mask bit before CR3 changes, as it did (E25b). One page
// is an INVLPG everywhere, anything more a reload of CR3, unless machine.x86.flush_ceiling allows more (never in
// history). Left out: cluster-mode sends, LDT, the retry for cpus that go offline. The eight vectors share
// Vector::tlb_flush, with a register a cpu (`irr`) that tells which of them are due; two in flight to one cpu may
// be served by the first. Cost: shootdown_lock, x86_request_write, an ipi_send a target, then the receivers:
// x86_ipi_dispatch, x86_request_read, the flush, x86_acknowledge, and the transfers of the slot's line.
#pragma once

#include "models/mm/interrupts.h"
#include "models/mm/locks.h"
#include "models/x86/shootdown.h"

namespace mmulab::x86 {

class Vectors8 : public ShootdownProtocol {
 public:
  Vectors8(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
           const X86Params& params);
  void init_mm(Context& ctx, MmId mm) override;
  void destroy_mm(Context&, MmId) override {}
  void switch_mm(Context& ctx, MmId prev, MmId next) override;
  void invalidate(Context& ctx, const Invalidation& what) override;
  void on_interrupt(Context& ctx) override;
  [[nodiscard]] MmId owner_of(const World& world, CpuId cpu, std::uint32_t) const override {
    return world.load(mmu_.mm_register(cpu));
  }

 private:
  struct Request {
    bool mine = false;
    bool lazy = false;
    MmId active;
    FlushPlan plan;
  };
  template <class T>
  [[nodiscard]] Cell<T> field(std::uint32_t slot, std::uint32_t n) const {
    return slots_.cell<T>(slot, state_.cpumask_words() + n);
  }
  [[nodiscard]] Cell<std::uint64_t> mask_word(std::uint32_t slot, std::uint32_t w) const {
    return slots_.cell<std::uint64_t>(slot, w);
  }
  [[nodiscard]] Cell<std::uint64_t> mask_word_of(MmId mm, CpuId cpu) const {
    return state_.mm_cpumask(mm, cpu.raw() / 64);
  }
  void clear_mask_bit(Context& ctx, MmId mm);
  void set_mask_bit(Context& ctx, MmId mm);
  void leave_mm(Context& ctx, MmId active);
  void return_from_lazy(Context& ctx, MmId mm);
  void flush_others(Context& ctx, const FlushPlan& plan, const CpuMask& mask, bool wait);
  void publish(Context& ctx, std::uint32_t slot, const FlushPlan& plan, const CpuMask& mask, bool wait);
  void await_acknowledgements(Context& ctx, std::uint32_t slot);
  void serve(Context& ctx, std::uint32_t slot);
  [[nodiscard]] Request read_request(Context& ctx, std::uint32_t slot);

  const KernelState& state_;
  const Machine& machine_;
  const Locks& locks_;
  Mmu& mmu_;
  const X86Params& params_;
  Region slots_;
  Region irr_;
};

}  // namespace mmulab::x86
