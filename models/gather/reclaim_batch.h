// SPDX-License-Identifier: MIT
// The slot `reclaim` beside a gather: flushes that reclaim puts off, per task. Source: struct tlbflush_unmap_batch,
// set_tlb_ubc_flush_pending, try_to_unmap_flush, flush_tlb_batched_pending of mm/rmap.c (72b252aed506, 2015;
// 3ea277194daa, 2017; 5ee2fa2f0636, 2022). The mm remembers that something is pending, so that who changes ptes and
// finds them gone already can flush: not at all, by a flag, or by counting what was put off and what was flushed.
// Left out: one interrupt for all mms of a batch (here one flush an mm), mms that run on this cpu alone. Cost:
// kernel.cost.batch_note a pte, test_flag a look at the mm, flushes.
#pragma once

#include "models/gather/axes.h"
#include "models/mm/kernel.h"

namespace mmulab {

class ReclaimBatch {
 public:
  ReclaimBatch(World& world, const KernelState& state, Port& port, Batched batched);

  void note(Context& ctx, MmId mm, bool dirty) const;
  void flush(Context& ctx, bool dirty_only) const;
  /// flush_tlb_batched_pending.
  void settle(Context& ctx, MmId mm) const;

 private:
  enum : std::uint32_t { dirty_field, mms_field };
  [[nodiscard]] Cell<bool> dirty(TaskId t) const { return region_.cell<bool>(t.raw(), dirty_field); }
  [[nodiscard]] Cell<std::uint64_t> mms(TaskId t, std::uint32_t word) const {
    return region_.cell<std::uint64_t>(t.raw(), mms_field + word);
  }
  void flush_mm(Context& ctx, MmId mm) const;

  const KernelState& state_;
  Port& port_;
  Batched batched_;
  Region region_;
};

}  // namespace mmulab
