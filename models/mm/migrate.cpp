// SPDX-License-Identifier: MIT
// Page migration. migrate_pages, try_to_migrate, remove_migration_ptes of mm/migrate.c, mm/rmap.c: under the page's
// lock all its ptes become migration entries (ptep_clear_flush each), its content is copied, the entries become ptes
// of the copy; who meets an entry waits for the page's lock. migrate_vma of mm/migrate_device.c: the ptes of a range
// are taken away in one PTL section under mmap_sem for read, then copied one by one. Left out: LRU isolation, which
// page goes where, retries, files, pages that migrate_vma finds shared. Cost: kernel.cost.copy_page a page, what ptes
// and counts charge.
#include "models/mm/anon_rmap.h"
#include "models/mm/range_walk.h"

namespace mmulab {
namespace {

const Label read_pte{"migrate.read_pte", "pte_read"};
const Label copy_flags{"migrate.copy_flags", "page_ref"};
const Label wait_for_page{"fault.wait_for_page", "page_ref"};
const Label count_mappings{"migrate.count_mappings", "page_ref"};

}  // namespace

Outcome Kernel::migrate(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion before(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::migrate, first, pages);
  for (VirtPage page = first; page < first + pages; page = page + Pages{1}) {
    before.forget_all_but(page);
    down_read(ctx, mm);
    const AnonPage anon = take_page(ctx, mm, page);
    up_read(ctx, mm);
    if (!anon.exists()) continue;
    migrate_page(ctx, mm, page, anon);
    give_back(ctx, anon);
  }
  before.forget_all_but();
  leave(ctx, Call::migrate, first, pages);
  return Outcome::ok;
}

/// The caller has a reference, and gives it back. False if the page stays where it is: it is locked or in use.
bool Kernel::migrate_page(Context& ctx, MmId mm, VirtPage page, const AnonPage& anon) {
  Conclusion only(ctx);
  if (!trylock_page(ctx, anon.frame)) return only(false);
  const PteLayout& layout = port_.pte();
  for_each_mapping(ctx, anon, [&](const Mapping& at) {
    if (!layout.is_present(at.now) || layout.frame(at.now) != anon.frame) return true;
    const Pte old = clear_flush(ctx, at.mm, at.page, at.place.pte, at.pending);
    unmap_one(ctx, at, anon, layout.entry(EntryKind::migration, anon.frame.raw(), old));
    return true;
  });
  only.forget_all_but();
  const bool movable = only_reference(ctx, anon.frame);
  if (movable) move_page(ctx, mm, page, anon);
  else remove_migration_ptes(ctx, anon, anon.frame);
  unlock_page(ctx, anon.frame);
  return only(movable);
}

/// Nothing maps the page any more: copies it and shows the copy instead.
void Kernel::move_page(Context& ctx, MmId mm, VirtPage page, const AnonPage& anon) {
  const Conclusion nothing(ctx);
  const Frame target = allocate_page(ctx, {mm, page});
  fill_copy(ctx, mm, page, anon.frame, target);
  move_flags(ctx, anon.frame, target);
  remove_migration_ptes(ctx, anon, target);
  end_copy(ctx, mm, page, anon.frame, target);
  put_page(ctx, target);
}

void Kernel::move_flags(Context& ctx, Frame source, Frame target) {
  const Conclusion nothing(ctx);
  const auto from = state_.frame(source, FrameFields::flags);
  const auto to = state_.frame(target, FrameFields::flags);
  ctx.step(copy_flags, writes(to).reads(from), [&](Access& a) {
    a.write(to, a.read(from) & (frame_lazyfree | frame_ksm));
    if ((a.read(to) & frame_lazyfree) == 0) return;
    Event event{EventKind::page_lazyfreed};
    event.frame = target;
    emit(a, event);
  });
}

void Kernel::remove_migration_ptes(Context& ctx, const AnonPage& anon, Frame target) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  for_each_mapping(ctx, anon, [&](const Mapping& at) {
    const bool ours = layout.is_entry(at.now) && layout.entry_kind(at.now) == EntryKind::migration &&
                      layout.entry_number(at.now) == anon.frame.raw();
    if (!ours) return true;
    get_page(ctx, target);
    add_rmap(ctx, target);
    // mprotect may have changed the VMA since it was found: nothing but the PTL is in its way.
    VmaRecord vma = at.vma;
    if (policy_.mprotect_changes_entries) find_vma(ctx, at.mm, at.page, vma);
    const Rights rights{vma.rights.write && layout.rights(at.now).write, vma.rights.exec};
    Pte value = layout.make(target, rights).with(layout.accessed);
    if (at.now.has(layout.dirty)) value = value.with(layout.dirty);
    strategy_.pte_op(ctx, nullptr, {at.mm, at.page, at.place.pte, PteAction::set, value});
    return true;
  });
}

