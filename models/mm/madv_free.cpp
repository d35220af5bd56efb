// SPDX-License-Identifier: MIT
// madvise(MADV_FREE): madvise_free_single_vma, madvise_free_pte_range of mm/madvise.c, mark_page_lazyfree of mm/swap.c.
// mmap_sem for read, one gather; ptes become old and clean, and the page is no longer backed by swap: reclaim drops it
// (reclaim_anon.cpp) unless a pte has become dirty again. Left out: pages that are shared (as in Linux) or locked, huge
// pages. Cost: kernel.cost.pte_read a pte, the pte's changes, page_ref a page.
#include "models/mm/range_walk.h"

namespace mmulab {
namespace {

const Label read_pte{"madv_free.read_pte", "pte_read"};
const Label test_page{"madv_free.test_page", "page_ref"};
const Label mark_lazyfree{"madv_free.mark_lazyfree", "page_ref", Ordering::atomic};

}  // namespace

Outcome Kernel::madvise_free(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::madv_free, first, pages);
  down_read(ctx, mm);
  const Outcome outcome =
      for_each_vma(ctx, mm, first, first + pages, [&](const VmaRecord& vma, VirtPage begin, VirtPage end) {
        if (vma.kind != VmaKind::anonymous) return;
        Gather g;
        g.mm = mm;
        g.kind = GatherKind::madv_free;
        g.outer = OuterLock::mmap_sem_read;
        g.first = begin;
        g.end = end;
        strategy_.begin(ctx, g);
        for_each_pte(ctx, mm, begin, end, &g, Settles::yes,
                     [&](VirtPage page, Cell<Pte> ptep) { free_lazily(ctx, g, page, ptep); });
        strategy_.end(ctx, g);
      });
  up_read(ctx, mm);
  leave(ctx, Call::madv_free, first, pages);
  return outcome;
}

void Kernel::free_lazily(Context& ctx, Gather& g, VirtPage page, Cell<Pte> ptep) {
  const PteLayout& layout = port_.pte();
  const Pte seen = ctx.step(read_pte, reads(ptep), [&](Access& a) { return a.read(ptep); });
  if (layout.is_entry(seen) && layout.entry_kind(seen) == EntryKind::swap) zap_entry(ctx, g.mm, page, ptep, seen);
  if (!layout.is_present(seen) || layout.frame(seen) == KernelState::zero_frame()) return;
  const auto mapcount = state_.frame(layout.frame(seen), FrameFields::mapcount);
  const auto flags = state_.frame(layout.frame(seen), FrameFields::flags);
  const bool own = ctx.step(test_page, reads(mapcount, flags),
                            [&](Access& a) { return a.read(mapcount) == 1 && (a.read(flags) & frame_locked) == 0; });
  if (!own) return;
  if ((seen.raw() & (layout.accessed | layout.dirty)) != 0) {
    const Pte old = strategy_.pte_op(ctx, &g, {g.mm, page, ptep, PteAction::modify_start, Pte{}});
    const Pte clean = old.without(layout.accessed | layout.dirty);
    strategy_.pte_op(ctx, &g, {g.mm, page, ptep, PteAction::modify_commit, clean});
    strategy_.note(ctx, g, {g.mm, page, old, clean, false});
  }
  ctx.step(mark_lazyfree, writes(flags), [&](Access& a) {
    a.write(flags, (a.read(flags) & ~std::uint64_t{frame_dirty}) | frame_lazyfree);
    Event event{EventKind::page_lazyfreed};
    event.frame = layout.frame(seen);
    emit(a, event);
  });
}

}  // namespace mmulab
