// SPDX-License-Identifier: MIT
// mremap: a range moves to another place of its mm. Source: mm/mremap.c (sys_mremap with MREMAP_FIXED, move_vma,
// move_page_tables, move_ptes, move_normal_pmd) of 2.6.22 and its successors; when the old place is flushed, and
// whether the rmap locks are taken, is policy. mmap_sem for write. The destination is unmapped first, the emptied
// source last. A walk of the reverse map that looks at the old place before the new one sees each page in one of them
// at least. Linux gets that order from its tree, the model from the addresses (38a76013ad80), else the rmap locks are
// needed. Left out: growing, shrinking, MREMAP_DONTUNMAP. Cost: that of the accessors, kernel.cost.pte_read
// a pte.
#include <algorithm>

#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label read_pte{"mremap.read_pte", "pte_read"};
const Label read_entry{"mremap.read_entry", "table_step"};
const Label clear_entry{"mremap.clear_entry", "table_step"};
const Label set_entry{"mremap.set_entry", "table_step"};
}  // namespace

Outcome Kernel::mremap(Context& ctx, VirtPage from, Pages pages, VirtPage to) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::mremap, from, pages);
  down_write(ctx, mm);
  VmaRecord vma;
  if (!has_room(ctx, mm, 5)) {
    up_write(ctx, mm);
    leave(ctx, Call::mremap, from, pages);
    return Outcome::no_memory;
  }
  const bool taken = find_vma(ctx, mm, to, vma).exists() && vma.first < to + pages;
  if (taken) unmap_region(ctx, mm, to, to + pages);
  const bool found = find_vma(ctx, mm, from, vma).exists() && vma.first <= from && from + pages <= vma.end;
  if (found) {
    VmaRecord moved = vma;
    moved.first = to;
    moved.end = to + pages;
    moved.offset_pages += (from - vma.first).raw();
    insert_vma(ctx, mm, moved);
    move_page_tables(ctx, mm, moved, from);
    unmap_region(ctx, mm, from, from + pages);
  }
  up_write(ctx, mm);
  leave(ctx, Call::mremap, from, pages);
  return found ? Outcome::ok : Outcome::bad_address;
}

/// `vma` is the new one; its pages are at `from` still.
void Kernel::move_page_tables(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from) {
  const Conclusion nothing(ctx);
  const TableGeometry& geometry = state_.geometry();
  const Pages pages = vma.end - vma.first;
  bool flush_later = false;
  for (Pages done; done < pages;) {
    scheduler_.cond_resched(ctx);
    const VirtPage at = from + done, to = vma.first + done;
    const Pages source_left = geometry.next_boundary(at, 1) - at, target_left = geometry.next_boundary(to, 1) - to;
    const Pages extent = std::min({source_left, target_left, pages - done});
    const bool whole = extent == geometry.span(1) && policy_.mremap_moves_tables && port_.moves_tables();
    if (whole && move_table(ctx, mm, vma, at, to)) {
      done += extent;
      continue;
    }
    const PtePlace source = find_pte(ctx, mm, at);
    if (source.exists) flush_later = move_ptes(ctx, mm, vma, at, to, extent, source) || flush_later;
    done += extent;
  }
  if (flush_later) strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, from, from + pages});
}

