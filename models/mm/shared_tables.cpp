// SPDX-License-Identifier: MIT
// Leaf tables that several address spaces share. Source: mm/hugetlb.c (huge_pmd_share, huge_pmd_unshare,
// __unmap_hugepage_range), where the shared table is a page of pmds that map huge pages; here it is a leaf table, and
// its pages are of the base size. Two mappings of one file share the tables that both cover wholly and at the same
// place within the table. The first to fault makes the table; whoever faults later and finds it takes a reference and
// hangs it under an entry of its own; i_mmap_lock of the file covers both. Who zaps lets go of it and touches no pte,
// unless nobody else has it. Left out: mprotect, mremap and reclaim of such mappings, their splitting (the workload's
// checks refuse all that), reservations. Cost: kernel.cost.table_step, page_ref, and what the locks cost.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_share{"share.read_count", "page_ref"};
const Label get_share{"share.get_table", "page_ref"};
const Label put_share{"share.put_table", "page_ref"};
const Label install{"share.install", "table_step"};
const Label clear_entry{"unshare.clear_entry", "table_step"};

VirtPage first_of_table(const TableGeometry& geometry, VirtPage page) {
  return VirtPage{page.raw() >> geometry.low_bits(1) << geometry.low_bits(1)};
}

}  // namespace

/// page_table_shareable: the mapping covers all that the table maps.
bool Kernel::shareable(const VmaRecord& vma, VirtPage page) const {
  const VirtPage first = first_of_table(state_.geometry(), page);
  return vma.shares_tables && port_.shares_tables() && vma.first <= first &&
         state_.geometry().next_boundary(page, 1) <= vma.end;
}

/// One more address space uses the table. In a step that declares its owner's cell: no walk of it is private any more.
void Kernel::join(Access& a, MmId mm, VirtPage page, TableId table) const {
  a.write(state_.table_owner(table), MmId::none());
  Event event{EventKind::table_shared};
  event.mm = mm;
  event.page = first_of_table(state_.geometry(), page);
  event.table = table;
  event.location = state_.entry(table, 0).at;
  event.a = state_.geometry().entries(0);
  emit(a, event);
}

/// huge_pte_alloc and huge_pmd_share.
PtePlace Kernel::allocate_shared(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page) {
  Conclusion only(ctx);
  if (!shareable(vma, page)) return only(allocate_pte(ctx, mm, page));
  const PtePlace known = find_pte(ctx, mm, page);
  if (known.exists) return only(known);
  const TableId upper = allocate_tables(ctx, mm, page, 1);
  lock_i_mmap(ctx, vma);
  const TableId found = find_shared(ctx, mm, vma, page);
  if (found.exists()) populate(ctx, mm, upper, page, found);
  const PtePlace place = allocate_pte(ctx, mm, page);
  const auto sharers = state_.table_sharers(place.table);
  const auto owner = state_.table_owner(place.table);
  if (!found.exists())
    ctx.step(get_share, writes(sharers, owner), [&](Access& a) {
      if (a.read(sharers) != 0) return;  // another thread of this mm was faster
      a.write(sharers, std::uint64_t{1});
      join(a, mm, page, place.table);
    });
  unlock_i_mmap(ctx, vma);
  return only(place);
}

/// A table of another address space for the same part of the file, with a reference; none if nobody has one.
TableId Kernel::find_shared(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page) {
  Conclusion only(ctx);
  const std::uint64_t index = vma.offset_pages + (page - vma.first).raw();
  FileMapping at;
  while (next_mapping(ctx, {vma.file, index, Pages{1}}, at)) {
    const bool same_place = state_.geometry().index(at.first, 0) == state_.geometry().index(page, 0);
    if (at.mm == mm || !same_place || !shareable(at.vma, at.first)) continue;
    const PtePlace place = find_pte(ctx, at.mm, at.first);
    if (!place.exists) continue;
    const auto sharers = state_.table_sharers(place.table);
    ctx.step(get_share, writes(sharers), [&](Access& a) { a.add(sharers, std::uint64_t{1}); });
    return only(place.table);
  }
  return only(TableId::none());
}

/// pud_populate, or the reference goes back: another thread of this mm was faster.
void Kernel::populate(Context& ctx, MmId mm, TableId upper, VirtPage page, TableId table) {
  const Conclusion nothing(ctx);
  const auto entry = state_.entry(upper, state_.geometry().index(page, 1));
  const auto sharers = state_.table_sharers(table);
  const auto owner = state_.table_owner(table);
  const Pte value = port_.pte().make(Frame{table.raw()}, Rights{true, true});
  locks_.spin_lock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
  const bool installed = ctx.step(install, writes(entry, owner), [&](Access& a) {
    if (port_.pte().is_present(a.read(entry))) return false;
    a.write(entry, value);
    join(a, mm, page, table);
    return true;
  });
  if (!installed) ctx.step(put_share, writes(sharers), [&](Access& a) { a.write(sharers, a.read(sharers) - 1); });
  locks_.spin_unlock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
}

/// huge_pmd_unshare, and what the zap makes of it. i_mmap_lock held, so that the count does not change. False if nobody
/// else has the table: then its ptes are to be zapped.
bool Kernel::unshare(Context& ctx, Gather& g, const VmaRecord& vma, const PtePlace& place, VirtPage page) {
  Conclusion only(ctx);
  const auto sharers = state_.table_sharers(place.table);
  if (ctx.step(read_share, reads(sharers), [&](Access& a) { return a.read(sharers) < 2; })) return only(false);
  const VirtPage first = first_of_table(state_.geometry(), page);
  const VirtPage last{state_.geometry().next_boundary(page, 1).raw() - 1};
  const TableId upper = find_table(ctx, g.mm, page, 1);
  const auto entry = state_.entry(upper, state_.geometry().index(page, 1));
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  ctx.step(clear_entry, writes(entry), [&](Access& a) { a.write(entry, Pte{}); });
  if (policy_.unshare_waits_for_walkers && walkers_ != nullptr) walkers_->synchronise(ctx);
  ctx.step(put_share, writes(sharers), [&](Access& a) {
    a.write(sharers, a.read(sharers) - 1);
    Event event{EventKind::table_unshared};
    event.mm = g.mm;
    event.page = first;
    event.table = place.table;
    event.location = state_.file(vma.file, FileFields::i_mmap_lock).at;
    event.a = state_.geometry().entries(0);
    emit(a, event);
  });
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  if (policy_.unshare_flush != UnshareFlush::none) {
    strategy_.note(ctx, g, {g.mm, first, Pte{}, Pte{}, false});
    strategy_.note(ctx, g, {g.mm, last, Pte{}, Pte{}, false});
    g.freed_tables = g.freed_tables || policy_.unshare_flush == UnshareFlush::tables;
    g.unshared = true;
  }
  return only(true);
}

}  // namespace mmulab
