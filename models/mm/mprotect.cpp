// SPDX-License-Identifier: MIT
// mprotect: mm/mprotect.c (sys_mprotect, mprotect_fixup, change_protection, change_pte_range). mmap_sem for write;
// each present pte is cleared, modified and set again inside a lazy-mmu section; one flush_tlb_range at the end
// with no PTE lock, or (modern) a gather. An entry of a page on the move loses its right to write. A private page never
// becomes writable here: its first store copies or reuses it. Left out: tables that are shared should be unshared first
// (hugetlb_change_protection); the others see their ptes change, too.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label read_pte{"mprotect.read_pte", "pte_read"};
const Label set_rights{"mprotect.set_vma", "vma_link"};
}  // namespace

Outcome Kernel::mprotect(Context& ctx, VirtPage first, Pages pages, Rights rights) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  const VirtPage end = first + pages;
  enter(ctx, Call::mprotect, first, pages);
  down_write(ctx, mm);
  if (!has_room(ctx, mm, 2)) {
    up_write(ctx, mm);
    leave(ctx, Call::mprotect, first, pages);
    return Outcome::no_memory;
  }
  split_vma(ctx, mm, first);
  split_vma(ctx, mm, end);
  Gather g;
  g.mm = mm;
  g.kind = GatherKind::mprotect;
  g.first = first;
  g.end = end;
  if (policy_.mprotect_gathers) strategy_.begin(ctx, g);
  Outcome outcome = Outcome::ok;
  for (VirtPage at = first; at < end;) {
    VmaRecord vma;
    const VmaId id = find_vma(ctx, mm, at, vma);
    if (!id.exists() || vma.first > at) {
      outcome = Outcome::bad_address;
      break;
    }
    const auto cell = state_.vma<std::uint64_t>(id, VmaFields::rights);
    const VirtPage last = vma.end < end ? vma.end : end;
    ctx.step(set_rights, writes(cell), [&](Access& a) {
      Event event{EventKind::vma_protected};
      event.mm = mm;
      event.page = at;
      event.a = (rights.write ? 1U : 0U) | (rights.exec ? std::uint64_t{2} : 0);
      event.b = (last - at).raw();
      a.write(cell, (a.read(cell) & ~vma_rights) | event.a);
      emit(a, event);
    });
    vma.rights = rights;
    change_protection(ctx, mm, vma, at, last, policy_.mprotect_gathers ? &g : nullptr);
    at = last;
  }
  if (policy_.mprotect_gathers) strategy_.end(ctx, g);
  up_write(ctx, mm);
  leave(ctx, Call::mprotect, first, pages);
  return outcome;
}

void Kernel::change_protection(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end,
                               Gather* g) {
  for (VirtPage page = first; page < end;) {
    const VirtPage border = state_.geometry().next_boundary(page, 1);
    const VirtPage last = border < end ? border : end;
    change_table(ctx, mm, vma, page, last, g);
    page = last;
  }
  if (g == nullptr) strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, first, end});
}

void Kernel::change_table(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end, Gather* g) {
  const PteLayout& layout = port_.pte();
  const PtePlace place = find_pte(ctx, mm, first);
  if (!place.exists) return;
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  strategy_.locked(ctx, g, mm, {place.ptl, place.ptl, false});
  strategy_.settle(ctx, mm, first, end);
  for (VirtPage page = first; page < end; page = page + Pages{1}) {
    const auto ptep = state_.entry(place.table, state_.geometry().index(page, 0));
    const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
    if (!layout.is_present(seen)) {
      change_entry(ctx, mm, page, ptep, seen);
      continue;
    }
    const Pte old = strategy_.pte_op(ctx, g, {mm, page, ptep, PteAction::modify_start, Pte{}});
    Rights rights = vma.rights;
    // vm_page_prot of a private mapping is read-only; only a shared one carries the write right, and one whose first
    // store is to be noticed only if that has been.
    const bool shared = vma.kind == VmaKind::file_shared && (!policy_.write_notify || old.has(layout.dirty));
    const bool keeps_write = shared || vma.kind == VmaKind::pfnmap;
    if (!keeps_write) rights.write = false;
    const Pte changed = layout.with_rights(old, rights);
    strategy_.pte_op(ctx, g, {mm, page, ptep, PteAction::modify_commit, changed});
    if (g != nullptr) strategy_.note(ctx, *g, {mm, page, old, changed, false});
  }
  strategy_.before_unlock(ctx, g, mm);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  if (g != nullptr) strategy_.after_unlock(ctx, *g);
}

/// make_migration_entry_read: whatever the new rights are, the next store asks for its own.
void Kernel::change_entry(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, Pte seen) {
  const PteLayout& layout = port_.pte();
  const bool moving = layout.is_entry(seen) && layout.entry_kind(seen) == EntryKind::migration;
  if (!moving || !layout.rights(seen).write || !policy_.mprotect_changes_entries) return;
  strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::set, seen.without(layout.write)});
}

}  // namespace mmulab
