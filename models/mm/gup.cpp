// SPDX-License-Identifier: MIT
// get_user_pages_fast: pins each page of a range. The fast way walks the page tables with interrupts off and without
// any lock: whoever frees a table or a page must wait for that, or the walk must notice. Source: mm/gup.c
// (gup_fast_pte_range: try_grab_folio, then the pmd and the pte are compared with what was read;
// __gup_longterm_locked behind it), today's. The pages are let go at once. Left out: FOLL_WRITE, FOLL_PIN's bias, huge
// entries, O_DIRECT and what else keeps pins. Cost: kernel.cost.table_step a level, page_ref to take and to drop a
// page; the slow way that of a fault.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_root{"gup.read_root", "table_step"};
const Label read_entry{"gup.read_entry", "table_step"};
const Label read_pte{"gup.read_pte", "pte_read"};
const Label try_get{"gup.try_get_page", "page_ref"};
const Label recheck{"gup.recheck", "pte_read"};
const Label follow{"gup.follow_page", "pte_read"};

Event walked(MmId mm, VirtPage page, TableId table, std::size_t level) {
  Event event{EventKind::table_walked};
  event.mm = mm;
  event.page = page;
  event.table = table;
  event.a = level;
  return event;
}

}  // namespace

Outcome Kernel::gup(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::gup, first, pages);
  Outcome outcome = Outcome::ok;
  for (Pages n; n < pages && outcome == Outcome::ok; n += Pages{1}) {
    ctx.learn(n);
    Frame frame = gup_fast(ctx, mm, first + n);
    if (!frame.exists()) outcome = gup_slowly(ctx, mm, first + n, frame);
    if (frame.exists()) put_page(ctx, frame);
  }
  leave(ctx, Call::gup, first, pages);
  return outcome;
}

/// None if something is missing, or has changed meanwhile.
Frame Kernel::gup_fast(Context& ctx, MmId mm, VirtPage page) {
  Conclusion only(ctx);
  locks_.irq_disable(ctx);
  if (walkers_ != nullptr) walkers_->begin_walk(ctx);
  const Frame frame = walk_locklessly(ctx, mm, page);
  if (walkers_ != nullptr) walkers_->end_walk(ctx);
  locks_.irq_enable(ctx);
  return only(frame);
}

Frame Kernel::walk_locklessly(Context& ctx, MmId mm, VirtPage page) {
  const PteLayout& layout = port_.pte();
  const auto root = state_.mm_root(mm);
  TableId table = ctx.step(read_root, reads(root), [&](Access& a) { return a.read(root); });
  Cell<Pte> above;
  Pte upper;
  for (std::size_t level = state_.geometry().levels() - 1; level > 0 && table.exists(); --level) {
    const auto entry = state_.entry(table, state_.geometry().index(page, level));
    upper = ctx.step(read_entry, reads(entry), [&](Access& a) {
      emit(a, walked(mm, page, table, level));
      return a.read(entry);
    });
    above = entry;
    table = layout.is_present(upper) ? TableId{layout.frame(upper).raw()} : TableId::none();
  }
  if (!table.exists()) return Frame::none();
  const auto ptep = state_.entry(table, state_.geometry().index(page, 0));
  const Pte pte = ctx.step(read_pte, reads(ptep), [&](Access& a) {
    emit(a, walked(mm, page, table, 0));
    return a.read(ptep);
  });
  if (!layout.is_present(pte) || layout.is_protnone(pte)) return Frame::none();
  return grab(ctx, {layout.frame(pte), ptep, pte, above, upper});
}

/// A reference to the page, unless it has none any more, or the entries that led to it have changed.
Frame Kernel::grab(Context& ctx, const GupStep& found) {
  const auto refcount = state_.frame(found.frame, FrameFields::refcount);
  const bool taken = !counted(found.frame) || ctx.step(try_get, writes(refcount), [&](Access& a) {
    const std::uint64_t held = a.read(refcount);
    if (held != 0) a.write(refcount, held + 1);
    return held != 0;
  });
  if (!taken) return Frame::none();
  const bool same = ctx.step(recheck, reads(found.above, found.ptep), [&](Access& a) {
    return port_.pte().same(a.read(found.above), found.upper) && port_.pte().same(a.read(found.ptep), found.pte);
  });
  if (same) return found.frame;
  put_page(ctx, found.frame);
  return Frame::none();
}

/// faultin_page and follow_page, under mmap_sem.
Outcome Kernel::gup_slowly(Context& ctx, MmId mm, VirtPage page, Frame& frame) {
  Conclusion only(ctx);
  down_read(ctx, mm);
  VmaRecord vma;
  const bool mapped = find_vma(ctx, mm, page, vma).exists() && vma.first <= page;
  while (mapped && !frame.exists()) {
    const PtePlace place = find_pte(ctx, mm, page);
    if (place.exists) frame = follow_page(ctx, place);
    if (!frame.exists()) handle_fault(ctx, mm, vma, page, AccessKind::load);
  }
  up_read(ctx, mm);
  only(frame);
  return only(mapped ? Outcome::ok : Outcome::bad_address);
}

Frame Kernel::follow_page(Context& ctx, const PtePlace& place) {
  Conclusion only(ctx);
  const PteLayout& layout = port_.pte();
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(follow, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const bool there = layout.is_present(now) && !layout.is_protnone(now);
  const Frame frame = there ? layout.frame(now) : Frame::none();
  if (there && counted(frame)) get_page(ctx, frame);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(frame);
}

}  // namespace mmulab
