// SPDX-License-Identifier: MIT
// NUMA hints: change_prot_numa, change_protection with MM_CP_PROT_NUMA (mm/mempolicy.c, mm/mprotect.c), do_numa_page
// (mm/memory.c). mmap_sem for read; the pte stays present for the kernel and forbids every user access, so that the
// next one faults. The flush is deferred past the PTL: in a gather, or (before mprotect gathered) once at the end
// with tlb_flush_pending set meanwhile. Left out: who is told and where to (task_numa_fault), scan rates, rate
// limits, huge pages; there are no hints on an architecture whose ptes cannot say so. Cost: kernel.cost.pte_read a
// pte and its change.
#include "models/mm/range_walk.h"

namespace mmulab {
namespace {
const Label read_pte{"numa.read_pte", "pte_read"};
}  // namespace

Outcome Kernel::protnone(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::protnone, first, pages);
  down_read(ctx, mm);
  Outcome outcome = Outcome::ok;
  if (port_.pte().has_protnone()) {
    const bool counts = !policy_.mprotect_gathers && policy_.flush_pending != FlushPending::none;
    Gather g;
    g.mm = mm;
    g.kind = GatherKind::protnone;
    g.outer = OuterLock::mmap_sem_read;
    g.first = first;
    g.end = first + pages;
    if (counts) open_flush(ctx, mm);
    if (policy_.mprotect_gathers) strategy_.begin(ctx, g);
    outcome = for_each_vma(ctx, mm, first, g.end, [&](const VmaRecord& vma, VirtPage begin, VirtPage end) {
      if (vma.kind != VmaKind::anonymous) return;
      for_each_pte(ctx, mm, begin, end, policy_.mprotect_gathers ? &g : nullptr, Settles::yes,
                   [&](VirtPage page, Cell<Pte> ptep) { give_hint(ctx, g, page, ptep); });
    });
    if (policy_.mprotect_gathers) strategy_.end(ctx, g);
    else strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, first, g.end});
    if (counts) close_flush(ctx, mm);
  }
  up_read(ctx, mm);
  leave(ctx, Call::protnone, first, pages);
  return outcome;
}

void Kernel::give_hint(Context& ctx, Gather& g, VirtPage page, Cell<Pte> ptep) {
  const PteLayout& layout = port_.pte();
  Gather* gather = policy_.mprotect_gathers ? &g : nullptr;
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  if (!layout.is_present(seen) || layout.is_protnone(seen) || layout.frame(seen) == KernelState::zero_frame()) return;
  const Pte old = strategy_.pte_op(ctx, gather, {g.mm, page, ptep, PteAction::modify_start, Pte{}});
  const Pte hint = layout.protnone(old);
  strategy_.pte_op(ctx, gather, {g.mm, page, ptep, PteAction::modify_commit, hint});
  if (gather != nullptr) strategy_.note(ctx, g, {g.mm, page, old, hint, false});
}

/// do_numa_page: moves the page, whose pte stays a hint until then (migrate_misplaced_page of huge pages since 3.8, of
/// all pages since 6.x), or takes the hint away.
void Kernel::numa_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, AccessKind kind,
                        const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  bool moves = policy_.numa_fault_migrates && state_.has_rmap_walks();
  for (bool done = false; !done;) {
    locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
    const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
    const bool same = layout.same(now, seen);
    const AnonPage anon{layout.frame(now), vma.offset_pages + (page - vma.first).raw()};
    if (same && moves) get_page(ctx, anon.frame);
    else if (same) take_hint(ctx, mm, page, place.pte, kind);
    locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
    done = !same || !moves;
    if (done) return;
    done = migrate_page(ctx, mm, page, anon);
    give_back(ctx, anon);
    moves = false;
  }
}

void Kernel::take_hint(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, AccessKind kind) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const Pte old = strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::modify_start, Pte{}});
  const Pte plain = layout.accessible(old).with(layout.accessed);
  strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::modify_commit, plain});
  port_.update_mmu_cache(ctx, mm, page, plain, kind);
}

}  // namespace mmulab
