// SPDX-License-Identifier: MIT
// What a core with hardware-walked page tables may look like: its TLBs and its caches of upper-level entries. An array
// with 0 ways does not exist. Sources of geometries: hardware.md 1.1. Left out: LA57's fifth walk-cache level, nested
// paging.
#pragma once

#include <cstdint>

#include "models/machine/tlb.h"
#include "models/machine/tlb_agents.h"
#include "sim/units/units.h"

namespace mmulab::radix {

/// What the second level of a TLB holds of what the first one does.
enum class TlbLevels : std::uint8_t {
  independent,  ///< a miss fills both, and each forgets by itself
  inclusive,    ///< the same, and what the second level forgets the first one loses
  exclusive,    ///< a miss fills the first; what that forgets the second takes, and gives back when it is used
};

/// One TLB array: sets a power of two, ways 0 = none.
struct TlbArray {
  std::uint32_t sets = 1;
  std::uint32_t ways = 0;
};

struct HierarchyParams {
  TlbArray dtlb_4k{16, 4};
  TlbArray dtlb_2m{8, 4};  ///< also holds 1G pages when there is no dtlb_1g
  TlbArray dtlb_1g{1, 4};
  bool dtlb_unified = false;  ///< dtlb_4k holds pages of every size; then no dtlb_2m, dtlb_1g
  TlbArray itlb_4k{16, 8};
  TlbArray itlb_2m{1, 8};  ///< also holds 1G pages
  bool itlb_unified = false;  ///< itlb_4k holds pages of every size
  TlbArray stlb{128, 12};
  bool stlb_holds_2m = true;
  bool stlb_instructions = true;  ///< instruction translations use the stlb, too
  TlbArray stlb_2m{1, 0};         ///< a second-level array of its own for 2M pages
  TlbArray stlb_1g{4, 4};
  TlbArray stlb_code{1, 0};  ///< a second level for instruction fetches alone; 4K and 2M

  Replacement replacement = Replacement::lru;  ///< of the TLBs; the paging-structure caches forget the least used
  TlbLevels levels = TlbLevels::independent;

  /// Paging-structure caches, by the entry that they hold.
  TlbArray psc_pde{8, 4};
  TlbArray psc_pdpte{1, 4};
  TlbArray psc_pml4e{1, 2};

  TlbAgents agents = TlbAgents::on_demand;
};

/// What an access costs beyond its steps' labels.
struct AccessCosts {
  Cycles second_level_hit;  ///< added to a hit that is in the second level only
  Cycles walk_start;        ///< added to the first entry that a walk reads
};

}  // namespace mmulab::radix
