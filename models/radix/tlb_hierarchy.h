// SPDX-License-Identifier: MIT
// The translation caches of each core: first- and second-level TLBs for data and instructions, and the three
// paging-structure caches (Intel SDM vol. 3, 4.10.2, 4.10.3). One block of words a core, all blocks alike: header,
// paging-structure caches, first levels, second levels. A TLB entry's key is page number, size and tag; its data
// word is the leaf entry with the rights of all levels combined (SDM 4.10.2.2). A tag is hardware thread and PCID,
// since siblings share the arrays and not the translations; global entries have a tag of their own a thread.
// What the levels hold of each other is a choice (TlbLevels), a side's: an exclusive second level that both sides share
// may hold what the other side's first level does. Sources of geometries: hardware.md 1.1. Left out: hashed set
// indices, loads-only arrays, coalesced entries, multi-hit detection (a smaller page wins). Costs nothing itself: mmu.h
// charges.
#pragma once

#include <vector>

#include "models/machine/machine.h"
#include "models/mm/geometry.h"
#include "models/radix/params.h"
#include "models/radix/pte_bits.h"

namespace mmulab::radix {

enum class Side : std::uint8_t { data, instruction };

[[nodiscard]] constexpr std::uint32_t tag_of(std::uint32_t thread, std::uint32_t asid) {
  return thread << 12 | asid;
}
[[nodiscard]] constexpr std::uint32_t global_tag_of(std::uint32_t tag) { return 0x8000U | (tag & 0x7000U); }
[[nodiscard]] constexpr bool is_global_tag(std::uint32_t tag) { return (tag & 0x8000U) != 0; }
[[nodiscard]] constexpr std::uint32_t thread_of_tag(std::uint32_t tag) { return tag >> 12 & 7; }
[[nodiscard]] constexpr std::uint32_t asid_of_tag(std::uint32_t tag) { return tag & 0xfff; }

// The words from a location on, as the functions below reach them: by a step, by run-ahead, or for a look only.
struct StepView {
  Access& access;
  [[nodiscard]] StepWords operator()(Location at) const { return {access, at}; }
};
struct RawView {
  std::uint64_t* world;
  [[nodiscard]] RawWords operator()(Location at) const { return RawWords{world + at.raw()}; }
};

/// One array at its place in every core's block.
struct CacheArray {
  Tlb tlb;
  std::uint32_t offset = 0;
  [[nodiscard]] bool exists() const { return tlb.geometry().ways != 0; }
  [[nodiscard]] std::uint32_t words() const { return tlb.geometry().sets * tlb.set_words(); }
};

class TlbHierarchy {
 public:
  static constexpr unsigned sizes = 3;  ///< leaf levels 0, 1, 2
  static constexpr std::uint32_t no_array = ~std::uint32_t{0};

  /// Where a lookup found its translation.
  struct Hit {
    std::uint32_t array = no_array;
    std::uint32_t way = 0;
    unsigned size = 0;
    TlbKey key;
    std::uint64_t data = 0;
    bool second_level = false;
  };

  /// Regions are called `name`.core0 and so on.
  TlbHierarchy(World& world, const char* name, const Topology& topology, const TableGeometry& geometry,
               const HierarchyParams& params);

  // ---- places
  [[nodiscard]] Location core_first(CoreId core) const { return first_[core.raw()]; }
  [[nodiscard]] std::uint32_t core_words() const { return words_; }
  /// Bit s: this core has once cached a page of size s; bit 3: a global one. Says which lookups can be skipped.
  [[nodiscard]] Cell<std::uint64_t> kinds(CoreId core) const { return Cell<std::uint64_t>{core_first(core)}; }
  [[nodiscard]] const CacheArray& array(std::uint32_t index) const { return arrays_[index]; }
  [[nodiscard]] std::uint32_t arrays() const { return static_cast<std::uint32_t>(arrays_.size()); }
  [[nodiscard]] std::uint32_t first_level(Side side, unsigned size) const { return l1_[index(side)][size]; }
  [[nodiscard]] std::uint32_t second_level(Side side, unsigned size) const { return l2_[index(side)][size]; }
  /// May a translation of a page of `size` be in `array`?
  [[nodiscard]] bool holds(std::uint32_t array, unsigned size) const {
    for (std::size_t side = 0; side < 2; ++side)
      if (l1_[side][size] == array || l2_[side][size] == array) return true;
    return false;
  }
  /// The cache of entries of `level` (1 PDE, 2 PDPTE, 3 PML4E); no_array if there is none.
  [[nodiscard]] std::uint32_t psc(std::size_t level) const { return level <= 3 ? psc_[level] : no_array; }
  [[nodiscard]] TlbLevels levels() const { return levels_; }
  [[nodiscard]] std::uint32_t thread_of(CpuId cpu) const { return cpu.raw() % threads_; }
  [[nodiscard]] Location set_first(CoreId core, std::uint32_t array, VirtPage key_page) const {
    const CacheArray& a = arrays_[array];
    return Location{core_first(core).raw() + a.offset + a.tlb.set_of(key_page) * a.tlb.set_words()};
  }
  [[nodiscard]] VirtPage key_page(VirtPage page, std::size_t level) const {
    return VirtPage{page.raw() >> low_bits_[level]};
  }
  [[nodiscard]] VirtPage first_page(VirtPage key_page, std::size_t level) const {
    return VirtPage{key_page.raw() << low_bits_[level]};
  }
  /// TableGeometry::index, without its loop.
  [[nodiscard]] std::uint32_t table_index(VirtPage page, std::size_t level) const {
    return static_cast<std::uint32_t>(page.raw() >> low_bits_[level]) & index_mask_[level];
  }
  [[nodiscard]] std::uint64_t offset_in(VirtPage page, std::size_t level) const {
    return page.raw() & ((std::uint64_t{1} << low_bits_[level]) - 1);
  }
  /// The one frame of `page` under a leaf of `size`.
  [[nodiscard]] Frame frame_in(std::uint64_t data, VirtPage page, unsigned size) const {
    return Frame{frame_of(data).raw() + offset_in(page, size)};
  }

