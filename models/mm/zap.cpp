// SPDX-License-Identifier: MIT
// Zapping a range: unmap_vmas, zap_page_range, zap_pte_range of mm/memory.c (2.6.22), with the hooks of modelling.md 2
// where each generation of Linux flushes. One page-table page at a time under its PTL; in 2.6 the walk is cut into
// blocks. Huge pages go the same way, as today; 2.6's unmap_hugepage_range flushes for itself. Left out: nonlinear
// VMAs. Cost: kernel.cost.pte_read a pte looked at, and what pte_op, page accounting and the strategy charge.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_pte{"zap.read_pte", "pte_read"};
const Label stop_sharing{"share.stop", "pte_read"};
const Label map_zero{"zero_map.read_pte", "pte_read"};

/// ZAP_BLOCK's unit trick: an empty pte costs 1 where a used one costs a page.
constexpr std::int64_t used_pte_cost = 4096;

std::int64_t block_size(const KernelPolicy& policy) {
  return policy.zap_in_blocks ? std::int64_t{policy.zap_block_ptes} * used_pte_cost : std::int64_t{1} << 60;
}

}  // namespace

/// zap_page_range: one gather around one range of one VMA.
void Kernel::zap_page_range(Context& ctx, MmId mm, VmaId vma, VirtPage first, VirtPage end, GatherKind kind,
                            OuterLock outer) {
  const Conclusion nothing(ctx);
  Gather g;
  g.mm = mm;
  g.kind = kind;
  g.outer = outer;
  g.first = first;
  g.end = end;
  strategy_.begin(ctx, g);
  unmap_vma(ctx, g, vma, first, end);
  strategy_.end(ctx, g);
}

/// mmap_sem held, or the mm is dying.
void Kernel::unmap_vma(Context& ctx, Gather& g, VmaId vma, VirtPage first, VirtPage end) {
  VmaRecord record;
  read_vma(ctx, vma, record);
  if (!record.shares_tables) return unmap_mapped(ctx, g, record, first, end);
  // unmap_single_vma: what is shared is zapped under i_mmap_lock, and what was unshared is flushed before its release.
  const OuterLock outer = g.outer;
  g.outer = OuterLock::i_mmap_lock;
  lock_i_mmap(ctx, record);
  unmap_mapped(ctx, g, record, first, end);
  // __unmap_hugepage_range_final: nobody shall find a table here that is on its way out.
  const auto flags = state_.vma<std::uint64_t>(vma, VmaFields::rights);
  if (g.kind == GatherKind::unmap || g.kind == GatherKind::exit)
    ctx.step(stop_sharing, writes(flags), [&](Access& a) { a.write(flags, a.read(flags) & ~vma_shares_tables); });
  unlock_i_mmap(ctx, record);
  g.outer = outer;
}

void Kernel::unmap_mapped(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage first, VirtPage end) {
  strategy_.start_vma(ctx, g, vma);
  std::int64_t block = block_size(policy_);
  VirtPage page = first;
  while (page < end) {
    page = zap_table(ctx, g, vma, page, end, block);
    if (block > 0) continue;
    strategy_.lock_break(ctx, g, LockBreakReason::block_used);
    // i_mmap_lock is a spinlock: its holder may not be rescheduled.
    if (g.outer != OuterLock::i_mmap_lock) scheduler_.cond_resched(ctx);
    block = block_size(policy_);
  }
  strategy_.end_vma(ctx, g, vma);
  if (g.unshared && policy_.unshare_flush != UnshareFlush::none) strategy_.flush(ctx, g);
  g.unshared = false;
}

