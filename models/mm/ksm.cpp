// SPDX-License-Identifier: MIT
// Sharing pages of equal content: try_to_merge_two_pages, try_to_merge_one_page, write_protect_page, replace_page of
// mm/ksm.c. mmap_sem for read, the lock of one page at a time. Both pages become read-only and clean, their contents
// are compared, and the second one's pte shows the first one's frame from then on. Left out: how equal pages are
// found (the caller names two pages of its mm), the trees, stores to the page that is kept. Contents here are words
// that user stores do not change, so pages that were filled alike are equal: what a store in between would have
// changed is the checkers' business. Cost: kernel.cost.compare_pages, what ptes and counts charge.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_pte{"ksm.read_pte", "pte_read"};
const Label count_references{"ksm.count_references", "page_ref"};
const Label mark_stable{"ksm.mark_stable", "page_ref", Ordering::atomic};
const Label compare_label{"ksm.compare", "compare_pages"};

}  // namespace

Outcome Kernel::ksm_merge(Context& ctx, VirtPage keep, VirtPage drop) {
  const Conclusion before(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::ksm_merge, drop, Pages{1});
  down_read(ctx, mm);
  const AnonPage kept = take_page(ctx, mm, keep);
  const AnonPage dropped = take_page(ctx, mm, drop);
  if (kept.exists() && dropped.exists() && kept.frame != dropped.frame && trylock_page(ctx, kept.frame)) {
    Pte now;
    const bool stable = write_protect_page(ctx, mm, keep, kept.frame, now);
    const auto flags = state_.frame(kept.frame, FrameFields::flags);
    if (stable) ctx.step(mark_stable, writes(flags), [&](Access& a) { a.write(flags, a.read(flags) | frame_ksm); });
    unlock_page(ctx, kept.frame);
    if (stable && trylock_page(ctx, dropped.frame)) {
      merge_page(ctx, mm, drop, dropped.frame, kept.frame);
      unlock_page(ctx, dropped.frame);
    }
  }
  before.forget_all_but(kept, dropped);
  if (kept.exists()) give_back(ctx, kept);
  if (dropped.exists()) give_back(ctx, dropped);
  up_read(ctx, mm);
  leave(ctx, Call::ksm_merge, drop, Pages{1});
  return Outcome::ok;
}

void Kernel::merge_page(Context& ctx, MmId mm, VirtPage page, Frame drop, Frame keep) {
  const Conclusion nothing(ctx);
  Pte now;
  if (!write_protect_page(ctx, mm, page, drop, now)) return;
  const auto content = state_.frame(drop, FrameFields::content);
  const auto model = state_.frame(keep, FrameFields::content);
  const bool equal = ctx.step(compare_label, reads(content, model), [&](Access& a) {
    Event event{EventKind::copy_begun};
    event.mm = mm;
    event.page = page;
    event.frame = drop;
    emit(a, event);
    return a.read(content) == a.read(model);
  });
  if (equal) replace_page(ctx, mm, page, now, keep);
}

/// Makes the pte read-only and clean, and gives it in `now`; false if it does not show the page any more, or somebody
/// else holds the page.
bool Kernel::write_protect_page(Context& ctx, MmId mm, VirtPage page, Frame frame, Pte& now) {
  const PteLayout& layout = port_.pte();
  const PtePlace place = find_pte(ctx, mm, page);
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  const auto refcount = state_.frame(frame, FrameFields::refcount);
  Conclusion only(ctx);
  bool quiet = false;
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  if (layout.is_present(now) && layout.frame(now) == frame) {
    const bool changes = (now.raw() & (layout.write | layout.dirty)) != 0 ||
                         (policy_.ksm_heeds_pending && flush_is_pending(ctx, mm));
    const Pte old = changes ? clear_flush(ctx, mm, page, place.pte) : now;
    // The caller's own reference, and one for each mapping.
    quiet = ctx.step(count_references, reads(mapcount, refcount),
                     [&](Access& a) { return a.read(mapcount) + 1 == a.read(refcount); });
    now = quiet ? old.without(layout.write | layout.dirty) : old;
    if (changes) strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::set, now});
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  only(now);
  return only(quiet);
}

/// Shows `frame` instead, if the pte is still as it was seen.
bool Kernel::replace_page(Context& ctx, MmId mm, VirtPage page, Pte seen, Frame frame) {
  Conclusion only(ctx);
  const PteLayout& layout = port_.pte();
  const PtePlace place = find_pte(ctx, mm, page);
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const bool same = layout.same(now, seen);
  if (same) {
    get_page(ctx, frame);
    add_rmap(ctx, frame);
    clear_flush(ctx, mm, page, place.pte);
    const Pte value = layout.make(frame, {false, layout.rights(now).exec}).with(layout.accessed);
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::set, value});
    remove_rmap(ctx, layout.frame(now), false);
    put_page(ctx, layout.frame(now));
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(same);
}

}  // namespace mmulab
