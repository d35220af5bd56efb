// SPDX-License-Identifier: MIT
// Page tables: find, allocate, free. An upper-level entry holds the number of the next table in the pte's frame
// field. Tables are installed under mm->page_table_lock (pmd_alloc, pte_alloc_map of mm/memory.c). Cost:
// kernel.cost.table_step a level read, table_allocate (which includes clearing the page).
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label descend{"table.read_entry", "table_step"};
const Label take{"table.allocate", "table_allocate"};
const Label install{"table.install", "table_step", Ordering::release};
const Label detach{"table.clear_entry", "table_step"};
const Label give{"table.free", "table_free"};
const Label wait_for_one{"table.wait_for_grace_period", "table_step"};

}  // namespace

/// The table of `level` that covers `page`; none if there is none.
TableId Kernel::find_table(Context& ctx, MmId mm, VirtPage page, std::size_t level) {
  Conclusion only(ctx);
  const auto root = state_.mm_root(mm);
  TableId table = ctx.step(descend, reads(root), [&](Access& a) { return a.read(root); });
  for (std::size_t above = state_.geometry().levels() - 1; above > level && table.exists(); --above) {
    const auto entry = state_.entry(table, state_.geometry().index(page, above));
    const Pte upper = ctx.step(descend, reads(entry), [&](Access& a) { return a.read(entry); });
    table = port_.pte().is_present(upper) ? TableId{port_.pte().frame(upper).raw()} : TableId::none();
  }
  return only(table);
}

PtePlace Kernel::place_in(TableId table, VirtPage page) const {
  PtePlace place;
  if (!table.exists()) return place;
  place.table = table;
  place.pte = state_.entry(table, state_.geometry().index(page, 0));
  place.ptl = state_.ptl(table);
  place.exists = true;
  return place;
}

PtePlace Kernel::find_pte(Context& ctx, MmId mm, VirtPage page) { return place_in(find_table(ctx, mm, page, 0), page); }

PtePlace Kernel::allocate_pte(Context& ctx, MmId mm, VirtPage page) {
  return place_in(allocate_tables(ctx, mm, page, 0), page);
}

/// Down to the table of `level`.
TableId Kernel::allocate_tables(Context& ctx, MmId mm, VirtPage page, std::size_t down_to) {
  Conclusion only(ctx);
  for (;;) {
    only.forget_all_but();
    const TableId known = find_table(ctx, mm, page, down_to);
    if (known.exists()) return only(known);
    TableId fresh = allocate_table(ctx, mm, 0);
    locks_.spin_lock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
    const auto root = state_.mm_root(mm);
    TableId table = ctx.step(descend, reads(root), [&](Access& a) { return a.read(root); });
    std::size_t level = state_.geometry().levels() - 1;
    if (!table.exists()) {
      ctx.step(install, writes(root, state_.table_level(fresh)), [&](Access& a) {
        a.write(state_.table_level(fresh), std::uint64_t{level});
        a.write(root, fresh);
      });
      fresh = TableId::none();
    }
    // One missing level a round: the next round finds it and goes on below.
    for (; level > down_to && table.exists() && fresh.exists(); --level) {
      const auto entry = state_.entry(table, state_.geometry().index(page, level));
      const Pte upper = ctx.step(descend, reads(entry), [&](Access& a) { return a.read(entry); });
      if (port_.pte().is_present(upper)) {
        table = TableId{port_.pte().frame(upper).raw()};
        continue;
      }
      const Pte value = port_.pte().make(Frame{fresh.raw()}, Rights{true, true});
      ctx.step(install, writes(entry, state_.table_level(fresh)), [&](Access& a) {
        a.write(state_.table_level(fresh), std::uint64_t{level - 1});
        a.write(entry, value);
      });
      fresh = TableId::none();
    }
    locks_.spin_unlock(ctx, state_.mm_page_table_lock(mm), LockClass::page_table);
    // Somebody else was faster.
    if (fresh.exists()) free_table(ctx, fresh, 0);
  }
}

TableId Kernel::allocate_table(Context& ctx, MmId mm, std::size_t level) {
  Conclusion only(ctx);
  locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
  const auto head = state_.table_free_head();
  TableId table = ctx.step(take, reads(head), [&](Access& a) { return a.read(head); });
  // The plan counted those in use; others may be held back by RCU.
  while (!table.exists() && walkers_ != nullptr) {
    locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
    ctx.step_when(wait_for_one, reads(head), [&](const Access& a) { return a.read(head).exists(); }, [](Access&) {});
    locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
    table = ctx.step(take, reads(head), [&](Access& a) { return a.read(head); });
  }
  MMULAB_ASSERT(table.exists(), "the plan of the workload counted all page tables");
  const auto next = state_.table_next_free(table);
  const auto owner = state_.table_owner(table);
  const auto sharers = state_.table_sharers(table);
  ctx.step(take, writes(head, owner, sharers).reads(next), [&](Access& a) {
    a.write(head, a.read(next));
    a.write(owner, mm);
    a.write(sharers, std::uint64_t{0});
    Event event{EventKind::table_allocated};
    event.table = table;
    event.mm = mm;
    event.a = level;
    emit(a, event);
  });
  locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
  return only(table);
}

void Kernel::free_table(Context& ctx, TableId table, std::size_t level) {
  locks_.spin_lock(ctx, state_.zone_lock(), LockClass::zone);
  const auto head = state_.table_free_head();
  const auto next = state_.table_next_free(table);
  const auto owner = state_.table_owner(table);
  ctx.step(give, writes(head, next, owner), [&](Access& a) {
    a.write(next, a.read(head));
    a.write(head, table);
    a.write(owner, MmId::none());
    Event event{EventKind::table_freed};
    event.table = table;
    event.a = level;
    emit(a, event);
  });
  locks_.spin_unlock(ctx, state_.zone_lock(), LockClass::zone);
}

/// free_pgtables: of the tables below the root that map a part of `range` every one that lies wholly within `hole`
/// (from floor to ceiling), that is, where no VMA is left; the root goes with the mm (mmdrop). What is in the hole
/// beside the range went with its last VMA.
void Kernel::free_page_tables(Context& ctx, Gather& g, const PageRange& range, const PageRange& hole) {
  const auto root_cell = state_.mm_root(g.mm);
  const TableId root = ctx.step(descend, reads(root_cell), [&](Access& a) { return a.read(root_cell); });
  if (!root.exists()) return;
  free_tables_below(ctx, g, root, state_.geometry().levels() - 1, range, hole);
}

void Kernel::free_tables_below(Context& ctx, Gather& g, TableId table, std::size_t level, const PageRange& range,
                               const PageRange& hole) {
  if (level == 0) return;
  const TableGeometry& geometry = state_.geometry();
  for (VirtPage page = range.first; page < range.end; page = geometry.next_boundary(page, level)) {
    const auto entry = state_.entry(table, geometry.index(page, level));
    const Pte upper = ctx.step(descend, reads(entry), [&](Access& a) { return a.read(entry); });
    if (!port_.pte().is_present(upper)) continue;
    const TableId below{port_.pte().frame(upper).raw()};
    const VirtPage next = geometry.next_boundary(page, level);
    const VirtPage table_first{(page.raw() >> geometry.low_bits(level)) << geometry.low_bits(level)};
    free_tables_below(ctx, g, below, level - 1, {page, next < range.end ? next : range.end}, hole);
    if (table_first < hole.first || next > hole.end) continue;
    ctx.step(detach, writes(entry), [&](Access& a) { a.write(entry, Pte{}); });
    strategy_.put_table(ctx, g, level - 1, below, table_first);
  }
}

}  // namespace mmulab
