// SPDX-License-Identifier: MIT
#include "models/gather/reclaim_batch.h"

namespace mmulab {
namespace {

const Label note_label{"reclaim.note", "batch_note"};
const Label tell_mm{"reclaim.tell_mm", "page_ref", Ordering::full};
const Label look{"reclaim.read_batch", "test_flag"};
const Label take{"reclaim.take_mms", "test_flag"};
const Label ask_mm{"reclaim.ask_mm", "test_flag"};
const Label forget{"reclaim.settled", "page_ref", Ordering::full};

/// mm_flush_batched, if it counts: put off in the low half, flushed in the high one.
constexpr std::uint64_t low_half = 0xffff'ffff;
constexpr std::uint64_t put_off(std::uint64_t word) { return word & low_half; }
constexpr std::uint64_t flushed(std::uint64_t word) { return word >> 32; }

}  // namespace

ReclaimBatch::ReclaimBatch(World& world, const KernelState& state, Port& port, Batched batched)
    : state_(state),
      port_(port),
      batched_(batched),
      region_(world.allocate("reclaim.batch", state.limits().tasks, mms_field + state.limits().mms / 64 + 1,
                             Coherence::memory)) {
  world.assign(region_, {Owner::task, state.limits().tasks});
}

void ReclaimBatch::note(Context& ctx, MmId mm, bool is_dirty) const {
  const auto mask = mms(ctx.task(), mm.raw() / 64);
  const auto some_dirty = dirty(ctx.task());
  ctx.step(note_label, writes(mask, some_dirty), [&](Access& a) {
    a.write(mask, a.read(mask) | std::uint64_t{1} << (mm.raw() % 64));
    if (is_dirty) a.write(some_dirty, true);
  });
  if (batched_ == Batched::none) return;
  const auto word = state_.mm_flush_batched(mm);
  ctx.step(tell_mm, writes(word), [&](Access& a) {
    const std::uint64_t old = a.read(word);
    a.write(word, batched_ == Batched::flag ? 1 : flushed(old) << 32 | ((put_off(old) + 1) & low_half));
  });
}

void ReclaimBatch::flush(Context& ctx, bool dirty_only) const {
  const Conclusion nothing(ctx);
  const auto some_dirty = dirty(ctx.task());
  if (dirty_only && !ctx.step(look, reads(some_dirty), [&](Access& a) { return a.read(some_dirty); })) return;
  for (std::uint32_t w = 0; w <= state_.limits().mms / 64; ++w) {
    const auto mask = mms(ctx.task(), w);
    const std::uint64_t pending = ctx.step(take, writes(mask, some_dirty), [&](Access& a) {
      a.write(some_dirty, false);
      return a.exchange(mask, std::uint64_t{0});
    });
    for (std::uint32_t bit = 0; bit < 64; ++bit)
      if ((pending >> bit & 1) != 0) flush_mm(ctx, MmId{std::uint64_t{w} * 64 + bit});
  }
}

void ReclaimBatch::flush_mm(Context& ctx, MmId mm) const {
  const Conclusion nothing(ctx);
  Invalidation what;
  what.mm = mm;
  what.end = VirtPage{} + state_.geometry().user_pages();
  what.reason = FlushReason::classic;
  port_.invalidate(ctx, what);
}

void ReclaimBatch::settle(Context& ctx, MmId mm) const {
  const Conclusion nothing(ctx);
  if (batched_ == Batched::none) return;
  const auto word = state_.mm_flush_batched(mm);
  const std::uint64_t seen = ctx.step(ask_mm, reads(word), [&](Access& a) { return a.read(word); });
  if (batched_ == Batched::flag ? seen == 0 : put_off(seen) == flushed(seen)) return;
  flush_mm(ctx, mm);
  ctx.step(forget, writes(word), [&](Access& a) {
    if (batched_ == Batched::flag) a.write(word, std::uint64_t{0});
    // cmpxchg: whatever was put off meanwhile stays pending.
    else if (a.read(word) == seen) a.write(word, put_off(seen) << 32 | put_off(seen));
  });
}

}  // namespace mmulab
