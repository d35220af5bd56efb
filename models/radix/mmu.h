// SPDX-License-Identifier: MIT
// A memory-management unit that walks page tables by itself and keeps translations under a tag: registers, TLB lookup,
// the page walk, the A/D assist, and what every instruction that invalidates does to a core. Source: Intel SDM vol. 3,
// 4.8 (A and D), 4.10 (caching), 4.10.4 (invalidation); hardware.md 1.5. A walk reads one entry a step and may be
// overtaken between two of them; every invalidation on a hardware thread kills that thread's walks in flight, as
// hardware drains them. A is set by a locked update before an entry is used, at every level; D by a locked update at
// the first store through an entry without it, which looks at P and W again (a store never leaves a D bit in an entry
// that lost them). A fault drops what is cached for its page. An architecture derives from this and names its steps
// (labels.h) and instructions. What a core does by itself is in agents.h and may_set.h. Left out: instruction and data
// caches, concurrent walkers of one thread, nested paging. Cost: the label of `access` a hit, + second_level_hit; after
// a miss walk_start + `read_entry` an entry + `assist` a locked update + `fill`, and the transfer of every line not
// held.
#pragma once

#include <functional>
#include <memory>

#include "models/mm/port.h"
#include "models/mm/state.h"
#include "models/radix/labels.h"
#include "models/radix/tlb_hierarchy.h"
#include "sim/events/stream.h"
#include "sim/exec/device.h"
#include "sim/explore/explored_host.h"

namespace mmulab::radix {

class MaySet;
struct Outcome;

/// One attempt to translate, between two of its steps.
struct Walk {
  enum class Status : std::uint8_t { filled, interrupted, not_present, protection };

  CoreId core;
  MmId mm;
  std::uint32_t tag = 0;
  VirtPage page;
  AccessKind kind = AccessKind::load;
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
[[nodiscard]] Reading judge(std::uint64_t entry, std::uint64_t rights_above, std::size_t level, AccessKind kind);
[[nodiscard]] constexpr bool is_leaf(std::uint64_t entry, std::size_t level) {
  return level == 0 || (level <= leaf_level_max && (entry & pte_large) != 0);
}
[[nodiscard]] Event walk_event(EventKind kind, const Walk& w);
/// Whether a translation's data word lets the access through, D aside.
[[nodiscard]] bool permits(std::uint64_t data, AccessKind kind);
/// The rights of a translation's data word, as events give them.
[[nodiscard]] std::uint64_t rights_bits(std::uint64_t data, unsigned size);

class Mmu {
 public:
  /// `name` prefixes the regions.
  Mmu(const KernelState& state, const Machine& machine, const char* name, const HierarchyParams& params,
      AccessCosts costs, const MmuLabels& labels);
  Mmu(const Mmu&) = delete;
  Mmu& operator=(const Mmu&) = delete;
  ~Mmu();

  // ---- user accesses
  AccessResult access(Context& ctx, VirtAddr va, AccessKind kind);

  // ---- registers; this cpu's own are constant between its steps
  [[nodiscard]] Cell<MmId> mm_register(CpuId cpu) const { return registers_.cell<MmId>(cpu.raw(), mm_word); }
  [[nodiscard]] Cell<std::uint64_t> asid_register(CpuId cpu) const {
    return registers_.cell<std::uint64_t>(cpu.raw(), asid_word);
  }
  [[nodiscard]] Cell<TableId> root_register(CpuId cpu) const {
    return registers_.cell<TableId>(cpu.raw(), root_word);
  }
  [[nodiscard]] Cell<std::uint64_t> walk_in_flight(CpuId cpu) const {
    return registers_.cell<std::uint64_t>(cpu.raw(), walk_word);
  }
  /// What a walk that nobody asked for has read and no walk cache keeps (agents.h); 0 if nothing.
  [[nodiscard]] Cell<std::uint64_t> held_pointer(CpuId cpu) const {
    return registers_.cell<std::uint64_t>(cpu.raw(), held_word);
  }
  [[nodiscard]] std::uint32_t tag_on(const World& world, CpuId cpu) const {
    return tag_of(tlbs_.thread_of(cpu), static_cast<std::uint32_t>(world.load(asid_register(cpu))));
  }
  [[nodiscard]] const TlbHierarchy& tlbs() const { return tlbs_; }
  [[nodiscard]] CoreId core_of(CpuId cpu) const { return machine_.topology.core_of(cpu); }

  /// Hardware that acts by itself (HierarchyParams::agents).
  [[nodiscard]] std::vector<Device*> agents() const;
  [[nodiscard]] Shadow* shadow() const;