/// migration_entry_wait.
void Kernel::wait_for_migration(Context& ctx, Frame source) {
  const auto flags = state_.frame(source, FrameFields::flags);
  ctx.step_when(
      wait_for_page, reads(flags), [&](const Access& a) { return (a.read(flags) & frame_locked) == 0; },
      [](Access&) {});
}

Outcome Kernel::migrate_vma(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::migrate_vma, first, pages);
  down_read(ctx, mm);
  const Outcome outcome =
      for_each_vma(ctx, mm, first, first + pages, [&](const VmaRecord& vma, VirtPage begin, VirtPage end) {
        if (vma.kind != VmaKind::anonymous) return;
        for (VirtPage page = begin; page < end;) {
          Collected collected;
          page = collect(ctx, mm, vma, page, end, collected);
          for (std::uint32_t n = 0; n < collected.count; ++n) {
            const AnonPage& anon = collected.pages[n];
            if (only_reference(ctx, anon.frame)) move_page(ctx, mm, collected.at[n], anon);
            else remove_migration_ptes(ctx, anon, anon.frame);
            unlock_page(ctx, anon.frame);
            give_back(ctx, anon);
          }
        }
      });
  up_read(ctx, mm);
  leave(ctx, Call::migrate_vma, first, pages);
  return outcome;
}

/// migrate_vma_collect_pmd, of one leaf table at most; returns where it stopped.
VirtPage Kernel::collect(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end,
                         Collected& into) {
  const VirtPage border = state_.geometry().next_boundary(first, 1);
  const VirtPage last = border < end ? border : end;
  const PtePlace place = find_pte(ctx, mm, first);
  if (!place.exists) return last;
  const ClassicFlush flush{Invalidation::Scope::range, mm, first, last};
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  strategy_.locked(ctx, nullptr, mm, {place.ptl, place.ptl, false});
  VirtPage page = first;
  for (; page < last && into.count < Collected::most; page = page + Pages{1}) {
    const auto ptep = state_.entry(place.table, state_.geometry().index(page, 0));
    const Frame frame = collect_one(ctx, mm, page, ptep);
    if (!frame.exists()) continue;
    into.at[into.count] = page;
    into.pages[into.count++] = {frame, vma.offset_pages + (page - vma.first).raw()};
  }
  strategy_.before_unlock(ctx, nullptr, mm);
  if (into.count != 0 && policy_.migrate_vma_flushes_locked) strategy_.classic_flush(ctx, flush);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  if (into.count != 0 && !policy_.migrate_vma_flushes_locked) strategy_.classic_flush(ctx, flush);
  return page;
}

/// Locks the page and puts a migration entry in its pte's place, whose reference passes to the caller. None if there is
/// no page that this pte alone shows, or it is locked.
Frame Kernel::collect_one(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep) {
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  if (!layout.is_present(seen) || layout.frame(seen) == KernelState::zero_frame()) return Frame::none();
  const Frame frame = layout.frame(seen);
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  if (!trylock_page(ctx, frame)) return Frame::none();
  const bool alone = ctx.step(count_mappings, reads(mapcount), [&](Access& a) { return a.read(mapcount) == 1; });
  if (!alone) {
    unlock_page(ctx, frame);
    return Frame::none();
  }
  const Pte old = strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::clear, Pte{}});
  const Pte entry = layout.entry(EntryKind::migration, frame.raw(), old);
  strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::set, entry});
  remove_rmap(ctx, frame, false);
  return frame;
}

}  // namespace mmulab
