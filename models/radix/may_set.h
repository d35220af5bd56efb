// SPDX-License-Identifier: MIT
// The may-set TLB: what each cpu's TLB and walk caches *could* hold, in place of fill and eviction as moves (agents.h).
// An access meets any translation of the set, or none; so neither is a move, and no array is ever filled.
//
// What could be cached: whatever a walk can load now (from the root, or from a pointer of the set), and whatever it
// could have loaded since the last invalidation that covers it. The first part follows from memory and is not stored;
// the second, the translations and pointers that memory no longer gives, is kept in the World, a row a cpu, sorted. So
// - a store to a table moves what the entry gave until then into the set of every cpu that could have loaded it;
// - an invalidation empties its part of the set; what memory still gives is back at once, by definition;
// - an invalidation that takes a pointer and spares pages below it (INVLPG of another page) first moves what the
//   pointer could have given into the set; a load of the root does so with all that the old root leads to.
//
// Why that is exact, for a TLB with room for everything and one place for each (page, size, tag) and side. The hidden
// state of explicit_moves is what each place holds. Its moves are silent and free, and each one changes one place from
// what only memory and the pointers decide: so the states that can be reached by them are all combinations of what
// can be reached in each place, and a set for each place tells them all. Nobody but the cpu's own accesses sees one:
// - An access that uses a translation learns what was there: its place holds that or what has been loaded since, so
//   the other stale ones of the place go. One that misses learns that nothing was there that would have answered it.
// - A walk for an access, several steps otherwise, is one step that reads the leaf through a pointer of the set: what
//   it has read before that it could have left in a walk cache, and what it fills afterwards it could have found
//   filled. Whatever kills it takes the same pointers away. Setting A or D is a step of its own, and so is a fault.
// - Where stores wait in buffers, memory is what everybody sees: speculation reads that alone, and the set changes when
//   a store leaves its buffer (sim/exec/store_drain.h). A walk for an access sees its own cpu's stores, too; what it
//   has loaded of them goes into the set. The copies that exist change then although nothing is said, which the
//   explorer takes for something that everybody hears (Cursor::moves_shadow).
// - The observers ask what copies exist (census). All of them at once is one of the states of explicit_moves: the one
//   in which everything has been loaded in time. More copies never excuse anything, so it violates all that others do.
// That speculation sets A is seen by the kernel and remains a move (Accessing).
// It is more than explicit_moves in one respect: walks may begin above the deepest pointer that is cached, as hardware
// may. It is less where a cpu's set would outgrow its row: then something is left out and the row says so, for good;
// whatever is found from there on is real, but nothing is proved. Left out: second-level TLBs as places of their own.
// Cost: none, it exists for the explorer only. Whoever stores to a table declares all rows.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "models/mm/port.h"
#include "models/mm/state.h"
#include "models/radix/tlb_hierarchy.h"
#include "sim/exec/device.h"
#include "sim/explore/explored_host.h"

namespace mmulab::radix {

class Mmu;

/// Something that is or could be cached: a translation, or an upper entry's pointer to the next table.
struct Cached {
  enum : unsigned { on_data_side = 1, on_instruction_side = 2, both_sides = 3 };
  std::size_t level = 0;  ///< of the entry
  bool leaf = true;
  unsigned sides = both_sides;  ///< of a translation: where
  std::uint32_t tag = 0;
  VirtPage number;  ///< of the entry: page >> its low bits
  std::uint64_t data = 0;

  [[nodiscard]] std::uint64_t key() const;
  static Cached of(std::uint64_t key, std::uint64_t data);
  [[nodiscard]] bool is_at(const Cached& o) const {
    return level == o.level && leaf == o.leaf && tag == o.tag && number == o.number;
  }
};

/// A row of the set. In the World, a word follows the entries: not zero if something has been left out.
class Holding {
 public:
  static constexpr std::uint32_t capacity = 32;
  static constexpr std::uint32_t words = 2 * capacity + 1;
  [[nodiscard]] const Cached* begin() const { return entries_.data(); }
  [[nodiscard]] const Cached* end() const { return entries_.data() + size_; }
  /// Joins the sides of equal entries. Where there is no room it is left out.
  void add(const Cached& one);
  void sort();
  [[nodiscard]] bool is_cut() const { return cut_; }

