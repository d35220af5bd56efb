// SPDX-License-Identifier: MIT
// munmap and mmap. Source: mm/mmap.c (do_munmap, unmap_region, free_pgtables with the ends of the neighbouring VMAs as
// floor and ceiling; do_mmap_pgoff). mmap_sem for write.
// 2.6 unmaps, then unlinks VMAs from rmap, then frees tables, within one gather.
#include "models/mm/kernel.h"

namespace mmulab {

Outcome Kernel::munmap(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::munmap, first, pages);
  down_write(ctx, mm);
  const bool fits = has_room(ctx, mm, 2);
  if (fits) unmap_region(ctx, mm, first, first + pages);
  up_write(ctx, mm);
  leave(ctx, Call::munmap, first, pages);
  return fits ? Outcome::ok : Outcome::no_memory;
}

/// do_munmap; mmap_sem held for write.
void Kernel::unmap_region(Context& ctx, MmId mm, VirtPage first, VirtPage end) {
  const Conclusion nothing(ctx);
  split_vma(ctx, mm, first);
  split_vma(ctx, mm, end);
  Gather g;
  g.mm = mm;
  g.kind = GatherKind::unmap;
  g.first = first;
  g.end = end;
  strategy_.begin(ctx, g);
  VmaRecord vma;
  std::uint32_t vmas = 0;
  for (VirtPage at = first; at < end; at = vma.end, ++vmas) {
    const VmaId id = find_vma(ctx, mm, at, vma);
    if (!id.exists() || vma.first >= end) break;
    unmap_vma(ctx, g, id, vma.first, vma.end);
  }
  for (; vmas > 0; --vmas) remove_vma(ctx, mm, find_vma(ctx, mm, first, vma));
  free_page_tables(ctx, g, {first, end}, hole_around(ctx, mm, first));
  strategy_.end(ctx, g);
}

Outcome Kernel::mmap(Context& ctx, const VmaRecord& record) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::mmap, record.first, record.end - record.first);
  down_write(ctx, mm);
  VmaRecord other;
  const bool free = has_room(ctx, mm, 1) &&
                    (!find_vma(ctx, mm, record.first, other).exists() || other.first >= record.end);
  if (free && record.huge) port_.open_huge_range(ctx, mm, record.first, record.end);
  if (free) insert_vma(ctx, mm, record);
  up_write(ctx, mm);
  leave(ctx, Call::mmap, record.first, record.end - record.first);
  return free ? Outcome::ok : Outcome::bad_address;
}

}  // namespace mmulab
