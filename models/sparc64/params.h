// SPDX-License-Identifier: MIT
// What distinguishes one sparc64 machine from another, apart from costs. A field's configuration key is
// machine.sparc64.<field> for hardware and kernel.sparc64.<field> for software (bound in config.cpp).
// Defaults: UltraSPARC IIIi (hardware.md 3.1, 6.3) and Linux 2.6.22.
#pragma once

#include <vector>

#include "models/machine/tlb.h"
#include "models/sparc64/tsb_format.h"

namespace mmulab {

/// One structure of a TLB; all of one side are searched at once. A fill goes into the first that takes its size.
struct Sparc64TlbLevel {
  TlbGeometry geometry;   ///< .sets, .ways, .replacement = "lru" | "fifo" | "random"
  bool holds_8k = true;   ///< .holds_8k
  bool holds_4m = false;  ///< .holds_4m; a structure of several sets holds one size only
};

struct Sparc64Params {
  sparc64::TteFormat tte_format = sparc64::TteFormat::sun4u;  ///< tte_format = "sun4u" | "sun4v"
  /// A walker searches the TSB before a miss traps (T2).
  bool hardware_tsb_walk = false;  ///< hardware_tsb_walk
  std::vector<Sparc64TlbLevel> dtlb{{{512, 2, Replacement::lru}, true, false},
                                    {{512, 2, Replacement::lru}, false, true},
                                    {{1, 16, Replacement::lru}, true, true}};  ///< dtlb = [{...}]
  std::vector<Sparc64TlbLevel> itlb{{{64, 2, Replacement::lru}, true, false},
                                    {{1, 16, Replacement::lru}, true, true}};  ///< itlb = [{...}]

  unsigned context_bits = 13;  ///< context_bits
  /// A cpu demaps everything before it loads its first context of a new version. False: 2.6.22, which demaps only
  /// the active context and trusts the cpumask for all others.
  bool flush_all_after_wrap = true;  ///< flush_all_after_wrap

  std::uint32_t tsb_entries_first = 512;  ///< tsb_entries_first
  std::uint32_t tsb_entries_max = 8192;   ///< tsb_entries_max
  /// Entries of the second TSB, for 4M pages; 0: none.
  std::uint32_t huge_tsb_entries = 0;  ///< huge_tsb_entries
  /// The miss handler looks at the pte once more after it has locked the TSB entry. Linux does not.
  bool flush_replaced_tsb = false;  ///< flush_replaced_tsb
  /// A flush of one pte outside a lazy-mmu section empties the TSB before the TLBs (23a01138efe2). False: as
  /// f36391d2790d had it, so that a TLB may take the dead entry from the TSB again.
  bool flush_tsb_first = true;  ///< flush_tsb_first
  bool check_pte_under_tsb_lock = false;  ///< check_pte_under_tsb_lock
  /// fast_data_access_protection demaps the page on its own cpu before the fault is handled (an assumption).
  bool demap_on_protection = true;  ///< demap_on_protection

  /// Hardware latches a mondo even if the target has interrupts off; false: it is refused until the trap is taken.
  bool accept_at_delivery = true;  ///< accept_at_delivery
  /// Cheetah sends to many targets before it polls; Spitfire polls after each.
  bool pipelined_dispatch = true;  ///< pipelined_dispatch
  /// Wait after a NACK, times the number of targets that refused: 2 us.
  Cycles nack_delay{2560};  ///< nack_delay
  /// Entries of a request that is posted by value without waiting: a copy waits at the target.
  std::uint32_t posted_entries = 192;  ///< posted_entries
  /// A range of more pages demaps the context instead.
  std::uint64_t range_ceiling_pages = 192;  ///< range_ceiling_pages
};

}  // namespace mmulab
