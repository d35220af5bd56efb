// SPDX-License-Identifier: MIT
// Page frames: the zone's free list, references, map counts. Source: mm/page_alloc.c, mm/swap.c
// (release_pages), mm/rmap.c, reduced. Left out: per-cpu page lists (so the zone lock is taken for every single
// page, and once a pagevec of 14 when a gather frees), NUMA, reclaim. Cost: kernel.cost.page_allocate, page_free,
// page_ref, page_rmap, clear_page.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label take{"zone.allocate", "page_allocate"};
const Label give{"zone.free", "page_free"};
const Label reference{"page.get", "page_ref", Ordering::atomic};
const Label dereference{"page.put", "page_ref", Ordering::full};
const Label map_count{"page.add_rmap", "page_rmap", Ordering::atomic};
const Label unmap_count{"page.remove_rmap", "page_rmap", Ordering::full};
const Label rss_count{"mm.count_rss", "page_ref", Ordering::atomic};
const Label read_list{"gather.read_page", "page_ref"};
const Label short_of_memory{"zone.allocate_atomic", "page_allocate"};

constexpr std::uint32_t pagevec_size = 14;

Event frame_event(EventKind kind, Frame frame) {
  Event event{kind};
  event.frame = frame;
  return event;
}

}  // namespace

Frame Kernel::allocate_page(Context& ctx, const PageOwner& owner) {
  Conclusion only(ctx);
  locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
  const auto head = state_.frame_free_head();
  const Frame frame = ctx.step(take, reads(head), [&](Access& a) { return a.read(head); });
  MMULAB_ASSERT(frame.exists(), "the plan of the workload counted all frames");
  const auto next = state_.frame_next_free(frame);
  const auto refcount = state_.frame(frame, FrameFields::refcount);
  const auto flags = state_.frame(frame, FrameFields::flags);
  const auto left = state_.frames_free();
  ctx.step(take, writes(head, refcount, flags, left).reads(next), [&](Access& a) {
    a.write(head, a.read(next));
    a.write(left, a.read(left) - 1);
    a.write(refcount, std::uint64_t{1});
    a.write(flags, std::uint64_t{0});
    Event event = frame_event(EventKind::frame_allocated, frame);
    event.mm = owner.mm;
    event.page = owner.page;
    event.a = owner.device ? 1 : 0;
    emit(a, event);
  });
  locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
  return only(frame);
}

bool Kernel::allocates_atomically(Context& ctx) {
  switch (policy_.atomic_allocation) {
    case AtomicAllocation::succeeds: return true;
    case AtomicAllocation::fails: return false;
    case AtomicAllocation::either: break;
  }
  return ctx.choose(short_of_memory, 2) == 0;
}

void Kernel::get_page(Context& ctx, Frame frame) {
  const auto refcount = state_.frame(frame, FrameFields::refcount);
  ctx.step(reference, tallies(refcount), [&](Access& a) { a.tally(refcount, std::uint64_t{1}); });
}

/// True if that was the last reference. One that nobody held is reported and not dropped, so that the frame is not
/// freed twice and the run can go on.
static bool drop_reference(const KernelState& state, Context& ctx, Frame frame) {
  const auto refcount = state.frame(frame, FrameFields::refcount);
  return ctx.step(dereference, tallies(refcount), [&](Access& a) {
    const std::uint64_t left = a.tally(refcount, ~std::uint64_t{0});
    if (left != ~std::uint64_t{0}) return left == 0;
    a.tally(refcount, std::uint64_t{1});
    emit(a, frame_event(EventKind::frame_overput, frame));
    return false;
  });
}

/// zone_lock held.
static void push_free(const KernelState& state, Context& ctx, Frame frame) {
  const auto head = state.frame_free_head();
  const auto next = state.frame_next_free(frame);
  const auto generation = state.frame(frame, FrameFields::generation);
  const auto left = state.frames_free();
  ctx.step(give, writes(head, next, generation, left), [&](Access& a) {
    a.write(next, a.read(head));
    a.write(head, frame);
    a.add(left, std::uint64_t{1});
    a.add(generation, std::uint64_t{1});
    emit(a, frame_event(EventKind::frame_freed, frame));
  });
}

void Kernel::put_page(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  if (!counted(frame) || !drop_reference(state_, ctx, frame)) return;
  locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
  push_free(state_, ctx, frame);
  locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
}

void Kernel::put_pages(Context& ctx, Location list, std::uint32_t count) {
  const Conclusion nothing(ctx);
  for (std::uint32_t begin = 0; begin < count; begin += pagevec_size) {
    const std::uint32_t end = std::min(count, begin + pagevec_size);
    bool locked = false;
    for (std::uint32_t i = begin; i < end; ++i) {
      const Cell<Frame> entry{Location{list.raw() + i}};
      const Frame frame = ctx.step(read_list, reads(entry), [&](Access& a) { return a.read(entry); });
      if (!counted(frame) || !drop_reference(state_, ctx, frame)) continue;
      if (!locked) locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
      locked = true;
      push_free(state_, ctx, frame);
    }
    if (locked) locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
  }
}

void Kernel::count_rss(Context& ctx, MmId mm, std::int64_t change) {
  const auto rss = state_.mm_rss(mm);
  ctx.step(rss_count, counts(rss), [&](Access& a) { a.count(rss, static_cast<std::uint64_t>(change)); });
}

void Kernel::add_rmap(Context& ctx, Frame frame) {
  if (!counted(frame)) return;
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  ctx.step(map_count, counts(mapcount), [&](Access& a) { a.count(mapcount, std::uint64_t{1}); });
}

void Kernel::remove_rmap(Context& ctx, Frame frame, bool dirty) {
  const Conclusion nothing(ctx);
  if (!counted(frame)) return;
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  const auto flags = state_.frame(frame, FrameFields::flags);
  Footprint touched = counts(mapcount);
  if (dirty) touched.writes(flags);
  ctx.step(unmap_count, touched, [&](Access& a) {
    a.count(mapcount, ~std::uint64_t{0});
    if (dirty) mark_dirty(a, frame);
  });
}

}  // namespace mmulab