  // ---- what a step that looks up, fills or drops must declare
  /// The sets that use of `hit` touches: promotion writes the first level.
  void declare_hit(Footprint& footprint, CoreId core, Side side, VirtPage page, const Hit& hit) const;
  void declare_fill(Footprint& footprint, CoreId core, Side side, VirtPage page, unsigned size) const;
  /// Everything in which a translation of `page` may be, the paging-structure caches whole.
  void declare_page(Footprint& footprint, CoreId core, VirtPage page) const;

  // ---- lookups; `view(Location)` gives the words from there on: checked, peeked or raw
  template <class View>
  [[nodiscard]] Hit find(const View& view, std::uint64_t kinds, CoreId core, Side side, VirtPage page,
                         std::uint32_t tag) const;
  /// Makes use of `hit`: recency, promotion. False if it is no longer there.
  template <class View>
  bool use(const View& view, CoreId core, Side side, VirtPage page, const Hit& hit) const;
  template <class View>
  void fill(const View& view, CoreId core, Side side, VirtPage page, unsigned size, std::uint32_t tag,
            std::uint64_t data) const;

  /// A paging-structure cache hit is data != 0: the next table in the frame field, and the rights so far.
  template <class View>
  [[nodiscard]] std::uint64_t find_psc(const View& view, CoreId core, std::size_t level, VirtPage page,
                                       std::uint32_t tag) const;
  template <class View>
  bool use_psc(const View& view, CoreId core, std::size_t level, VirtPage page, std::uint32_t tag) const;
  template <class View>
  void fill_psc(const View& view, CoreId core, std::size_t level, VirtPage page, std::uint32_t tag,
                std::uint64_t data) const;

  // ---- death
  /// INVLPG's and #PF's reach: `page` under `tag` and under the thread's global tag.
  template <class View>
  void drop_page(const View& view, CoreId core, VirtPage page, std::uint32_t tag, bool globals) const;
  /// The paging-structure entries that `page` goes through.
  template <class View>
  void drop_psc_path(const View& view, CoreId core, VirtPage page, std::uint32_t tag) const;
  template <class View>
  void drop_psc_tag(const View& view, CoreId core, std::uint32_t tag) const;
  /// Every entry of every array whose key satisfies `dies`; the step declares the whole core.
  template <class View, class Predicate>
  void drop_where(const View& view, CoreId core, const Predicate& dies) const;

 private:
  static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  std::uint32_t add(World& world, const std::string& name, const TlbArray& array, Replacement replacement);
  void lay_out(World& world, const std::string& prefix, const HierarchyParams& params);
  /// The levels have to do with each other, so that an access may touch any set.
  void declare_levels(Footprint& footprint, CoreId core) const;
  template <class View, class Predicate>
  void drop_in_set(const View& view, const CacheArray& array, Location first, const Predicate& dies) const;
  template <class View>
  void drop_key(const View& view, CoreId core, std::uint32_t array, TlbKey key) const;
  template <class View>
  Tlb::Evicted put(const View& view, CoreId core, std::uint32_t array, TlbKey key, std::uint64_t data) const;
  template <class View>
  void put_first(const View& view, CoreId core, Side side, TlbKey key, std::uint64_t data) const;
  template <class View>
  void put_second(const View& view, CoreId core, Side side, TlbKey key, std::uint64_t data) const;

