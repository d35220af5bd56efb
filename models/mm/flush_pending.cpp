// SPDX-License-Identifier: MIT
// mm->tlb_flush_pending: a pte has changed and its flush is still to come. Source: include/linux/mm_types.h
// (inc_tlb_flush_pending, dec_tlb_flush_pending, mm_tlb_flush_pending, mm_tlb_flush_nested); as a flag in 3.13 to
// 4.13 (set_tlb_flush_pending, clear_tlb_flush_pending). Read under the PTL, whose holder has either opened before or
// has not changed the pte yet; before that was the rule (8b1b436dd1cc) a store barrier kept the flag in front of the
// pte. Cost: kernel.cost.page_ref, an atomic operation on the mm's line; for a flag a store, test_flag, and smp_wmb.
#include "models/mm/barrier.h"
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label open_label{"gather.open", "page_ref", Ordering::atomic};
const Label close_label{"gather.close", "page_ref", Ordering::atomic};
const Label set_label{"flush_pending.set", "test_flag"};
const Label clear_label{"flush_pending.clear", "test_flag"};
const Label look_label{"flush_pending.read", "test_flag"};

}  // namespace

void Kernel::open_flush(Context& ctx, MmId mm) {
  const auto pending = state_.mm_flush_pending(mm);
  if (policy_.flush_pending == FlushPending::flag) {
    ctx.step(set_label, writes(pending), [&](Access& a) { a.write(pending, std::uint64_t{1}); });
    if (policy_.pending_barrier) smp_wmb(ctx);
    return;
  }
  ctx.step(open_label, writes(pending), [&](Access& a) { a.write(pending, a.read(pending) + 1); });
}

void Kernel::close_flush(Context& ctx, MmId mm) {
  const auto pending = state_.mm_flush_pending(mm);
  if (policy_.flush_pending == FlushPending::flag) {
    ctx.step(clear_label, writes(pending), [&](Access& a) { a.write(pending, std::uint64_t{0}); });
    return;
  }
  ctx.step(close_label, writes(pending), [&](Access& a) { a.write(pending, a.read(pending) - 1); });
}

bool Kernel::flush_is_pending(Context& ctx, MmId mm, std::uint64_t own) {
  const auto pending = state_.mm_flush_pending(mm);
  return ctx.step(look_label, reads(pending), [&](Access& a) { return a.read(pending) > own; });
}

}  // namespace mmulab
