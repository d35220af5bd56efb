// SPDX-License-Identifier: MIT
// Everything about an x86 machine that a configuration may choose, as plain data. Each field names its
// configuration key, which is the field's name under `machine.x86`; latencies sit one table deeper, under
// `machine.x86.cost`, where each key is a table {value, confidence, source}.
// Sources: hardware.md 1.1 to 1.5 and 6.1. Left out: PTI, protection keys, LA57's fifth walk-cache level, nested
// paging.
#pragma once

#include <array>
#include <cstdint>

#include "models/machine/cost_table.h"
#include "models/radix/params.h"

namespace mmulab {

/// Which kernel's shootdown: machine.x86.shootdown = "vectors8-2.6" | "tlb-gen-modern" (a kernel preset sets it).
enum class ShootdownStyle : std::uint8_t {
  vectors8_2_6,   ///< x86_64 2.6.22: 8 vectors, a slot and a lock each, mask acknowledgements
  tlb_gen_modern  ///< 6.x: tlb_gen per mm, 6 ASIDs a cpu, call_function with an acknowledgement a target
};

/// Costs in core cycles: machine.x86.cost.<field>. Each is set in the CostTable under "x86_" + field by
/// set_costs().
struct X86Costs {
  Cycles l1_hit{4};       ///< a user access whose translation is in the first-level TLB
  Cycles stlb_hit{8};     ///< added when it is in the second level
  Cycles walk_start{12};  ///< a miss in all levels, before the first entry is read
  Cycles walk_level{14};  ///< each entry read, its line being held
  Cycles ad_assist{40};   ///< locked update that sets A or D
  Cycles page_fault{30};  ///< detecting a fault and dropping what is cached for its address
  Cycles invlpg{200};
  Cycles invpcid_address{340};  ///< type 0
  Cycles invpcid_context{350};  ///< types 1, 2, 3
  Cycles cr3_flush{350};
  Cycles cr3_noflush{200};
  Cycles invlpgb{150};
  Cycles tlbsync{2000};
  Cycles pte_atomic{20};      ///< xchg or lock btr on a pte, its line being owned
  Cycles pte_store{2};        ///< plain store to a pte
  Cycles percpu{2};           ///< access to a word of this cpu's own bookkeeping
  Cycles cpumask_atomic{20};  ///< lock bts, btr on mm_cpumask
  Cycles tlb_gen_atomic{20};  ///< lock xadd on mm.tlb_gen
  Cycles flush_setup{30};     ///< call, mask copy, choice of what to flush
  Cycles request_write{10};   ///< filling a shootdown request
  Cycles request_read{10};
  Cycles target_check{5};   ///< should_flush_tlb for one target
  Cycles queue_add{20};     ///< llist_add on a target's call_single_queue
  Cycles queue_take{20};    ///< llist_del_all
  Cycles ipi_dispatch{50};  ///< from the interrupt's entry to the flush function
  Cycles acknowledge{20};   ///< clearing the mask bit, or csd_unlock
  Cycles wait_test{5};      ///< one look at an acknowledgement
};

/// Every field of X86Costs by its key.
struct X86CostKey {
  const char* name;
  Cycles X86Costs::*field;
  const char* help;
};
extern const std::array<X86CostKey, 27> x86_cost_keys;

using X86TlbArray = radix::TlbArray;  ///< machine.x86.<name>_sets, machine.x86.<name>_ways

struct X86Params : radix::HierarchyParams {
  bool pcid = true;
  bool invpcid = true;
  bool broadcast = false;             ///< INVLPGB and TLBSYNC; every mm then has a PCID of its own on all cpus
  std::uint32_t broadcast_pages = 8;  ///< pages one INVLPGB reaches (CPUID 8000_0008 EDX + 1)

  ShootdownStyle shootdown = ShootdownStyle::tlb_gen_modern;
  std::uint32_t flush_ceiling = 33;   ///< more pages than this: flush everything; 1 for 2.6
  std::uint32_t shootdown_slots = 8;  ///< NUM_INVALIDATE_TLB_VECTORS of 2.6
  std::uint32_t asids = 6;            ///< TLB_NR_DYN_ASIDS
  /// Modern: a lazy cpu is not interrupted unless page tables were freed. False: it always is.
  bool skip_lazy = true;
  /// ... and if tables were, it is, since it speculates (2ff6ddf19c0e). False: 4.14's first attempts (E24).
  bool freed_tables_reach_lazy = true;
  /// 2.6: switch_mm clears its bit in the old mask before CR3 changes, as it did (E25b). False: afterwards.
  bool clear_mask_first = true;
  /// Modern: switch_mm clears its bit in the old mask (4.15 to 6.13). False: a receiver that runs something else
  /// does.
  bool clear_mask_on_switch = false;
  /// Modern, a broken twin: switch_mm reads tlb_gen before it sets its bit in the mask.
  bool gen_before_mask = false;
  /// Modern: where a switch finds its mask bit set, a full barrier stands between the store of loaded_mm and the load
  /// of tlb_gen, as the atomic operation would have been one (6.18, 83b0177a6c48). False: 6.13 to 6.17 (E25).
  bool switch_barrier = false;
  /// Modern: a cpu that leaves lazy mode has one between the store of is_lazy and the load of tlb_gen (145f573b89a6).
  bool lazy_barrier = true;

  X86Costs cost;
};

/// Names every x86 cost in `costs`.
void set_costs(const X86Costs& cost, CostTable& costs);

}  // namespace mmulab
