// SPDX-License-Identifier: MIT
// The swap area: slots with a use count, and the fault that brings a page back. Source: mm/swapfile.c (get_swap_page,
// swap_duplicate, swap_free), mm/memory.c (do_swap_page). Left out: the swap cache (a fault waits until the page on
// its way out is all there, and reads it back into a page of its own), readahead, priorities. Cost:
// kernel.cost.page_cache a change of a slot, swap_io a page read.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label take_slot{"swap.allocate", "page_cache", Ordering::full};
const Label use_slot{"swap.duplicate", "page_cache", Ordering::full};
const Label drop_slot{"swap.free", "page_cache", Ordering::full};
const Label wait_for_page{"swap.wait_for_page", "page_cache"};
const Label read_in{"swap.read", "swap_io"};
const Label read_pte{"swap.read_pte", "pte_read"};

}  // namespace

/// A slot in use by its caller alone, on whose way `page` is.
std::uint64_t Kernel::allocate_slot(Context& ctx, Frame page) {
  return ctx.step(take_slot, writes_words(state_.swap_first(), state_.swap_words()), [&](Access& a) {
    std::uint64_t slot = 0;
    while (slot < state_.limits().swap_slots && a.read(state_.swap_users(slot)) != 0) ++slot;
    MMULAB_ASSERT(slot < state_.limits().swap_slots, "the plan of the workload counted all swap slots");
    a.write(state_.swap_users(slot), std::uint64_t{1});
    a.write(state_.swap_page(slot), page);
    return slot;
  });
}

void Kernel::duplicate_slot(Context& ctx, std::uint64_t slot) {
  const auto users = state_.swap_users(slot);
  ctx.step(use_slot, writes(users), [&](Access& a) { a.add(users, std::uint64_t{1}); });
}

void Kernel::free_slot(Context& ctx, std::uint64_t slot) {
  const auto users = state_.swap_users(slot);
  ctx.step(drop_slot, writes(users), [&](Access& a) { a.write(users, a.read(users) - 1); });
}

/// do_swap_page. The page is this mm's alone, so a store makes it writable at once.
void Kernel::swap_in(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, AccessKind kind,
                     const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const std::uint64_t slot = layout.entry_number(seen);
  const auto on_its_way = state_.swap_page(slot);
  const auto stored = state_.swap_content(slot);
  ctx.step_when(
      wait_for_page, reads(on_its_way), [&](const Access& a) { return !a.read(on_its_way).exists(); }, [](Access&) {});
  const Frame frame = allocate_page(ctx, {mm, page});
  const auto content = state_.frame(frame, FrameFields::content);
  ctx.step(read_in, writes(content).reads(stored), [&](Access& a) { a.write(content, a.read(stored)); });
  add_rmap(ctx, frame);
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const bool still = layout.same(now, seen);
  if (still) {
    const bool store = kind == AccessKind::store;
    const Pte value = layout.make(frame, {store, vma.rights.exec});
    const Pte young = value.with(store ? layout.accessed | layout.dirty : layout.accessed);
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::set, young});
    port_.update_mmu_cache(ctx, mm, page, young, kind);
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  if (still) {
    count_rss(ctx, mm, 1);
    return free_slot(ctx, slot);
  }
  remove_rmap(ctx, frame, false);
  put_page(ctx, frame);
}

/// Takes away a pte that is neither none nor present; its PTL held.
void Kernel::zap_entry(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, Pte seen) {
  const PteLayout& layout = port_.pte();
  strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::clear, Pte{}});
  // A page on the move counts for its mm still; its references are the mover's.
  if (layout.entry_kind(seen) == EntryKind::migration) return count_rss(ctx, mm, -1);
  free_slot(ctx, layout.entry_number(seen));
}

/// fork's part: a page on the move becomes read-only on both sides.
bool Kernel::copy_entry(Context& ctx, MmId from, MmId to, VirtPage page, Pte seen, Cell<Pte> source,
                        Cell<Pte> target) {
  const PteLayout& layout = port_.pte();
  const Pte copy = seen.without(layout.write);
  if (layout.entry_kind(seen) == EntryKind::swap) {
    duplicate_slot(ctx, layout.entry_number(seen));
  } else {
    count_rss(ctx, to, 1);
    if (copy != seen) strategy_.pte_op(ctx, nullptr, {from, page, source, PteAction::set, copy});
  }
  strategy_.pte_op(ctx, nullptr, {to, page, target, PteAction::set, copy});
  return true;
}

}  // namespace mmulab
