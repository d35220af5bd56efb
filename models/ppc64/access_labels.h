// SPDX-License-Identifier: MIT
// The steps of a user access, whose costs both the ordered path and the run-ahead charge.
//   ERAT hit  erat_hit
//   TLB hit   erat_miss + erat_hit
//   walk      erat_miss + pteg_search (again if the secondary group is searched after the primary one; each plus
//             its line's transfer) + rc_update for each of R and C that was clear + tlb_fill + erat_hit
// Source of the latencies: hardware.md 6.2.
#pragma once

#include "sim/exec/label.h"

namespace mmulab::ppc64 {
extern const Label erat_hit;
extern const Label tlb_hit;
extern const Label walk_primary;
extern const Label walk_secondary;
extern const Label walk_rc;
extern const Label tlb_fill;
}  // namespace mmulab::ppc64
