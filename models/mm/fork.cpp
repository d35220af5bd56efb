// SPDX-License-Identifier: MIT
// fork: dup_mmap of kernel/fork.c, copy_page_range, copy_pte_range, copy_one_pte of mm/memory.c. The parent's
// mmap_sem for write; both PTLs; a private writable pte is write-protected in the parent and copied so; the
// parent's stale write rights die in flush_tlb_mm before mmap_sem is dropped (2.6) or in a gather. Shared file
// VMAs are skipped and faulted in later. Left out: anon_vma, file references, VM_DONTCOPY.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_pte{"fork.read_pte", "pte_read"};
const Label contended{"fork.need_resched", "test_flag"};

}  // namespace

Outcome Kernel::fork(Context& ctx, TaskId child, MmId child_mm) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::fork, VirtPage{}, state_.geometry().user_pages());
  open_mm(ctx, child_mm);
  down_write(ctx, mm);
  Gather g;
  g.mm = mm;
  g.kind = GatherKind::fork;
  g.end = VirtPage{} + state_.geometry().user_pages();
  if (policy_.fork_gathers) strategy_.begin(ctx, g);
  const std::uint32_t vmas = vma_count(ctx, mm);
  for (std::uint32_t n = 0; n < vmas; ++n) {
    VmaRecord vma;
    read_vma(ctx, state_.vma_of(mm, n), vma);
    insert_vma(ctx, child_mm, vma);
    if (vma.kind != VmaKind::file_shared) copy_vma(ctx, mm, child_mm, vma, policy_.fork_gathers ? &g : nullptr);
  }
  if (policy_.fork_gathers) strategy_.end(ctx, g);
  else if (policy_.fork_flushes) strategy_.classic_flush(ctx, {Invalidation::Scope::mm, mm, VirtPage{}, g.end});
  up_write(ctx, mm);
  start(ctx, child, child_mm);
  leave(ctx, Call::fork, VirtPage{}, state_.geometry().user_pages());
  return Outcome::ok;
}

void Kernel::copy_vma(Context& ctx, MmId from, MmId to, const VmaRecord& vma, Gather* g) {
  for (VirtPage page = vma.first; page < vma.end;) {
    page = copy_table(ctx, from, to, vma, page, vma.end, g);
    scheduler_.cond_resched(ctx);
  }
}

/// copy_pte_range: within one table of the source, until both locks are wanted elsewhere; returns where it
/// stopped.
VirtPage Kernel::copy_table(Context& ctx, MmId from, MmId to, const VmaRecord& vma, VirtPage first, VirtPage end,
                            Gather* g) {
  const VirtPage border = state_.geometry().next_boundary(first, 1);
  const VirtPage last = border < end ? border : end;
  const PtePlace source = find_pte(ctx, from, first);
  if (!source.exists) return last;
  const PtePlace target = allocate_pte(ctx, to, first);
  locks_.spin_lock(ctx, target.ptl, LockClass::ptl);
  locks_.spin_lock(ctx, source.ptl, LockClass::ptl);
  strategy_.locked(ctx, g, from, {source.ptl, target.ptl, true});
  VirtPage page = first;
  std::uint32_t progress = 0;
  const auto resched = state_.task_need_resched(ctx.task());
  for (; page < last; page = page + Pages{1}) {
    if (progress >= policy_.copy_progress_units) {
      progress = 0;
      if (ctx.step(contended, reads(resched), [&](Access& a) { return a.read(resched); })) break;
    }
    const std::uint32_t index = state_.geometry().index(page, 0);
    const bool copied = copy_pte(ctx, from, to, vma, page, state_.entry(source.table, index),
                                 state_.entry(target.table, index), g);
    progress += copied ? 8 : 1;
  }
  strategy_.before_unlock(ctx, g, from);
  locks_.spin_unlock(ctx, source.ptl, LockClass::ptl);
  locks_.spin_unlock(ctx, target.ptl, LockClass::ptl);
  if (g != nullptr) strategy_.after_unlock(ctx, *g);
  return page;
}

bool Kernel::copy_pte(Context& ctx, MmId from, MmId to, const VmaRecord& vma, VirtPage page, Cell<Pte> source,
                      Cell<Pte> target, Gather* g) {
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(source), [&](Access& a) { return a.read(source); });
  if (!layout.is_present(seen))
    return !layout.none(seen) && copy_entry(ctx, from, to, page, seen, source, target);
  Pte copy = seen.without(layout.accessed | layout.ignored);
  const bool cow = vma.kind == VmaKind::anonymous || vma.kind == VmaKind::file_private;
  if (cow && layout.rights(seen).write) {
    strategy_.pte_op(ctx, g, {from, page, source, PteAction::wrprotect, Pte{}});
    copy = copy.without(layout.write);
    if (g != nullptr) strategy_.note(ctx, *g, {from, page, seen, seen.without(layout.write), false});
  }
  const Frame frame = layout.frame(seen);
  if (counted(frame) && vma.kind != VmaKind::pfnmap) {
    get_page(ctx, frame);
    add_rmap(ctx, frame);
    count_rss(ctx, to, 1);
  }
  strategy_.pte_op(ctx, g, {to, page, target, PteAction::set, copy});
  return true;
}

}  // namespace mmulab