  // ---- for a census; owner_of(cpu, asid, data) says whose translation that is
  using OwnerOf = std::function<MmId(CpuId, std::uint32_t asid, std::uint64_t data)>;
  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies, const OwnerOf& owner_of) const;
  void list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies, const OwnerOf& owner_of) const;
  /// What a data word says about the mm that it was filled for, where owners are kept.
  [[nodiscard]] static MmId owner_in(std::uint64_t data) {
    const std::uint64_t number = data >> owner_shift & owners_max;
    return number == 0 ? MmId::none() : MmId{number - 1};
  }

 protected:
  /// Keeps in every entry the mm that it was filled for: no hardware does, but an ASID that is given away cannot tell.
  void keep_owners();

  // ---- what instructions do, one step each; `asid` is of the context's hardware thread
  /// Loads the tables of `next`, or the kernel's own if there is none. `flush`: nothing cached under `asid` survives.
  void load_root(Context& ctx, const Label& label, MmId next, std::uint32_t asid, bool flush);
  /// One page, with the upper-level entries of its ASID; `globals`: the page's global entries, too.
  void drop_page_here(Context& ctx, const Label& label, std::uint32_t asid, VirtPage page, bool globals);
  void drop_asid_here(Context& ctx, const Label& label, std::uint32_t asid);
  void drop_all_here(Context& ctx, const Label& label, bool globals);
  /// [first, first + pages), or all of the ASID if `pages` is 0, on every cpu.
  void drop_everywhere(Context& ctx, const Label& label, std::uint32_t asid, VirtPage first, std::uint32_t pages);
  void drop_all_everywhere(Context& ctx, const Label& label);

 private:
  friend class PrivateAccess;
  friend class Speculation;
  friend class MaySet;
  friend class Accessing;
  static constexpr unsigned owner_shift = 52;
  static constexpr std::uint64_t owners_max = 0x7ff;
  enum : std::uint32_t { root_word, asid_word, mm_word, walk_word, held_word, register_words };
  [[nodiscard]] Location walks_first(CpuId cpu) const { return registers_.at(cpu.raw(), walk_word); }
  static constexpr std::uint32_t walk_words = 2;

  // may_access.cpp
  AccessResult access_what_may_be(Context& ctx, VirtPage page, AccessKind kind);
  void use_what_may_be(Access& a, VirtPage page, AccessKind kind, const Outcome& outcome) const;
  void set_bits_of_outcome(Context& ctx, VirtPage page, AccessKind kind, const Outcome& outcome);
  void list_what_may_be(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies, const OwnerOf& owner_of) const;
  void list_walks_that_may_be(TableId table, std::vector<WalkCacheCopy>& copies, const OwnerOf& owner_of) const;
  [[nodiscard]] std::unique_ptr<Device> eviction() const;
  void declare_may(Footprint& footprint, CpuId cpu) const;

  AccessResult use_hit(Context& ctx, VirtPage page, AccessKind kind, const TlbHierarchy::Hit& hit);
  AccessResult page_fault(Context& ctx, VirtPage page, bool protection);
  bool has_root(Context& ctx, VirtPage page, AccessResult& result);
  bool latch_root(Context& ctx, MmId mm);
  [[nodiscard]] Walk begin_walk(const World& world, CpuId cpu, VirtPage page, AccessKind kind) const;
  Walk::Status walk(Context& ctx, Walk& w);
  [[nodiscard]] Reading read_entry(Context& ctx, Walk& w, Cell<Pte> cell);
  [[nodiscard]] Reading assist(Context& ctx, Walk& w, Cell<Pte> cell);
  void set_bits(Access& a, Walk& w, Cell<Pte> cell, std::uint64_t bits) const;
  Walk::Status fill(Context& ctx, const Walk& w);
  /// The translation at whose leaf the walk has come enters the TLBs.
  void install(Access& a, const Walk& w) const;
  void declare_psc(Footprint& footprint, const Walk& w, std::size_t level) const;
  /// What reading `entry` makes of the walk's position; fills the walk cache of its level.
  void descend(Access& a, Walk& w, std::uint64_t entry) const;
  void end_walks(Access& a, CpuId cpu) const;
  void emit_dropped(const Access& a, std::uint32_t tag, VirtPage page, std::uint64_t reach,
                    CoreId core = CoreId::none()) const;
  [[nodiscard]] std::uint64_t owner_bits(MmId mm) const {
    return keeps_owners_ && mm.exists() ? (std::uint64_t{mm.raw()} + 1) << owner_shift : 0;
  }
  [[nodiscard]] Footprint every_core() const;

  const KernelState& state_;
  const Machine& machine_;
  AccessCosts costs_;
  const MmuLabels& labels_;
  bool keeps_owners_ = false;
  TlbHierarchy tlbs_;
  Region registers_;
  std::unique_ptr<Device> speculation_;
  std::unique_ptr<Device> eviction_;
  std::unique_ptr<MaySet> may_;  ///< in place of the arrays, and of what fills them
};

}  // namespace mmulab::radix
