// SPDX-License-Identifier: MIT
// Everything about a tagged machine and its kernel that a configuration may choose, as plain data. Hardware's keys are
// machine.tagged.<field>, costs machine.tagged.cost.<field>, software's kernel.tagged.<field> (bound in config.cpp).
// Defaults: a core of the Cortex-A72's size, and today's arm64 kernel.
#pragma once

#include <array>
#include <cstdint>

#include "models/machine/cost_table.h"
#include "models/radix/params.h"

namespace mmulab {

/// How an mm comes by its ASID: kernel.tagged.allocator.
enum class AsidAllocation : std::uint8_t {
  generations,  ///< arm64: a bitmap; a rollover reserves what is active, and each cpu flushes before its next switch
  versions,     ///< arm until 2012: a counter; a rollover flushes every TLB at once and tells nobody
};

/// Who kills translations on other cpus: kernel.tagged.invalidation.
enum class TaggedInvalidation : std::uint8_t {
  broadcast,  ///< arm64: the hardware, on every cpu
  ipi         ///< riscv: an interrupt to the cpus of mm_cpumask
};

/// Costs in core cycles. Each is set in the CostTable under "tagged_" + field.
struct TaggedCosts {
  Cycles l1_hit{4};       ///< a user access whose translation is in the first-level TLB
  Cycles stlb_hit{7};     ///< added when it is in the second level
  Cycles walk_start{12};  ///< a miss in all levels, before the first entry is read
  Cycles walk_level{14};  ///< each entry read, its line being held
  Cycles ad_assist{40};   ///< locked update that sets A or D
  Cycles page_fault{30};  ///< detecting a fault and dropping what is cached for its address
  Cycles root_load{60};   ///< writing the root and ASID register, and its barrier
  Cycles invalidate_page{40};
  Cycles invalidate_asid{60};
  Cycles invalidate_all{100};
  Cycles broadcast_page{60};  ///< issuing; the wait is broadcast_sync
  Cycles broadcast_asid{60};
  Cycles broadcast_all{60};
  Cycles broadcast_sync{500};  ///< until every cpu has done it
  Cycles pte_atomic{20};       ///< exchange or locked bit operation on a pte, its line being owned
  Cycles pte_store{2};         ///< plain store to a pte
  Cycles percpu{2};            ///< access to a word of this cpu's own
  Cycles cpumask_atomic{20};
  Cycles asid_read{4};      ///< reading an mm's context id, or the generation
  Cycles asid_exchange{20};  ///< compare-and-exchange on active_asids
  Cycles asid_search{40};    ///< searching the bitmap
  Cycles asid_update{10};    ///< storing a context id, setting a bit
  Cycles asid_rollover{60};  ///< beginning a new generation
  Cycles flush_setup{30};    ///< call, mask copy, choice of what to flush
  Cycles call_write{10};     ///< filling a call
  Cycles call_read{10};
  Cycles queue_add{20};
  Cycles queue_take{20};
  Cycles acknowledge{20};
  Cycles wait_test{5};
};

struct TaggedCostKey {
  const char* name;
  Cycles TaggedCosts::*field;
  const char* help;
};
extern const std::array<TaggedCostKey, 30> tagged_cost_keys;

struct TaggedParams : radix::HierarchyParams {
  TaggedParams();

  std::uint32_t asids = 4096;  ///< that the hardware tells apart, 0 included, which no mm gets
  bool broadcast = true;       ///< invalidations can be broadcast by hardware

  AsidAllocation allocator = AsidAllocation::generations;
  TaggedInvalidation invalidation = TaggedInvalidation::broadcast;
  std::uint32_t flush_ceiling = 512;  ///< more pages than this: the whole ASID (MAX_TLBI_OPS)

  /// A switch loads a root that leads nowhere before it takes the ASID (arm; arm64 where it emulates PAN). False: the
  /// old root stays until the new one is loaded (arm64 else, riscv).
  bool reserved_root_at_switch = true;

  // Faults; each false in a correct kernel unless it says otherwise.
  /// The previous mm's mm_cpumask loses this cpu at a switch, though entries survive under its ASID (82dd33fde026).
  bool clear_mask_at_switch = false;
  /// versions: a cpu that returns from idle to the mm that it borrowed looks at the mm's ASID again. False: before
  /// 8678c1f04277.
  bool check_lazy_return = true;
  /// active_asids is published before the flush that the rollover left pending (37f47e3d6253).
  bool publish_before_flush = false;
  /// A rollover takes every cpu's active ASID away, which shuts the fast path until its flush. False: it only looks.
  bool rollover_shuts_fast_path = true;
  /// The fast path exchanges active_asids whatever it holds (before a8ffaaa060b8).
  bool exchange_active_asids = false;
  /// The ASID that a flush names is read before the pte is changed (5e10f9887ed8, made visible to one order of memory).
  bool asid_read_before_clear = false;
  /// A flush reads the ASID behind the barrier that makes the pte's store visible (5e10f9887ed8). False: before it.
  bool barrier_before_asid = true;
  /// A pte is cleared by a load and a store (asm-generic; arm), not by an exchange (arm64, whose walkers set bits).
  bool pte_clear_stores = false;
  /// A flush names the ASID that the flushing cpu has loaded, whatever mm it is for (87962c4db7f5).
  bool flush_with_loaded_asid = false;

  TaggedCosts cost;
};

/// Names every cost in `costs`.
void set_costs(const TaggedCosts& cost, CostTable& costs);

}  // namespace mmulab
