// SPDX-License-Identifier: MIT
// The x86 architecture port: MMU (mmu.h), pte accessors, and one of two kernels' shootdowns (vectors8.h,
// tlb_gen.h). Source of the accessors: include/asm-x86_64/pgtable.h of 2.6.22 (ptep_get_and_clear is an xchg so
// that a D bit set by hardware meanwhile is not lost; ptep_get_and_clear_full is a plain load and store;
// ptep_set_wrprotect and ptep_test_and_clear_young are locked bit operations; ptep_set_access_flags stores only
// for a write fault). They never flush. The port keeps cpu_active_mm and cpu_lazy of every cpu. Left out:
// paravirt, large-page accessors. Cost: x86_pte_atomic, x86_pte_store.
#pragma once

#include <memory>

#include "models/mm/port.h"
#include "models/x86/shootdown.h"
#include "sim/events/stream.h"

namespace mmulab {

class X86Port : public Port, public CopySource {
 public:
  /// Lays out its state in the World and takes over Vector::tlb_flush. Costs: set_costs(params.cost, table).
  X86Port(const KernelState& state, const Machine& machine, const Locks& locks, KernelInterrupts& interrupts,
          const X86Params& params);

  [[nodiscard]] const char* name() const override { return "x86"; }
  [[nodiscard]] const PteLayout& pte() const override { return layout_; }

  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override;
  Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) override;

  Pte change_pte(Context& ctx, const PteRequest& request) override;
  /// SDM 4.10.2.3: entries with P = 0 or A = 0 are never cached. Present is asked for, not accessed, since
  /// hardware may set A between this look and the next.
  [[nodiscard]] bool may_be_cached(Pte old) const override { return layout_.is_present(old); }
  void update_mmu_cache(Context&, MmId, VirtPage, Pte, AccessKind) override {}

  void init_mm(Context& ctx, MmId mm) override { protocol_->init_mm(ctx, mm); }
  void destroy_mm(Context& ctx, MmId mm) override { protocol_->destroy_mm(ctx, mm); }
  void switch_mm(Context& ctx, MmId prev, MmId next) override { protocol_->switch_mm(ctx, prev, next); }
  void after_fault(Context&, MmId) override {}

  void invalidate(Context& ctx, const Invalidation& what) override;
  [[nodiscard]] const char* refuses(Invalidation::Scope) const override { return nullptr; }
  [[nodiscard]] bool moves_tables() const override { return true; }
  [[nodiscard]] bool shares_tables() const override { return true; }

  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const override;
  void list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const override;
  [[nodiscard]] x86::Mmu& mmu() { return mmu_; }
  [[nodiscard]] const x86::Mmu& mmu() const { return mmu_; }

 private:
  const Machine& machine_;
  X86Params params_;
  PteLayout layout_;
  x86::Mmu mmu_;
  std::unique_ptr<x86::ShootdownProtocol> protocol_;
};

}  // namespace mmulab
