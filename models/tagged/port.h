// SPDX-License-Identifier: MIT
// A generic machine with hardware-walked page tables and a TLB whose entries carry an ASID that all cpus agree on:
// the lab's stand-in for arm, arm64, riscv, ia64 and xtensa. Source: arch/arm64/include/asm/{mmu_context,tlbflush}.h
// (broadcast), arch/riscv/mm/{context,tlbflush}.c (IPIs to mm_cpumask), arch/arm of 2.6.22 (versions);
// docs/models/tagged.md. A kernel thread keeps root and ASID of the mm before it; a switch back to that mm loads
// nothing. Left out: kernel and user halves, KPTI, pinned ASIDs, break-before-make, weak ordering of walks and
// invalidations. Cost: tagged_root_load a switch, tagged_cpumask_atomic where a mask is kept; a flush
// tagged_flush_setup, then tagged_broadcast_* and tagged_broadcast_sync, or IPIs (machine/smp_call.h) and
// tagged_invalidate_*.
#pragma once

#include <memory>

#include "models/machine/smp_call.h"
#include "models/mm/interrupts.h"
#include "models/radix/flush_plan.h"
#include "models/tagged/asids.h"

namespace mmulab {

class TaggedPort : public Port, public CopySource {
 public:
  /// Lays out its state in the World and takes over Vector::tlb_flush. Costs: set_costs(params.cost, table).
  TaggedPort(const KernelState& state, const Machine& machine, const Locks& locks, KernelInterrupts& interrupts,
             const TaggedParams& params);

  [[nodiscard]] const char* name() const override { return "tagged"; }
  [[nodiscard]] const PteLayout& pte() const override { return layout_; }

  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override;
  Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) override;

  Pte change_pte(Context& ctx, const PteRequest& request) override;
  [[nodiscard]] bool may_be_cached(Pte old) const override { return layout_.is_present(old); }
  void update_mmu_cache(Context&, MmId, VirtPage, Pte, AccessKind) override {}

  void init_mm(Context& ctx, MmId mm) override;
  /// A dead mm's ASID is nobody's until the next rollover.
  void destroy_mm(Context&, MmId) override {}
  void switch_mm(Context& ctx, MmId prev, MmId next) override;
  void after_fault(Context&, MmId) override {}

  void invalidate(Context& ctx, const Invalidation& what) override;
  [[nodiscard]] const char* refuses(Invalidation::Scope) const override { return nullptr; }
  [[nodiscard]] bool shares_tables() const override { return true; }

  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const override;
  void list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const override;
  [[nodiscard]] tagged::Mmu& mmu() { return mmu_; }
  [[nodiscard]] const tagged::Mmu& mmu() const { return mmu_; }
  [[nodiscard]] tagged::AsidAllocator& asids() { return *asids_; }

 private:
  [[nodiscard]] bool keeps_masks() const {
    return params_.invalidation == TaggedInvalidation::ipi || params_.allocator == AsidAllocation::versions;
  }
  /// Sets this cpu's bit in the mm's mask; true if it was set.
  bool mark_running(Context& ctx, MmId mm);
  void clear_mask(Context& ctx, MmId mm);

  // flush.cpp
  [[nodiscard]] bool samples_first(PteAction action) const;
  void sample_asid(Context& ctx, MmId mm);
  [[nodiscard]] std::uint32_t begin_flush(Context& ctx, const Invalidation& what, const radix::FlushPlan& plan);
  void flush_by_broadcast(Context& ctx, const radix::FlushPlan& plan, std::uint32_t asid);
  void flush_by_ipi(Context& ctx, const radix::FlushPlan& plan, std::uint32_t asid, bool wait);
  void flush_here(Context& ctx, const radix::FlushPlan& plan, std::uint32_t asid);
  void on_interrupt(Context& ctx);
  [[nodiscard]] Cell<tagged::ContextId> sampled(TaskId task) const {
    return samples_.cell<tagged::ContextId>(task.raw());
  }

  const KernelState& state_;
  const Machine& machine_;
  const Locks& locks_;
  TaggedParams params_;
  PteLayout layout_;
  tagged::Mmu mmu_;
  std::unique_ptr<tagged::AsidAllocator> asids_;
  SmpCall calls_;
  Region samples_;  ///< asid_read_before_clear: what a task has read
};

}  // namespace mmulab