/// move_normal_pmd: the leaf table at `from` goes to `to` as it is; false if the ptes must be moved one by one. Both
/// entries are under mm->page_table_lock. A walk of the reverse map that has found the table already looks at the same
/// ptes as before, for another address; only the rmap locks keep it out (97113eb39fa7).
bool Kernel::move_table(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from, VirtPage to) {
  const TableGeometry& geometry = state_.geometry();
  const TableId above = find_table(ctx, mm, from, 1);
  if (!above.exists()) return true;
  const auto source = state_.entry(above, geometry.index(from, 1));
  const auto target = state_.entry(allocate_tables(ctx, mm, to, 1), geometry.index(to, 1));
  const auto present = [&](Cell<Pte> entry) {
    return port_.pte().is_present(ctx.step(read_entry, reads(entry), [&](Access& a) { return a.read(entry); }));
  };
  if (!present(source)) return true;
  if (present(target)) return false;
  const bool rmap_locks = policy_.table_move_locks_rmap || policy_.mremap_locks_rmap || to < from;
  if (rmap_locks) lock_rmap(ctx, vma);
  locks_.spin_lock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
  const Pte table = ctx.step(clear_entry, writes(source), [&](Access& a) { return a.exchange(source, Pte{}); });
  ctx.step(set_entry, writes(target), [&](Access& a) {
    a.write(target, table);
    Event event{EventKind::table_moved};
    event.mm = mm;
    event.table = TableId{port_.pte().frame(table).raw()};
    event.page = from;
    event.a = to.raw();
    event.b = geometry.span(1).raw();
    emit(a, event);
  });
  strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, from, from + geometry.span(1)});
  locks_.spin_unlock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
  if (rmap_locks) unlock_rmap(ctx, vma);
  return true;
}

/// Within one table each; true if the old place is still to be flushed.
bool Kernel::move_ptes(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from, VirtPage to, Pages extent,
                       const PtePlace& source) {
  Conclusion only(ctx);
  const PtePlace target = allocate_pte(ctx, mm, to);
  const bool two = source.table != target.table;
  const bool rmap_locks = policy_.mremap_locks_rmap || to < from;
  if (rmap_locks) lock_rmap(ctx, vma);
  locks_.spin_lock(ctx, source.ptl, LockClass::ptl);
  if (two) locks_.spin_lock(ctx, target.ptl, LockClass::ptl);
  strategy_.locked(ctx, nullptr, mm, {source.ptl, target.ptl, two});
  strategy_.settle(ctx, mm, from, from + extent);
  bool flush_now = false, flush_later = false;
  for (Pages done; done < extent; done += Pages{1}) {
    const auto ptep = state_.entry(source.table, state_.geometry().index(from + done, 0));
    const auto into = state_.entry(target.table, state_.geometry().index(to + done, 0));
    const MoveFlush due = move_pte(ctx, mm, from + done, ptep, to + done, into);
    flush_now = flush_now || due == MoveFlush::before_unlock;
    flush_later = flush_later || due == MoveFlush::at_end;
  }
  strategy_.before_unlock(ctx, nullptr, mm);
  if (flush_now) strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, from, from + extent});
  if (two) locks_.spin_unlock(ctx, target.ptl, LockClass::ptl);
  locks_.spin_unlock(ctx, source.ptl, LockClass::ptl);
  if (rmap_locks) unlock_rmap(ctx, vma);
  return only(flush_later);
}

/// Says when the old place must be flushed; each: it has been, or there was nothing.
MoveFlush Kernel::move_pte(Context& ctx, MmId mm, VirtPage from, Cell<Pte> ptep, VirtPage to, Cell<Pte> into) {
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  if (layout.is_entry(seen)) {
    strategy_.pte_op(ctx, nullptr, {mm, from, ptep, PteAction::clear, Pte{}});
    strategy_.pte_op(ctx, nullptr, {mm, to, into, PteAction::set, seen});
  }
  if (!layout.is_present(seen)) return MoveFlush::each;
  const bool at_once = policy_.mremap_flush == MoveFlush::each;
  const Pte old = at_once ? clear_flush(ctx, mm, from, ptep)
                          : strategy_.pte_op(ctx, nullptr, {mm, from, ptep, PteAction::clear, Pte{}});
  strategy_.pte_op(ctx, nullptr, {mm, to, into, PteAction::set, old.without(layout.ignored)});
  if (policy_.mremap_flush != MoveFlush::if_dirty) return policy_.mremap_flush;
  const bool dirty = (policy_.dirty_tested_before_clear ? seen : old).has(layout.dirty);
  return dirty ? MoveFlush::before_unlock : MoveFlush::at_end;
}

}  // namespace mmulab
