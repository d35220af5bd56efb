// SPDX-License-Identifier: MIT
// What can be chosen about a ppc64 machine and its low-level software; plain data, filled from machine.ppc64.* and
// kernel.ppc64.*. Cycle costs that belong to a step are in the cost table, named in docs/models/ppc64.md; the ones
// here are those of hardware that acts by itself. Source: hardware.md 2.4, 2.6, 6.2; linux-gather.md 2.
#pragma once

#include "models/machine/tlb.h"
#include "models/machine/tlb_agents.h"
#include "models/ppc64/hash.h"

namespace mmulab {

/// What hardware does when two entries of the page table match (modelling.md 1, item 7).
enum class MultipleMatch : std::uint8_t { first, machine_check, either };

/// When a flush looks at the mm's cpumask to decide that this cpu alone is concerned.
enum class LocalSample : std::uint8_t {
  always_global,
  before_hpt,  ///< Linux 2.6: at the start, before the hash entries are cleared
  after_hpt,   ///< once no walk can find them any more
};

/// The most entries that one flush may name.
constexpr std::uint32_t ppc64_batch_entries_max = 1024;

struct Ppc64Params {
  // ---- hardware
  std::uint32_t pteg_count = 2048;        ///< machine.ppc64.pteg_count (2^n)
  TlbGeometry ierat{64, 2, Replacement::lru};   ///< machine.ppc64.ierat.{sets,ways,replacement}
  TlbGeometry derat{64, 2, Replacement::lru};   ///< machine.ppc64.derat.*
  TlbGeometry tlb{256, 4, Replacement::lru};    ///< machine.ppc64.tlb.*
  TlbAgents agents = TlbAgents::on_demand;      ///< check.tlb
  std::uint32_t slb_entries = 64;         ///< machine.ppc64.slb_entries, less the bolted ones
  MultipleMatch multiple_match = MultipleMatch::first;  ///< machine.ppc64.multiple_match
  bool parallel_search = false;           ///< machine.ppc64.parallel_search: both groups at once
  [[nodiscard]] bool forgets() const { return agents == TlbAgents::may_set; }
  // ---- tlbie bus
  Cycles tlbie_latency{1500};             ///< machine.ppc64.tlbie_latency: issue to completion
  Cycles tlbie_per_remote_socket{150};    ///< machine.ppc64.tlbie_per_remote_socket: more until it is done there
  Cycles snoop_stall{0};                  ///< machine.ppc64.snoop_stall: what each core loses to one tlbie
  bool one_tlbie_at_a_time = false;  ///< machine.ppc64.one_tlbie_at_a_time: the bus carries one, the rest queue
  std::uint32_t tlbie_queue = 8;          ///< machine.ppc64.tlbie_queue: outstanding ones a cpu may have
  // ---- software
  ppc64::VsidScheme vsid = ppc64::linux_2_6_22_vsid;  ///< kernel.ppc64.vsid: "2.6.22" | "modern"
  bool lockless_tlbie = false;            ///< machine.ppc64.lockless_tlbie (CPU_FTR_LOCKLESS_TLBIE)
  LocalSample local_sample = LocalSample::before_hpt;  ///< kernel.ppc64.local_sample
  bool compare_h = false;                 ///< kernel.ppc64.compare_h: software compares H, too
  // ---- switches for broken twins; the values here are Linux's
  bool tlbie_on_miss = true;              ///< kernel.ppc64.tlbie_on_miss: tlbie even if the HPTE is gone
  bool preset_c = true;                   ///< kernel.ppc64.preset_c; false: commit c5cf0e30bf3d's bug
  bool ptesync_after_tlbie = true;        ///< kernel.ppc64.ptesync_after_tlbie
  bool pte_update_honours_busy = true;    ///< kernel.ppc64.pte_update_honours_busy
  bool demotion_removes_whole = true;     ///< kernel.ppc64.demotion_removes_whole; false: as 629149fae478's bug
  bool whole_heeds_parts = false;         ///< kernel.ppc64.whole_heeds_parts; no Linux does
  bool huge_rights_with_busy = true;      ///< kernel.ppc64.huge_rights_with_busy; false: until 171aa2caaad1
};

}  // namespace mmulab