 private:
  std::array<Cached, capacity> entries_{};
  std::uint32_t size_ = 0;
  bool cut_ = false;
};

/// How a walk that begins somewhere in what is known ends.
struct WalkEnd {
  enum class How : std::uint8_t { leaf, absent, denied, needs_bits };
  How how = How::absent;
  std::size_t level = 0;
  TableId table;
  Location cell;
  std::uint64_t rights = 0;  ///< of the levels above
  std::uint64_t entry = 0;
  /// The tables that were read, from the one where it began, and what a walk cache keeps of the upper entries.
  std::array<TableId, TableGeometry::levels_max> tables{};
  std::array<std::uint64_t, TableGeometry::levels_max> pointers{};
  std::size_t first_level = 0;
};

class MaySet : public Shadow {
 public:
  using Found = std::function<void(const Cached&, Location cell)>;
  using Dies = std::function<bool(const Cached&)>;

  MaySet(World& world, const char* name, const Mmu& mmu);

  // ---- Shadow
  /// Stores to tables.
  [[nodiscard]] bool follows(const Footprint& footprint) const override;
  void declare(Footprint& footprint) const override;
  void before(const Footprint& footprint) override;
  void after(const Footprint& footprint) override;
  [[nodiscard]] bool is_cut() const override;
  [[nodiscard]] std::string limit() const override;

  /// Entries that a walk could come to, and could not cache because A is not set.
  void for_each_unaccessed(CpuId cpu, const Found& f) const;

  void declare_row(Footprint& footprint, CpuId cpu) const { footprint.writes_words(row_first(cpu), region_.stride()); }
  void declare_rows(Footprint& footprint) const { footprint.writes_words(region_.first(), region_.words()); }

  [[nodiscard]] Holding held(CpuId cpu) const;
  /// What a walk that nobody asked for could load now: it reads what everybody sees.
  void for_each_loadable(CpuId cpu, const Holding& held, const Found& f) const;
  /// Every way in which a walk for an access to `page` could go now: it sees its cpu's own stores.
  void for_each_walk(CpuId cpu, const Holding& held, VirtPage page, AccessKind kind,
                     const std::function<void(const WalkEnd&)>& f) const;
  /// The translation to which a walk has come.
  [[nodiscard]] Cached translation(CpuId cpu, VirtPage page, const WalkEnd& end) const;
  /// Adds what a walk for an access leaves in the walk caches.
  void add_pointers(Holding& held, CpuId cpu, VirtPage page, const WalkEnd& end) const;
  /// A translation or pointer of the cpu's present tag that concerns the page.
  [[nodiscard]] bool covers(CpuId cpu, const Cached& one, VirtPage page) const;

  /// What satisfies `dies` is no more; a pointer that goes leaves behind what it gave and what outlives it.
  void kill(Access& a, CpuId cpu, const Dies& dies) const;
  /// One page, with all pointers under the tag.
  void kill_page(Access& a, CpuId cpu, std::uint32_t tag, VirtPage page, bool globals) const;
  /// Pointers that only a walk in flight could hold.
  void kill_in_flight(Access& a, CpuId cpu) const;
  /// The root is about to change: what it leads to is from now on only what could have been cached.
  void leave_root(Access& a, CpuId cpu) const;
  /// Stores the row, without what memory gives anyway.
  void settle(Access& a, CpuId cpu, const Holding& held) const;

 private:
  /// A table that a walk comes to.
  struct Below {
    std::size_t level = 0;
    TableId table;
    VirtPage number;  ///< of the entry above it
    std::uint64_t rights = 0;
  };
  [[nodiscard]] Location row_first(CpuId cpu) const { return region_.at(cpu.raw()); }
  [[nodiscard]] bool is_cut(CpuId cpu) const {
    return world_.load(Location{row_first(cpu).raw() + 2 * Holding::capacity}) != 0;
  }
  enum class Which : std::uint8_t { loadable, unaccessed };
  void descend(CpuId cpu, const Below& from, Which which, const Found& f) const;
  void for_each(CpuId cpu, const Holding& held, Which which, const Found& f) const;
  [[nodiscard]] WalkEnd walk_from(Below from, VirtPage page, AccessKind kind) const;
  [[nodiscard]] Below below(const Cached& pointer) const;
  [[nodiscard]] Below root(CpuId cpu) const;
  [[nodiscard]] bool is_active_pointer(CpuId cpu, const Cached& one) const;
  [[nodiscard]] Holding unsaid(CpuId cpu, const Holding& held) const;

  World& world_;
  const Mmu& mmu_;
  Region region_;
};

/// Speculation sets A in entries that a walk could come to; sooner or later in all of them.
class Accessing : public Device {
 public:
  explicit Accessing(const Mmu& mmu) : mmu_(mmu) {}
  /// A unit is a word of the page tables.
  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& a, std::uint32_t unit) override;

 private:
  [[nodiscard]] Cell<Pte> cell_of(std::uint32_t unit) const;

  const Mmu& mmu_;
};

}  // namespace mmulab::radix
