// SPDX-License-Identifier: MIT
// Reclaim of anonymous pages: shrink_page_list of mm/vmscan.c, try_to_unmap_one of mm/rmap.c. No mmap_sem: pages are
// found by their frame. Under the page's lock every pte becomes a swap entry (or nothing, for a lazily freed page
// that is still clean); the flushes may wait for each other (Strategy::rmap_note), until the page is written out if a
// pte was dirty, until pages are freed in any case. The swap area answers at once, so the page is freed in the same
// pass. Left out: which pages are old (the caller names them, of its mm), the LRU lists, files, asynchronous
// writeback, huge pages. Cost: kernel.cost.swap_io a page, what ptes and counts charge.
#include "models/mm/anon_rmap.h"

namespace mmulab {
namespace {

const Label test_flags{"reclaim.test_page", "page_ref"};
const Label write_out{"swap.write", "swap_io"};
const Label forget_page{"swap.forget_page", "page_cache", Ordering::full};
const Label drop_page{"reclaim.drop_page", "page_ref"};
const Label keep_page{"reclaim.keep_page", "page_ref", Ordering::atomic};

Event frame_event(EventKind kind, Frame frame, std::uint64_t a = 0) {
  Event event{kind};
  event.frame = frame;
  event.a = a;
  return event;
}

}  // namespace

Outcome Kernel::discard(Context& ctx, VirtPage first, Pages pages) {
  return reclaim(ctx, Call::discard, first, pages);
}

Outcome Kernel::reclaim_anon(Context& ctx, VirtPage first, Pages pages) {
  return reclaim(ctx, Call::reclaim_anon, first, pages);
}

Outcome Kernel::reclaim(Context& ctx, Call call, VirtPage first, Pages pages) {
  const Conclusion before(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, call, first, pages);
  ReclaimList list;
  for (VirtPage page = first; page < first + pages; page = page + Pages{1}) {
    before.forget_all_but(page, list);
    down_read(ctx, mm);
    const AnonPage anon = take_page(ctx, mm, page);
    up_read(ctx, mm);
    if (!anon.exists()) continue;
    bool gone = false;
    if (trylock_page(ctx, anon.frame)) {
      gone = call == Call::discard ? discard_one(ctx, anon) : swap_out(ctx, anon);
      unlock_page(ctx, anon.frame);
    }
    if (gone) list.frames[list.count++] = anon.frame;
    else give_back(ctx, anon);
    if (list.count == list.frames.size()) free_reclaimed(ctx, call, list);
  }
  before.forget_all_but(list);
  free_reclaimed(ctx, call, list);
  before.forget_all_but();
  leave(ctx, call, first, pages);
  return Outcome::ok;
}

void Kernel::free_reclaimed(Context& ctx, Call call, ReclaimList& list) {
  if (list.count != 0 && policy_.reclaim_flushes_before_free) strategy_.rmap_flush(ctx, false);
  const std::uint64_t backing = call == Call::discard ? 2 : 1;
  for (std::uint32_t n = 0; n < list.count; ++n) {
    const Frame frame = list.frames[n];
    ctx.step(drop_page, Footprint{},
             [&](Access& a) { emit(a, frame_event(EventKind::page_discarded, frame, backing)); });
    put_page(ctx, frame);
  }
  list.count = 0;
}

/// A lazily freed page is dropped, unless a pte is dirty: then its owner has stored to it since, and keeps it.
bool Kernel::discard_one(Context& ctx, const AnonPage& anon) {
  Conclusion only(ctx);
  const PteLayout& layout = port_.pte();
  const auto flags = state_.frame(anon.frame, FrameFields::flags);
  const auto test = [&](Access& a) { return (a.read(flags) & frame_lazyfree) != 0; };
  if (!ctx.step(test_flags, reads(flags), test)) return only(false);
  bool clean = true;
  for_each_mapping(ctx, anon, [&](const Mapping& at) {
    if (!layout.is_present(at.now) || layout.frame(at.now) != anon.frame) return true;
    const Pte old = clear_deferred(ctx, at);
    clean = !old.has(layout.dirty);
    if (clean) {
      count_rss(ctx, at.mm, -1);
      unmap_one(ctx, at, anon, Pte{});
      return true;
    }
    strategy_.pte_op(ctx, nullptr, {at.mm, at.page, at.place.pte, PteAction::set, old});
    ctx.step(keep_page, writes(flags), [&](Access& a) {
      a.write(flags, a.read(flags) & ~std::uint64_t{frame_lazyfree});
      emit(a, frame_event(EventKind::page_dirtied, anon.frame));
    });
    return false;
  });
  only.forget_all_but(clean);
  return only(clean && only_reference(ctx, anon.frame));
}

/// False if the page stays: it is lazily freed, shared by KSM, or mapped no more.
bool Kernel::swap_out(Context& ctx, const AnonPage& anon) {
  Conclusion only(ctx);
  const PteLayout& layout = port_.pte();
  const auto flags = state_.frame(anon.frame, FrameFields::flags);
  const auto test = [&](Access& a) { return (a.read(flags) & (frame_lazyfree | frame_ksm)) == 0; };
  if (!ctx.step(test_flags, reads(flags), test)) return only(false);
  const std::uint64_t slot = allocate_slot(ctx, anon.frame);
  bool unmapped = false;
  for_each_mapping(ctx, anon, [&](const Mapping& at) {
    if (!layout.is_present(at.now) || layout.frame(at.now) != anon.frame) return true;
    unmapped = true;
    const Pte old = clear_deferred(ctx, at);
    duplicate_slot(ctx, slot);
    count_rss(ctx, at.mm, -1);
    unmap_one(ctx, at, anon, layout.entry(EntryKind::swap, slot, old.without(layout.write | layout.dirty)));
    return true;
  });
  only.forget_all_but(slot, unmapped);
  if (unmapped) {
    if (policy_.reclaim_flushes_before_io) strategy_.rmap_flush(ctx, true);
    const auto content = state_.frame(anon.frame, FrameFields::content);
    const auto stored = state_.swap_content(slot);
    ctx.step(write_out, writes(stored).reads(content), [&](Access& a) {
      a.write(stored, a.read(content));
      emit(a, frame_event(EventKind::page_cleaned, anon.frame));
      emit(a, frame_event(EventKind::page_written, anon.frame));
    });
  }
  const auto page = state_.swap_page(slot);
  ctx.step(forget_page, writes(page), [&](Access& a) { a.write(page, Frame::none()); });
  free_slot(ctx, slot);
  return only(unmapped);
}

}  // namespace mmulab
