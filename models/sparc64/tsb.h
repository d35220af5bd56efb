// SPDX-License-Identifier: MIT
// The TSBs of every mm: memory, its two generations (growth copies old to new), and the few ways in which software
// changes an entry. Source: Linux 2.6.22 arch/sparc64/mm/tsb.c (tsb_insert, flush_tsb_user, tsb_grow) and
// kernel/tsb.S (TSB_LOCK_TAG, tsb_flush, copy_tsb); hardware.md 3.4.
// Left out: how sun4u maps a TSB (a locked TLB entry before III+), the kernel's own TSB, alignment of its pages.
// Cost: tsb_load, tsb_lock, tsb_store, tsb_flush, tsb_init; plus the TSB line.
#pragma once

#include "models/mm/state.h"
#include "models/sparc64/params.h"
#include "sim/events/stream.h"

namespace mmulab::sparc64 {

/// One table: where it begins and how many entries it has; none if there are none.
struct TsbTable {
  Location first;
  std::uint32_t entries = 0;
};

/// An mm's TSB as its mm_struct notes it, in one word: which generation is in use, which are allocated, its size.
struct TsbState {
  std::uint32_t generation = 0;
  std::uint32_t allocated = 0;  ///< one bit a generation
  std::uint32_t entries = 0;    ///< 0: the mm has no TSB (not begun, or destroyed)
  std::uint32_t old_pairs = 0;  ///< entries of the table that a growth has replaced and not yet freed, in units of 2
  [[nodiscard]] constexpr std::uint64_t raw() const {
    return std::uint64_t{entries} << 32 | std::uint64_t{old_pairs} << 16 | std::uint64_t{allocated} << 8 | generation;
  }
  constexpr TsbState() = default;
  constexpr explicit TsbState(std::uint64_t word)
      : generation(static_cast<std::uint32_t>(word & 0xff)),
        allocated(static_cast<std::uint32_t>(word >> 8 & 0xff)),
        entries(static_cast<std::uint32_t>(word >> 32)),
        old_pairs(static_cast<std::uint32_t>(word >> 16 & 0xffff)) {}
};

/// The entry that a page would have: its two words, and the tag it must show.
struct TsbSlot {
  Location first;
  std::uint64_t tag = 0;
  MmId mm;
  VirtPage page;
  [[nodiscard]] Cell<std::uint64_t> tag_cell() const { return Cell<std::uint64_t>{first}; }
  [[nodiscard]] Cell<std::uint64_t> data_cell() const { return Cell<std::uint64_t>{Location{first.raw() + 1}}; }
};

/// The first rss that makes a table of so many entries grow; never, at the greatest size.
[[nodiscard]] inline std::uint64_t tsb_rss_limit(const Sparc64Params& params, std::uint32_t entries) {
  return entries >= params.tsb_entries_max ? ~std::uint64_t{0} : std::uint64_t{entries} * 3 / 4;
}
/// What it grows to.
[[nodiscard]] inline std::uint32_t tsb_entries_for(const Sparc64Params& params, std::uint64_t rss) {
  std::uint32_t entries = params.tsb_entries_first;
  while (rss >= tsb_rss_limit(params, entries)) entries *= 2;
  return entries;
}

class Tsbs {
 public:
  Tsbs(World& world, const KernelState& state, const Sparc64Params& params);

  [[nodiscard]] Cell<TsbState> state_cell(MmId mm) const { return kernel_.mm<TsbState>(mm, MmFields::arch0); }
  [[nodiscard]] TsbTable base(MmId mm, std::uint32_t generation, std::uint32_t entries) const {
    return {storage_.at(std::uint64_t{mm.raw()} * 2 + generation), entries};
  }
  [[nodiscard]] TsbTable base(MmId mm, TsbState state) const { return base(mm, state.generation, state.entries); }
  /// The optional TSB for 4M pages; no entries if the machine has none.
  [[nodiscard]] TsbTable huge(MmId mm) const {
    return params_.huge_tsb_entries == 0 ? TsbTable{} : TsbTable{huge_.at(mm.raw()), params_.huge_tsb_entries};
  }
  [[nodiscard]] TsbSlot slot(MmId mm, const TsbTable& table, VirtPage page) const {
    return {at(table, hash_.index(page, table.entries)), hash_.tag(page), mm, page};
  }
  [[nodiscard]] TsbSlot huge_slot(MmId mm, VirtPage page) const;
  [[nodiscard]] std::uint64_t rss_limit(std::uint32_t entries) const { return tsb_rss_limit(params_, entries); }
  [[nodiscard]] std::uint32_t entries_for(std::uint64_t rss) const { return tsb_entries_for(params_, rss); }

  /// One atomic quad load.
  [[nodiscard]] TsbEntry load(Context& ctx, const TsbSlot& slot) const;
  /// Lock (waits while locked), data, tag. If `recheck` is given, the entry goes invalid instead should that pte
  /// no longer be valid; false then.
  bool insert(Context& ctx, const TsbSlot& slot, std::uint64_t data, const Cell<Pte>* recheck) const;
  /// tsb_flush: waits while locked, then invalidates the entry if it has this tag.
  void flush(Context& ctx, const TsbSlot& slot) const;
  /// Every entry, whatever its tag. context.lock held.
  void flush_all(Context& ctx, MmId mm, const TsbTable& table) const;
  /// A new table that nobody else can see: all entries invalid.
  void initialise(Context& ctx, MmId mm, const TsbTable& table) const;
  /// copy_tsb: every entry of `from` that is neither locked nor invalid. context.lock held, `to` still private.
  void copy(Context& ctx, MmId mm, const TsbTable& from, const TsbTable& to) const;

 private:
  static Location at(const TsbTable& table, std::uint32_t index) {
    return Location{table.first.raw() + index * TsbEntry::words};
  }
  void copy_entry(Context& ctx, MmId mm, const TsbTable& from, std::uint32_t index, const TsbTable& to) const;

  const KernelState& kernel_;
  const Sparc64Params& params_;
  const TteLayout& tte_;
  TsbHash hash_;
  TsbHash huge_hash_;
  unsigned large_bits_;
  Region storage_;
  Region huge_;
};

}  // namespace mmulab::sparc64
