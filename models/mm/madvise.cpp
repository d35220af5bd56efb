// SPDX-License-Identifier: MIT
// madvise(MADV_DONTNEED) and read(/dev/zero) into private memory. Source: mm/madvise.c (madvise_dontneed);
// drivers/char/mem.c (read_zero_pagealigned) of 2.6.20: zap_page_range, then zeromap_page_range, both with
// mmap_sem held for read, which is what lets another thread fault the page in again between the two.
#include "models/mm/kernel.h"

namespace mmulab {

Outcome Kernel::madvise_dontneed(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  const VirtPage end = first + pages;
  enter(ctx, Call::dontneed, first, pages);
  const bool exclusive = policy_.dontneed_takes_sem_for_write;
  if (exclusive) down_write(ctx, mm); else down_read(ctx, mm);
  Outcome outcome = Outcome::ok;
  for (VirtPage at = first; at < end;) {
    VmaRecord vma;
    const VmaId id = find_vma(ctx, mm, at, vma);
    if (!id.exists() || vma.first > at) {
      outcome = Outcome::bad_address;
      break;
    }
    const VirtPage last = vma.end < end ? vma.end : end;
    zap_page_range(ctx, mm, id, at, last, GatherKind::dontneed,
                   exclusive ? OuterLock::mmap_sem_write : OuterLock::mmap_sem_read);
    at = last;
  }
  if (exclusive) up_write(ctx, mm); else up_read(ctx, mm);
  leave(ctx, Call::dontneed, first, pages);
  return outcome;
}

Outcome Kernel::zero_read(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  const VirtPage end = first + pages;
  enter(ctx, Call::zero_read, first, pages);
  Outcome outcome = Outcome::ok;
  if (!policy_.zero_read_remaps) {
    // clear_user: the kernel stores zeroes through the user's own mapping.
    for (VirtPage page = first; page < end && outcome == Outcome::ok; page = page + Pages{1}) {
      nothing.forget_all_but(page);
      outcome = access(ctx, start_of(page, state_.geometry().page_shift()), AccessKind::store);
    }
    leave(ctx, Call::zero_read, first, pages);
    return outcome;
  }
  down_read(ctx, mm);
  for (VirtPage at = first; at < end;) {
    VmaRecord vma;
    const VmaId id = find_vma(ctx, mm, at, vma);
    if (!id.exists() || vma.first > at || vma.kind != VmaKind::anonymous) {
      outcome = Outcome::bad_address;
      break;
    }
    const VirtPage last = vma.end < end ? vma.end : end;
    zap_page_range(ctx, mm, id, at, last, GatherKind::zero_read, OuterLock::mmap_sem_read);
    zero_map_range(ctx, mm, at, last);
    at = last;
  }
  up_read(ctx, mm);
  leave(ctx, Call::zero_read, first, pages);
  return outcome;
}

}  // namespace mmulab
