// SPDX-License-Identifier: MIT
// What makes it safe that entries outlive the page-table lock: they are published before the lock is released, and
// whoever must not rely on them flushes them himself. The flusher of an mm reads the others' batches, adds what they
// hold to his own, and leaves theirs alone: that an entry is flushed twice costs time and nothing else. So nobody waits
// for another gather, which may sleep, or want a lock that the waiter holds. Not Linux: modelling.md 5.
// Cost: batch_note for the word of the mm, for a look at each batch and for each entry.
#include "models/gather/axes_strategy.h"

namespace mmulab {
namespace {

const Label publish_label{"gather.publish", "batch_note"};
const Label withdraw_label{"gather.withdraw", "batch_note"};
const Label ask{"gather.ask_unflushed", "batch_note"};
const Label wait_for_flusher{"gather.wait_for_flusher", "batch_note"};

}  // namespace

void AxesStrategy::publish(Context& ctx, MmId mm) {
  if (axes_.fault == DeferralFault::unpublished) return;
  const auto count = unflushed(mm);
  ctx.step(publish_label, writes(count), [&](Access& a) { a.write(count, a.read(count) + 1); });
}

void AxesStrategy::withdraw(Context& ctx, MmId mm) {
  if (axes_.fault == DeferralFault::unpublished) return;
  const auto count = unflushed(mm);
  ctx.step(withdraw_label, writes(count), [&](Access& a) { a.write(count, a.read(count) - 1); });
}

bool AxesStrategy::others_pend(Context& ctx, MmId mm) {
  const auto count = unflushed(mm);
  return ctx.step(ask, reads(count), [&](Access& a) { return a.read(count) != 0; });
}

void AxesStrategy::flush_others(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const std::uint32_t self = owner(ctx);
  bool copied = false;
  for (std::uint32_t other = 0; other < batch_->owners(); ++other) {
    if (other == self) continue;
    const std::uint32_t held = batch_->held_by_other(ctx, other, mm);
    for (std::uint32_t i = 0; i < held; ++i) {
      if (!copied) publish(ctx, mm);
      copied = true;
      batch_->copy(ctx, other, i, self, mm);
      if (!batch_->has_no_room(ctx, self)) continue;
      flush_batch(ctx, FlushReason::full);
      copied = false;
    }
  }
  flush_batch(ctx, FlushReason::end);
}

void AxesStrategy::hash_fault(Context& ctx, MmId mm, VirtPage page) {
  if (!axes_.settles_inserts || !others_pend(ctx, mm)) return;
  const auto count = unflushed(mm);
  if (axes_.fault == DeferralFault::insert_waits)
    return ctx.step_when(
        wait_for_flusher, reads(count), [&](const Access& a) { return a.read(count) == 0; }, [](Access&) {});
  port_.remove_entries(ctx, mm, page, axes_.fault != DeferralFault::one_group);
}

}  // namespace mmulab
