// SPDX-License-Identifier: MIT
#include "models/radix/tlb_hierarchy.h"

#include <fmt/format.h>

namespace mmulab::radix {
namespace {

/// TlbHierarchy::kinds.
constexpr std::uint32_t header_words = 1;

/// Adds a set unless an earlier item covers it already: small arrays have one set for several sizes.
void declare_set(Footprint& footprint, Location first, std::uint32_t words) {
  if (!footprint.allows(first, Use::write)) footprint.writes_words(first, words);
}

}  // namespace

TlbHierarchy::TlbHierarchy(World& world, const char* name, const Topology& topology,
                           const TableGeometry& geometry, const HierarchyParams& params)
    : threads_(topology.threads_per_core), levels_(params.levels) {
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
  psc_[1] = add(world, prefix + ".psc_pde", params.psc_pde, Replacement::lru);
  psc_[2] = add(world, prefix + ".psc_pdpte", params.psc_pdpte, Replacement::lru);
  psc_[3] = add(world, prefix + ".psc_pml4e", params.psc_pml4e, Replacement::lru);
  const auto tlb = [&](const char* name, const TlbArray& array) {
    return add(world, prefix + name, array, params.replacement);
  };
  const std::uint32_t d4k = tlb(".dtlb_4k", params.dtlb_4k);
  const std::uint32_t d2m = params.dtlb_unified ? d4k : tlb(".dtlb_2m", params.dtlb_2m);
  const std::uint32_t d1g = params.dtlb_unified ? d4k : tlb(".dtlb_1g", params.dtlb_1g);
  const std::uint32_t i4k = tlb(".itlb_4k", params.itlb_4k);
  const std::uint32_t i2m = params.itlb_unified ? i4k : tlb(".itlb_2m", params.itlb_2m);
  const std::uint32_t l1[2][sizes] = {{d4k, d2m, d1g == no_array ? d2m : d1g}, {i4k, i2m, i2m}};
  second_level_offset_ = words_;
  const std::uint32_t stlb = tlb(".stlb", params.stlb);
  const std::uint32_t stlb_2m = params.stlb_holds_2m ? stlb : tlb(".stlb_2m", params.stlb_2m);
  const std::uint32_t stlb_1g = tlb(".stlb_1g", params.stlb_1g);
  const std::uint32_t code = tlb(".stlb_code", params.stlb_code);
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

std::uint32_t TlbHierarchy::add(World& world, const std::string& name, const TlbArray& array,
                                Replacement replacement) {
  const std::uint32_t base = first_.back().raw();
  if (array.ways == 0) {
    words_ = static_cast<std::uint32_t>(world.size_words()) - base;
    return no_array;
  }
  CacheArray placed;
  placed.tlb = Tlb(world, name, 1, TlbGeometry{array.sets, array.ways, replacement});
  placed.offset = placed.tlb.core_first(CoreId{0}).raw() - base;
  words_ = static_cast<std::uint32_t>(world.size_words()) - base;
  arrays_.push_back(placed);
  return arrays() - 1;
}

void TlbHierarchy::declare_levels(Footprint& footprint, CoreId core) const {
  footprint.writes_words(Location{core_first(core).raw() + header_words}, core_words() - header_words);
}

void TlbHierarchy::declare_hit(Footprint& footprint, CoreId core, Side side, VirtPage page, const Hit& hit) const {
  if (levels_ != TlbLevels::independent && hit.second_level) return declare_levels(footprint, core);
  const VirtPage number = key_page(page, hit.size);
  footprint.writes_words(set_first(core, hit.array, number), arrays_[hit.array].tlb.set_words());
  const std::uint32_t first = first_level(side, hit.size);
  if (hit.second_level && first != no_array)
    footprint.writes_words(set_first(core, first, number), arrays_[first].tlb.set_words());
}

void TlbHierarchy::declare_fill(Footprint& footprint, CoreId core, Side side, VirtPage page, unsigned size) const {
  if (levels_ != TlbLevels::independent) return declare_levels(footprint, core);
  const VirtPage number = key_page(page, size);
  for (const std::uint32_t array : {first_level(side, size), second_level(side, size)})
    if (array != no_array) footprint.writes_words(set_first(core, array, number), arrays_[array].tlb.set_words());
}

void TlbHierarchy::declare_page(Footprint& footprint, CoreId core, VirtPage page) const {
  // The header word is not part of it: no invalidation makes a kind uncached.
  footprint.writes_words(Location{core_first(core).raw() + header_words}, second_level_offset_ - header_words);
  for (const Side side : {Side::data, Side::instruction})
    for (unsigned size = 0; size < sizes; ++size) {
      const std::uint32_t array = second_level(side, size);
      if (array != no_array)
        declare_set(footprint, set_first(core, array, key_page(page, size)), arrays_[array].tlb.set_words());
    }
}

}  // namespace mmulab::radix
