// SPDX-License-Identifier: MIT
// The memory-management unit of every x86 core: registers, TLB lookup, the page walk, the A/D assist, and the
// instructions that invalidate. Source: Intel SDM vol. 3, 4.8 (A and D), 4.10 (caching), 4.10.4 (invalidation);
// hardware.md 1.5. A walk reads one entry a step and may be overtaken between two of them; every invalidation on a
// hardware thread kills that thread's walks in flight, as hardware drains them. A is set by a locked update before
// an entry is used, at every level; D by a locked update at the first store through an entry without it, which
// looks at P and W again (a store never leaves a D bit in an entry that lost them). A fault drops what is cached
// for its page. Left out: instruction and data caches, concurrent walkers of one thread, prefetch (but see
// speculative_fill), PTI, nested paging. Cost: x86_l1_hit an access, + x86_stlb_hit from the second level; after a
// miss x86_walk_start + x86_walk_level an entry + x86_ad_assist a locked update, and the transfer of every line
// not held.
#pragma once

#include "models/mm/port.h"
#include "models/mm/state.h"
#include "models/x86/tlb_hierarchy.h"

namespace mmulab::x86 {

enum class InvpcidType : std::uint8_t { address = 0, context = 1, all = 2, all_non_global = 3 };

/// One attempt to translate, between two of its steps.
struct Walk {
  enum class Status : std::uint8_t { filled, interrupted, not_present, protection };

  CoreId core;
  MmId mm;
  std::uint32_t tag = 0;
  VirtPage page;
  AccessKind kind = AccessKind::load;
  bool speculative = false;
  /// Holds page + 1 while this walk may still fill.
  Cell<std::uint64_t> in_flight;
  std::size_t level = 0;
  TableId table;
  std::uint64_t rights = pte_write | pte_user;
  /// The level of the paging-structure cache that gave `table`; 0 if CR3 did.
  std::size_t from_psc = 0;
  bool begun = false;
  std::uint64_t entry = 0;

  /// Goes one level down, to the table that a walk cache's data word names.
  void follow(std::uint64_t cached) {
    table = TableId{frame_of(cached).raw()};
    rights = cached & rights_mask;
    --level;
  }
};

/// What a paging-structure cache keeps of an entry: the next table, and the rights of all levels down to here.
[[nodiscard]] constexpr std::uint64_t walk_cache_data(std::uint64_t rights_above, std::uint64_t entry) {
  return (entry & pte_frame_mask) | (combine_rights(rights_above, entry) & rights_mask) | pte_present;
}

/// What an entry means to a walk.
enum class Reading : std::uint8_t { descend, leaf, assist, not_present, protection, overtaken };
[[nodiscard]] Reading judge(std::uint64_t entry, std::uint64_t rights_above, std::size_t level, AccessKind kind,
                            bool speculative);
[[nodiscard]] constexpr bool is_leaf(std::uint64_t entry, std::size_t level) {
  return level == 0 || (level <= leaf_level_max && (entry & pte_large) != 0);
}
/// The rights of a translation's data word, as events give them.
[[nodiscard]] std::uint64_t rights_bits(std::uint64_t data, unsigned size);

class Mmu {
 public:
  Mmu(const KernelState& state, const Machine& machine, const X86Params& params);

  // ---- user accesses
  AccessResult access(Context& ctx, VirtAddr va, AccessKind kind);
  /// A prefetch or a wrong path translates `page` of `mm` on the context's cpu, if its CR3 leads there (so on a
  /// lazy cpu, too): sets A, never D, never faults.
  void speculative_fill(Context& ctx, MmId mm, VirtPage page);

  // ---- instructions
  /// MOV to CR3: the tables of `mm`, or the kernel's own if there is none. `flush` is the complement of bit 63.
  void load_cr3(Context& ctx, MmId mm, std::uint32_t pcid, bool flush);
  /// MOV of CR3 to itself: the non-global entries of the current PCID.
  void flush_current(Context& ctx);
  void invlpg(Context& ctx, VirtPage page);
  void invpcid(Context& ctx, InvpcidType type, std::uint32_t pcid, VirtPage page);
  /// INVLPGB with VA and PCID set: [first, first + pages), or the whole PCID if `pages` is 0, on every core.
  void invlpgb(Context& ctx, std::uint32_t pcid, VirtPage first, std::uint32_t pages);
  void tlbsync(Context& ctx);

  // ---- registers; this cpu's own are constant between its steps
  [[nodiscard]] Cell<MmId> mm_register(CpuId cpu) const { return registers_.cell<MmId>(cpu.raw(), mm_word); }
  [[nodiscard]] Cell<std::uint64_t> pcid_register(CpuId cpu) const {
    return registers_.cell<std::uint64_t>(cpu.raw(), pcid_word);
  }
  [[nodiscard]] Cell<TableId> root_register(CpuId cpu) const {
    return registers_.cell<TableId>(cpu.raw(), root_word);
  }
  [[nodiscard]] Cell<std::uint64_t> walk_in_flight(CpuId cpu, bool speculative) const {
    return registers_.cell<std::uint64_t>(cpu.raw(), speculative ? speculative_walk_word : walk_word);
  }
  [[nodiscard]] std::uint32_t tag_on(const World& world, CpuId cpu) const {
    return tag_of(tlbs_.thread_of(cpu), static_cast<std::uint32_t>(world.load(pcid_register(cpu))));
  }
  [[nodiscard]] const TlbHierarchy& tlbs() const { return tlbs_; }
  [[nodiscard]] CoreId core_of(CpuId cpu) const { return machine_.topology.core_of(cpu); }

 private:
  friend class PrivateAccess;
  enum : std::uint32_t { root_word, pcid_word, mm_word, walk_word, speculative_walk_word, register_words };
  [[nodiscard]] Location walks_first(CpuId cpu) const { return registers_.at(cpu.raw(), walk_word); }
  static constexpr std::uint32_t walk_words = 2;

  AccessResult use_hit(Context& ctx, VirtPage page, AccessKind kind, const TlbHierarchy::Hit& hit);
  AccessResult page_fault(Context& ctx, VirtPage page, bool protection);
  bool latch_root(Context& ctx, MmId mm);
  [[nodiscard]] Walk begin_walk(const World& world, CpuId cpu, VirtPage page, AccessKind kind,
                                bool speculative) const;
  Walk::Status walk(Context& ctx, Walk& w);
  [[nodiscard]] Reading read_entry(Context& ctx, Walk& w, Cell<Pte> cell);
  [[nodiscard]] Reading assist(Context& ctx, Walk& w, Cell<Pte> cell);
  Walk::Status fill(Context& ctx, const Walk& w);
  void declare_psc(Footprint& footprint, const Walk& w, std::size_t level) const;
  /// What reading `entry` makes of the walk's position; fills the walk cache of its level.
  void descend(Access& a, Walk& w, std::uint64_t entry) const;
  void end_walks(Access& a, CpuId cpu) const;
  void emit_dropped(const Access& a, std::uint32_t tag, VirtPage page, std::uint64_t reach) const;

  const KernelState& state_;
  const Machine& machine_;
  const X86Params& params_;
  TlbHierarchy tlbs_;
  Region registers_;
};

}  // namespace mmulab::x86
