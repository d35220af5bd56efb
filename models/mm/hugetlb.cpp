// SPDX-License-Identifier: MIT
// Mappings of huge pages (VM_HUGETLB): anonymous memory whose pages have the architecture's huge size. A huge page has
// one page struct, one pte, where that of its first base page would be, and one reference; its frame's number counts
// huge pages. Source: mm/hugetlb.c (hugetlb_fault, hugetlb_no_page, clear_huge_page). Left out: hugetlbfs files, the
// pool and its reservations, fork and copy-on-write, mprotect (the workload's checks refuse them), the mutex around
// faults (whoever is slower gives his page back). Cost: kernel.cost.clear_mebibyte for each, and as any other fault.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label read_pte{"hugetlb.read_pte", "pte_read"};
const Label clear_part{"hugetlb.clear_page", "clear_mebibyte"};

}  // namespace

/// The page itself; in a mapping of huge pages, the first one of its huge page.
VirtPage Kernel::mapped_page(const VmaRecord& vma, VirtPage page) const {
  const unsigned order = vma.huge ? state_.geometry().huge_order() : 0;
  return VirtPage{page.raw() >> order << order};
}

/// Between two parts the cpu may be given away (cond_resched).
void Kernel::clear_huge_page(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  const auto content = state_.frame(frame, FrameFields::content);
  const unsigned shift = state_.geometry().page_shift().raw() + state_.geometry().huge_order();
  for (std::uint64_t cleared = 0; cleared < std::uint64_t{1} << shift; cleared += std::uint64_t{1} << 20) {
    ctx.step(clear_part, writes(content), [&](Access& a) { a.write(content, std::uint64_t{0}); });
    scheduler_.cond_resched(ctx);
  }
}

void Kernel::hugetlb_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const PtePlace place = allocate_pte(ctx, mm, page);
  const Pte seen = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  if (layout.is_present(seen)) return make_young(ctx, mm, vma, page, seen, kind, place);
  if (!layout.none(seen)) return;
  const Frame frame = allocate_page(ctx, {mm, page});
  clear_huge_page(ctx, frame);
  // make_huge_pte: what may be written is dirty from the start.
  const Pte value = layout.make(frame, vma.rights).with(layout.accessed | (vma.rights.write ? layout.dirty : 0));
  map_page(ctx, mm, page, place, value, kind, nullptr, false);
}

}  // namespace mmulab
