// SPDX-License-Identifier: MIT
// Anonymous pages found by their frame: rmap_walk_anon, page_vma_mapped_walk of mm/rmap.c, mm/page_vma_mapped.c. Every
// address space is asked for VMAs that would show the page's index (several after mremap, in the order of addresses);
// their ptes say whether they do. The anon_vma lock
// keeps VMAs, and with them page tables, in place; it is one for all, and only there if the workload has such walks.
// Left out: anon_vma chains (all mms are looked at), private pages of files. Cost: kernel.cost.find_vma an mm,
// table_step a level, pte_read. For .cpp files of the kernel only.
#pragma once

#include "models/mm/kernel.h"

namespace mmulab {

/// visit(mapping) -> go on, under its PTL, for each pte that may show the page; how many ptes were looked at.
template <class Visit>
std::uint32_t Kernel::for_each_mapping(Context& ctx, const AnonPage& anon, const Visit& visit) {
  std::uint32_t visited = 0;
  bool more = true;
  lock_anon_vma(ctx);
  for (std::uint32_t m = 0; m < state_.limits().mms && more; ++m) {
    Mapping at;
    at.mm = MmId{m};
    do {
      at.more = false;
      if (!find_mapping(ctx, anon, at)) continue;
      ++visited;
      more = visit(at);
      locks_.spin_unlock(ctx, at.place.ptl, LockClass::ptl);
    } while (at.more && more);
  }
  unlock_anon_vma(ctx);
  return visited;
}

}  // namespace mmulab
