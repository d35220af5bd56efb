// SPDX-License-Identifier: MIT
// Pages that the hardware comes to translate in parts. Source: Linux 2.6.25 arch/powerpc/mm/subpage_prot.c
// (sys_subpage_prot: mmap_sem for write, demote_segment_4k). Left out: what the call is for, rights of single parts,
// and the flush of the pages that get some (hpte_flush_range). Cost: the port's.
#include "models/mm/kernel.h"

namespace mmulab {

Outcome Kernel::demote(Context& ctx, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::demote, first, pages);
  down_write(ctx, mm);
  port_.demote_range(ctx, mm, first, first + pages);
  up_write(ctx, mm);
  leave(ctx, Call::demote, first, pages);
  return Outcome::ok;
}

}  // namespace mmulab
