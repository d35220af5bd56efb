// SPDX-License-Identifier: MIT
// /proc/PID/clear_refs: fs/proc/task_mmu.c (clear_refs_write, clear_refs_pte_range, clear_soft_dirty). 2.6.22 clears
// the accessed bits under mmap_sem for read; today's soft-dirty form takes the right to write away under mmap_sem for
// write, so that the next store faults and is seen. Left out: the soft-dirty bit itself (what must hold is that no
// store gets by), its effect on VMAs; the whole mm (here the range that the caller names). Cost: kernel.cost.pte_read
// a pte, the pte's change, one flush of the mm.
#include "models/mm/range_walk.h"

namespace mmulab {
namespace {
const Label read_pte{"clear_refs.read_pte", "pte_read"};
}  // namespace

Outcome Kernel::clear_refs(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  const VirtPage end = first + pages;
  const bool soft_dirty = policy_.clear_refs == ClearRefs::soft_dirty;
  const bool counts = soft_dirty && policy_.flush_pending != FlushPending::none;
  enter(ctx, Call::clear_refs, first, pages);
  if (policy_.clear_refs_takes_sem_for_write) down_write(ctx, mm); else down_read(ctx, mm);
  if (counts) open_flush(ctx, mm);
  const Outcome outcome = for_each_vma(ctx, mm, first, end, [&](const VmaRecord&, VirtPage begin, VirtPage last) {
    for_each_pte(ctx, mm, begin, last, nullptr, Settles::no,
                 [&](VirtPage page, Cell<Pte> ptep) { forget_references(ctx, mm, page, ptep); });
  });
  if (policy_.clear_refs_flushes) {
    const VirtPage last = VirtPage{} + state_.geometry().user_pages();
    strategy_.classic_flush(ctx, {Invalidation::Scope::mm, mm, VirtPage{}, last});
  }
  if (counts) close_flush(ctx, mm);
  if (policy_.clear_refs_takes_sem_for_write) up_write(ctx, mm); else up_read(ctx, mm);
  leave(ctx, Call::clear_refs, first, pages);
  return outcome;
}

void Kernel::forget_references(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  if (!layout.is_present(seen)) return;
  if (policy_.clear_refs == ClearRefs::young) {
    strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::young, Pte{}});
    return;
  }
  const Pte old = strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::modify_start, Pte{}});
  strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::modify_commit, old.without(layout.write)});
}

}  // namespace mmulab