/// Zaps within one page-table page; returns where it stopped.
VirtPage Kernel::zap_table(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage first, VirtPage end,
                           std::int64_t& block) {
  const Pages each{std::uint64_t{1} << (vma.huge ? state_.geometry().huge_order() : 0)};
  // A huge page may reach beyond the table that its pte is in.
  const VirtPage table_end = state_.geometry().next_boundary(first, 1);
  const VirtPage border = table_end < first + each ? first + each : table_end;
  const VirtPage last = border < end ? border : end;
  const PtePlace place = find_pte(ctx, g.mm, first);
  if (!place.exists) {
    --block;
    return last;
  }
  if (vma.shares_tables && unshare(ctx, g, vma, place, first)) return last;
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  strategy_.locked(ctx, &g, g.mm, {place.ptl, place.ptl, false});
  strategy_.settle(ctx, g.mm, first, last);
  VirtPage page = first;
  std::uint32_t progress = 0;
  g.stopped = false;
  Conclusion before(ctx);
  for (; page < last && block > 0 && !g.stopped; page = page + each) {
    before.forget_all_but(page, progress, block, g);
    if (strategy_.budget(ctx, g, progress++) == Budget::stop) break;
    if (strategy_.room(ctx, g, 1) == Room::stop) break;
    const auto ptep = state_.entry(place.table, state_.geometry().index(page, 0));
    zap_pte(ctx, g, vma, page, ptep, block);
  }
  before.forget_all_but(page, block, g);
  strategy_.before_unlock(ctx, &g, g.mm);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  scheduler_.preempt_check(ctx);
  strategy_.after_unlock(ctx, g);
  before(block);
  before(g);
  return before(page);
}

bool Kernel::zap_pte(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage page, Cell<Pte> ptep,
                     std::int64_t& block) {
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  block -= layout.none(seen) ? 1 : used_pte_cost;
  if (!layout.is_present(seen)) {
    if (!layout.none(seen)) zap_entry(ctx, g.mm, page, ptep, seen);
    return false;
  }
  const PteAction action = g.full_mm ? PteAction::clear_full : PteAction::clear;
  const Pte old = strategy_.pte_op(ctx, &g, {g.mm, page, ptep, action, Pte{}});
  const bool shared_file = vma.kind == VmaKind::file_shared;
  const bool dirty = (policy_.dirty_tested_before_clear ? seen : old).has(layout.dirty);
  strategy_.note(ctx, g, {g.mm, page, old, Pte{}, shared_file && dirty});
  if (vma.kind == VmaKind::pfnmap) return true;
  const Frame frame = layout.frame(old);
  if (!counted(frame)) return true;
  if (!vma.shares_tables && !vma.huge) count_rss(ctx, g.mm, -1);
  // While others may still store through what they have cached, the page is to look mapped (5df397dec7c4).
  const bool delayed = shared_file && dirty && strategy_.delays_rmap();
  if (delayed) set_page_dirty(ctx, frame);
  else remove_rmap(ctx, frame, dirty);
  if (strategy_.put_page(ctx, g, frame, delayed) == PageVerdict::stop) g.stopped = true;
  return true;
}

/// zeromap_page_range: the zero page, read-only, at every pte of the range. The range has just been zapped.
void Kernel::zero_map_range(Context& ctx, MmId mm, VirtPage first, VirtPage end) {
  const PteLayout& layout = port_.pte();
  for (VirtPage page = first; page < end;) {
    const PtePlace place = allocate_pte(ctx, mm, page);
    const VirtPage border = state_.geometry().next_boundary(page, 1);
    const VirtPage last = border < end ? border : end;
    locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
    strategy_.locked(ctx, nullptr, mm, {place.ptl, place.ptl, false});
    for (; page < last; page = page + Pages{1}) {
      const auto ptep = state_.entry(place.table, state_.geometry().index(page, 0));
      const Pte now = ctx.step(map_zero, reads(ptep), [&](Access& a) { return a.read(ptep); });
      // 2.6.20 would BUG here; a page that another thread has faulted in meanwhile simply stays (2.6.22).
      if (!layout.none(now)) continue;
      const Pte zero = layout.make(KernelState::zero_frame(), {false, false}).with(layout.accessed);
      if (counted(KernelState::zero_frame())) {
        get_page(ctx, KernelState::zero_frame());
        add_rmap(ctx, KernelState::zero_frame());
        count_rss(ctx, mm, 1);
      }
      strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::set, zero});
    }
    strategy_.before_unlock(ctx, nullptr, mm);
    locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  }
}

}  // namespace mmulab
