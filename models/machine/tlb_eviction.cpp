// SPDX-License-Identifier: MIT
#include "models/machine/tlb_eviction.h"

namespace mmulab {

TlbEviction::Place TlbEviction::place_of(std::uint32_t unit) const {
  std::size_t n = 0;
  while (unit >= arrays_[n].tlb->geometry().entries()) unit -= arrays_[n++].tlb->geometry().entries();
  const Tlb& tlb = *arrays_[n].tlb;
  const std::uint32_t set = unit / tlb.geometry().ways;
  return {&tlb, Location{arrays_[n].first.raw() + set * tlb.set_words()}, unit % tlb.geometry().ways};
}

void TlbEviction::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  std::uint32_t unit = 0;
  for (const Array& array : arrays_) {
    const TlbGeometry& geometry = array.tlb->geometry();
    for (std::uint32_t entry = 0; entry < geometry.entries(); ++entry, ++unit) {
      const std::uint32_t set = entry / geometry.ways * array.tlb->set_words();
      const PeekWords words(world, Location{array.first.raw() + set});
      if (array.tlb->key(words, entry % geometry.ways).valid()) units.push_back(unit);
    }
  }
}

Footprint TlbEviction::footprint(std::uint32_t unit) const {
  const Place place = place_of(unit);
  return Footprint{}.writes_words(place.set, place.tlb->set_words());
}

void TlbEviction::act(Access& a, std::uint32_t unit) {
  const Place place = place_of(unit);
  StepWords set(a, place.set);
  place.tlb->drop(set, place.way);
}

}  // namespace mmulab
