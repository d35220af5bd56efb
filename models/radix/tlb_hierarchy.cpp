// SPDX-License-Identifier: MIT
#include "models/radix/tlb_hierarchy.h"

#include <fmt/format.h>

namespace mmulab::radix {
namespace {

/// Adds a set unless an earlier item covers it already: small arrays have one set for several sizes.
void declare_set(Footprint& footprint, Location first, std::uint32_t words) {
  if (!footprint.allows(first, Use::write)) footprint.writes_words(first, words);
}

}  // namespace

TlbHierarchy::TlbHierarchy(World& world, const char* name, const Topology& topology,
                           const TableGeometry& geometry, const HierarchyParams& params)
    : threads_(topology.threads_per_core) {
  MMULAB_ASSERT(threads_ <= 8, "a tag has room for eight hardware threads a core");
  for (std::size_t level = 0; level <= geometry.levels(); ++level) low_bits_[level] = geometry.low_bits(level);
  for (std::size_t level = 0; level < geometry.levels(); ++level) index_mask_[level] = geometry.entries(level) - 1;
  for (std::uint32_t core = 0; core < topology.cores(); ++core)
    lay_out(world, fmt::format("{}.core{}", name, core), params);
}

/// The same allocations in the same order for every core, so that an offset means the same array in each block.
void TlbHierarchy::lay_out(World& world, const std::string& prefix, const HierarchyParams& params) {
  const Region header = world.allocate(prefix + ".kinds", 1, 1, Coherence::internal);
  first_.push_back(header.first());
  arrays_.clear();
  psc_[1] = add(world, prefix + ".psc_pde", params.psc_pde);
  psc_[2] = add(world, prefix + ".psc_pdpte", params.psc_pdpte);
  psc_[3] = add(world, prefix + ".psc_pml4e", params.psc_pml4e);
  const std::uint32_t d4k = add(world, prefix + ".dtlb_4k", params.dtlb_4k);
  const std::uint32_t d2m = params.dtlb_unified ? d4k : add(world, prefix + ".dtlb_2m", params.dtlb_2m);
  const std::uint32_t d1g = params.dtlb_unified ? d4k : add(world, prefix + ".dtlb_1g", params.dtlb_1g);
  const std::uint32_t i4k = add(world, prefix + ".itlb_4k", params.itlb_4k);
  const std::uint32_t i2m = params.itlb_unified ? i4k : add(world, prefix + ".itlb_2m", params.itlb_2m);
  const std::uint32_t l1[2][sizes] = {{d4k, d2m, d1g == no_array ? d2m : d1g}, {i4k, i2m, i2m}};
  second_level_offset_ = words_;
  const std::uint32_t stlb = add(world, prefix + ".stlb", params.stlb);
  const std::uint32_t stlb_2m = params.stlb_holds_2m ? stlb : add(world, prefix + ".stlb_2m", params.stlb_2m);
  const std::uint32_t stlb_1g = add(world, prefix + ".stlb_1g", params.stlb_1g);
  const std::uint32_t code = add(world, prefix + ".stlb_code", params.stlb_code);
  const std::uint32_t shared = params.stlb_instructions ? stlb : no_array;
  const std::uint32_t shared_2m = params.stlb_instructions ? stlb_2m : no_array;
  const std::uint32_t shared_1g = params.stlb_instructions ? stlb_1g : no_array;
  const std::uint32_t l2[2][sizes] = {
      {stlb, stlb_2m, stlb_1g},
      {code != no_array ? code : shared, code != no_array ? code : shared_2m, shared_1g}};
  for (std::size_t side = 0; side < 2; ++side)
    for (unsigned size = 0; size < sizes; ++size)
      l1_[side][size] = l1[side][size], l2_[side][size] = l2[side][size];
  MMULAB_ASSERT(d4k != no_array && i4k != no_array, "a core has a TLB for 4K pages on either side");
}

std::uint32_t TlbHierarchy::add(World& world, const std::string& name, const TlbArray& array) {
  const std::uint32_t base = first_.back().raw();
  if (array.ways == 0) {
    words_ = static_cast<std::uint32_t>(world.size_words()) - base;
    return no_array;
  }
  CacheArray placed;
  placed.tlb = Tlb(world, name, 1, TlbGeometry{array.sets, array.ways, Replacement::lru});
  placed.offset = placed.tlb.core_first(CoreId{0}).raw() - base;
  words_ = static_cast<std::uint32_t>(world.size_words()) - base;
  arrays_.push_back(placed);
  return arrays() - 1;
}

void TlbHierarchy::declare_hit(Footprint& footprint, CoreId core, Side side, VirtPage page, const Hit& hit) const {
  const VirtPage number = key_page(page, hit.size);
  footprint.writes_words(set_first(core, hit.array, number), arrays_[hit.array].tlb.set_words());
  const std::uint32_t first = first_level(side, hit.size);
  if (hit.second_level && first != no_array)
    footprint.writes_words(set_first(core, first, number), arrays_[first].tlb.set_words());
}

void TlbHierarchy::declare_fill(Footprint& footprint, CoreId core, Side side, VirtPage page, unsigned size) const {
  const VirtPage number = key_page(page, size);
  for (const std::uint32_t array : {first_level(side, size), second_level(side, size)})
    if (array != no_array) footprint.writes_words(set_first(core, array, number), arrays_[array].tlb.set_words());
}

void TlbHierarchy::declare_page(Footprint& footprint, CoreId core, VirtPage page) const {
  // The header word is not part of it: no invalidation makes a kind uncached.
  const std::uint32_t header = 1;
  footprint.writes_words(Location{core_first(core).raw() + header}, second_level_offset_ - header);
  for (const Side side : {Side::data, Side::instruction})
    for (unsigned size = 0; size < sizes; ++size) {
      const std::uint32_t array = second_level(side, size);
      if (array != no_array)
        declare_set(footprint, set_first(core, array, key_page(page, size)), arrays_[array].tlb.set_words());
    }
}

void TlbHierarchy::drop_page(Access& a, CoreId core, VirtPage page, std::uint32_t tag, bool globals) const {
  for (const auto* level : {&l1_, &l2_})
    for (std::size_t side = 0; side < 2; ++side)
      for (unsigned size = 0; size < sizes; ++size) {
        const std::uint32_t array = (*level)[side][size];
        if (array == no_array) continue;
        const VirtPage number = key_page(page, size);
        const TlbKey own{number, tag, size};
        const TlbKey global{number, global_tag_of(tag), size};
        drop_in_set(a, arrays_[array], set_first(core, array, number),
                    [&](TlbKey key) { return key == own || (globals && key == global); });
      }
}

void TlbHierarchy::drop_psc_path(Access& a, CoreId core, VirtPage page, std::uint32_t tag) const {
  for (std::size_t level = 1; level <= 3; ++level) {
    if (psc(level) == no_array) continue;
    const VirtPage number = key_page(page, level);
    const TlbKey own{number, tag, static_cast<unsigned>(level)};
    drop_in_set(a, arrays_[psc(level)], set_first(core, psc(level), number),
                [&](TlbKey key) { return key == own; });
  }
}

void TlbHierarchy::drop_psc_tag(Access& a, CoreId core, std::uint32_t tag) const {
  for (std::size_t level = 1; level <= 3; ++level) {
    if (psc(level) == no_array) continue;
    const CacheArray& cache = arrays_[psc(level)];
    Location set{core_first(core).raw() + cache.offset};
    for (std::uint32_t s = 0; s < cache.tlb.geometry().sets; ++s) {
      drop_in_set(a, cache, set, [&](TlbKey key) { return key.tag() == tag; });
      set = Location{set.raw() + cache.tlb.set_words()};
    }
  }
}

}  // namespace mmulab::radix