  std::vector<CacheArray> arrays_;
  std::vector<Location> first_;
  std::uint32_t words_ = 0;
  std::uint32_t second_level_offset_ = 0;
  std::uint32_t threads_;
  TlbLevels levels_;
  std::uint32_t l1_[2][sizes] = {};
  std::uint32_t l2_[2][sizes] = {};
  std::uint32_t psc_[4] = {no_array, no_array, no_array, no_array};
  unsigned low_bits_[TableGeometry::levels_max + 1] = {};
  std::uint32_t index_mask_[TableGeometry::levels_max] = {};
};

// --------------------------------------------------------------------------------------------- templates

template <class View>
TlbHierarchy::Hit TlbHierarchy::find(const View& view, std::uint64_t kinds, CoreId core, Side side, VirtPage page,
                                     std::uint32_t tag) const {
  const std::uint32_t tags[2] = {tag, global_tag_of(tag)};
  const unsigned tag_count = (kinds >> sizes & 1) != 0 ? 2 : 1;
  for (const auto* level : {&l1_[index(side)], &l2_[index(side)]}) {
    for (unsigned size = 0; size < sizes; ++size) {
      if ((*level)[size] == no_array || (kinds >> size & 1) == 0) continue;
      const VirtPage number = key_page(page, size);
      const auto set = view(set_first(core, (*level)[size], number));
      const Tlb& tlb = arrays_[(*level)[size]].tlb;
      for (unsigned t = 0; t < tag_count; ++t) {
        const TlbKey key{number, tags[t], size};
        const std::uint32_t way = tlb.find(set, key);
        if (way != Tlb::absent)
          return Hit{(*level)[size], way, size, key, tlb.data(set, way), level == &l2_[index(side)]};
      }
    }
  }
  return Hit{};
}

template <class View>
bool TlbHierarchy::use(const View& view, CoreId core, Side side, VirtPage page, const Hit& hit) const {
  const VirtPage number = key_page(page, hit.size);
  const Tlb& tlb = arrays_[hit.array].tlb;
  auto set = view(set_first(core, hit.array, number));
  const std::uint32_t way = tlb.find(set, hit.key);
  if (way == Tlb::absent || tlb.data(set, way) != hit.data) return false;
  const bool rises = hit.second_level && first_level(side, hit.size) != no_array;
  if (rises && levels_ == TlbLevels::exclusive) tlb.drop(set, way);
  else tlb.touch(set, way);
  if (rises) put_first(view, core, side, hit.key, hit.data);
  return true;
}

template <class View>
Tlb::Evicted TlbHierarchy::put(const View& view, CoreId core, std::uint32_t array, TlbKey key,
                               std::uint64_t data) const {
  const Tlb& tlb = arrays_[array].tlb;
  auto set = view(set_first(core, array, key.page()));
  const std::uint32_t way = tlb.find(set, key);
  if (way == Tlb::absent) return tlb.insert(set, key, data);
  tlb.set_data(set, way, data);
  tlb.touch(set, way);
  return {};
}

template <class View>
void TlbHierarchy::drop_key(const View& view, CoreId core, std::uint32_t array, TlbKey key) const {
  const Tlb& tlb = arrays_[array].tlb;
  auto set = view(set_first(core, array, key.page()));
  const std::uint32_t way = tlb.find(set, key);
  if (way != Tlb::absent) tlb.drop(set, way);
}

/// The first level takes it, and an exclusive second one what had to go.
template <class View>
void TlbHierarchy::put_first(const View& view, CoreId core, Side side, TlbKey key, std::uint64_t data) const {
  const std::uint32_t array = first_level(side, key.size_code());
  if (array == no_array) return;
  const Tlb::Evicted evicted = put(view, core, array, key, data);
  if (levels_ != TlbLevels::exclusive || !evicted.key.valid()) return;
  const std::uint32_t second = second_level(side, evicted.key.size_code());
  if (second != no_array) put(view, core, second, evicted.key, evicted.data);
}

/// The second level takes it, and an inclusive first one loses what had to go.
template <class View>
void TlbHierarchy::put_second(const View& view, CoreId core, Side side, TlbKey key, std::uint64_t data) const {
  const std::uint32_t array = second_level(side, key.size_code());
  if (array == no_array) return;
  const Tlb::Evicted evicted = put(view, core, array, key, data);
  if (levels_ != TlbLevels::inclusive || !evicted.key.valid()) return;
  const unsigned size = evicted.key.size_code();
  for (const Side above : {Side::data, Side::instruction}) {
    const std::uint32_t first = first_level(above, size);
    if (first != no_array && second_level(above, size) == array) drop_key(view, core, first, evicted.key);
  }
}

template <class View>
void TlbHierarchy::fill(const View& view, CoreId core, Side side, VirtPage page, unsigned size, std::uint32_t tag,
                        std::uint64_t data) const {
  const TlbKey key{key_page(page, size), tag, size};
  const std::uint32_t second = second_level(side, size);
  const bool both = levels_ != TlbLevels::exclusive || first_level(side, size) == no_array;
  if (both) put_second(view, core, side, key, data);
  else if (second != no_array) drop_key(view, core, second, key);
  put_first(view, core, side, key, data);
}

template <class View>
std::uint64_t TlbHierarchy::find_psc(const View& view, CoreId core, std::size_t level, VirtPage page,
                                     std::uint32_t tag) const {
  if (psc(level) == no_array) return 0;
  const VirtPage number = key_page(page, level);
  const Tlb& tlb = arrays_[psc(level)].tlb;
  const auto set = view(set_first(core, psc(level), number));
  const std::uint32_t way = tlb.find(set, TlbKey{number, tag, static_cast<unsigned>(level)});
  return way == Tlb::absent ? 0 : tlb.data(set, way);
}

template <class View>
bool TlbHierarchy::use_psc(const View& view, CoreId core, std::size_t level, VirtPage page,
                           std::uint32_t tag) const {
  const VirtPage number = key_page(page, level);
  const Tlb& tlb = arrays_[psc(level)].tlb;
  auto set = view(set_first(core, psc(level), number));
  const std::uint32_t way = tlb.find(set, TlbKey{number, tag, static_cast<unsigned>(level)});
  if (way == Tlb::absent) return false;
  tlb.touch(set, way);
  return true;
}

template <class View>
void TlbHierarchy::fill_psc(const View& view, CoreId core, std::size_t level, VirtPage page, std::uint32_t tag,
                            std::uint64_t data) const {
  if (psc(level) == no_array) return;
  const VirtPage number = key_page(page, level);
  put(view, core, psc(level), TlbKey{number, tag, static_cast<unsigned>(level)}, data);
}

template <class View, class Predicate>
void TlbHierarchy::drop_in_set(const View& view, const CacheArray& array, Location first,
                               const Predicate& dies) const {
  auto set = view(first);
  for (std::uint32_t way = 0; way < array.tlb.geometry().ways; ++way) {
    const TlbKey key = array.tlb.key(set, way);
    if (key.valid() && dies(key)) array.tlb.drop(set, way);
  }
}

template <class View, class Predicate>
void TlbHierarchy::drop_where(const View& view, CoreId core, const Predicate& dies) const {
  for (const CacheArray& array : arrays_) {
    Location set{core_first(core).raw() + array.offset};
    for (std::uint32_t s = 0; s < array.tlb.geometry().sets; ++s) {
      drop_in_set(view, array, set, dies);
      set = Location{set.raw() + array.tlb.set_words()};
    }
  }
}

template <class View>
void TlbHierarchy::drop_page(const View& view, CoreId core, VirtPage page, std::uint32_t tag, bool globals) const {
  for (const auto* level : {&l1_, &l2_})
    for (std::size_t side = 0; side < 2; ++side)
      for (unsigned size = 0; size < sizes; ++size) {
        const std::uint32_t array = (*level)[side][size];
        if (array == no_array) continue;
        const VirtPage number = key_page(page, size);
        const TlbKey own{number, tag, size};
        const TlbKey global{number, global_tag_of(tag), size};
        drop_in_set(view, arrays_[array], set_first(core, array, number),
                    [&](TlbKey key) { return key == own || (globals && key == global); });
      }
}

template <class View>
void TlbHierarchy::drop_psc_path(const View& view, CoreId core, VirtPage page, std::uint32_t tag) const {
  for (std::size_t level = 1; level <= 3; ++level) {
    if (psc(level) == no_array) continue;
    const VirtPage number = key_page(page, level);
    drop_key(view, core, psc(level), TlbKey{number, tag, static_cast<unsigned>(level)});
  }
}

template <class View>
void TlbHierarchy::drop_psc_tag(const View& view, CoreId core, std::uint32_t tag) const {
  for (std::size_t level = 1; level <= 3; ++level) {
    if (psc(level) == no_array) continue;
    const CacheArray& cache = arrays_[psc(level)];
    Location set{core_first(core).raw() + cache.offset};
    for (std::uint32_t s = 0; s < cache.tlb.geometry().sets; ++s) {
      drop_in_set(view, cache, set, [&](TlbKey key) { return key.tag() == tag; });
      set = Location{set.raw() + cache.tlb.set_words()};
    }
  }
}

}  // namespace mmulab::radix
