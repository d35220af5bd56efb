// SPDX-License-Identifier: MIT
// Walks over a range of an mm, mmap_sem held: VMA by VMA, and pte by pte, one leaf table at a time under its PTL
// (walk_page_range of mm/pagewalk.c, change_protection_range of mm/mprotect.c). For .cpp files of the kernel only.
#pragma once

#include "models/mm/kernel.h"

namespace mmulab {

/// visit(vma, first, end) for the part of each VMA that lies in the range; bad_address from the first hole on.
template <class Visit>
Outcome Kernel::for_each_vma(Context& ctx, MmId mm, VirtPage first, VirtPage end, const Visit& visit) {
  VmaRecord vma;
  for (VirtPage at = first; at < end; at = vma.end) {
    if (!find_vma(ctx, mm, at, vma).exists() || vma.first > at) return Outcome::bad_address;
    visit(vma, at, vma.end < end ? vma.end : end);
  }
  return Outcome::ok;
}

/// visit(page, ptep) for every pte of the range whose table exists, with the strategy's hooks around each table. What
/// one visit has seen reaches the next one by `g` alone. Not every walk settles what others have pending.
template <class Visit>
void Kernel::for_each_pte(Context& ctx, MmId mm, VirtPage first, VirtPage end, Gather* g, Settles settles,
                          const Visit& visit) {
  Conclusion before(ctx);
  for (VirtPage page = first; page < end;) {
    const VirtPage border = state_.geometry().next_boundary(page, 1);
    const VirtPage last = border < end ? border : end;
    const PtePlace place = find_pte(ctx, mm, page);
    if (!place.exists) {
      page = last;
      continue;
    }
    locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
    strategy_.locked(ctx, g, mm, {place.ptl, place.ptl, false});
    if (settles == Settles::yes) strategy_.settle(ctx, mm, page, last);
    for (; page < last; page = page + Pages{1}) {
      visit(page, state_.entry(place.table, state_.geometry().index(page, 0)));
      if (g != nullptr) before.forget_all_but(place, page, *g); else before.forget_all_but(place, page);
    }
    strategy_.before_unlock(ctx, g, mm);
    locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
    if (g != nullptr) strategy_.after_unlock(ctx, *g);
    if (g != nullptr) before.forget_all_but(page, *g); else before.forget_all_but(page);
  }
  if (g != nullptr) before(*g);
}

}  // namespace mmulab
