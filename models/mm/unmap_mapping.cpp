// SPDX-License-Identifier: MIT
// unmap_mapping_range: every mapping of a file's pages is zapped from the side, mmap_sem not held, i_mmap_lock (a
// spinlock in 2.6) held throughout. Source: mm/memory.c (unmap_mapping_range, unmap_mapping_range_vma). The
// prio_tree is the array of all VMAs in mm order. Left out: the restart address after a contended lock (nobody but
// the same call takes i_mmap_lock here), nonlinear mappings, truncate_count.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label look{"i_mmap.next", "find_vma"};
}  // namespace

Outcome Kernel::unmap_mapping(Context& ctx, FileId file, std::uint64_t first, Pages pages) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::unmap_mapping, VirtPage{first}, pages);
  const auto lock = state_.file(file, FileFields::i_mmap_lock);
  locks_.spin_lock(ctx, lock, LockClass::i_mmap);
  for (std::uint32_t m = 0; m < state_.limits().mms; ++m) {
    const MmId mm{m};
    const auto users = state_.mm_users(mm);
    const auto count = state_.mm_vma_count(mm);
    const std::uint64_t vmas =
        ctx.step(look, reads(users, count), [&](Access& a) { return a.read(users) == 0 ? 0 : a.read(count); });
    for (std::uint32_t n = 0; n < vmas; ++n) {
      VmaRecord vma;
      read_vma(ctx, state_.vma_of(mm, n), vma);
      const bool maps =
          (vma.kind == VmaKind::file_shared || vma.kind == VmaKind::file_private || vma.kind == VmaKind::pfnmap) &&
          vma.file == file;
      const std::uint64_t vma_end = vma.offset_pages + (vma.end - vma.first).raw();
      if (!maps || vma.offset_pages >= first + pages.raw() || vma_end <= first) continue;
      const std::uint64_t begin = std::max(first, vma.offset_pages);
      const std::uint64_t end = std::min(first + pages.raw(), vma_end);
      zap_page_range(ctx, mm, state_.vma_of(mm, n), vma.first + Pages{begin - vma.offset_pages},
                     vma.first + Pages{end - vma.offset_pages}, GatherKind::truncate, OuterLock::i_mmap_lock);
    }
  }
  locks_.spin_unlock(ctx, lock, LockClass::i_mmap);
  leave(ctx, Call::unmap_mapping, VirtPage{first}, pages);
  return Outcome::ok;
}

}  // namespace mmulab
