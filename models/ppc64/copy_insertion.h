// SPDX-License-Identifier: MIT
// How a copy gets into an ERAT or TLB: over an older copy of the same page if there is one, so that a key is in a
// set at most once.
#pragma once

#include "models/machine/tlb.h"

namespace mmulab::ppc64 {

template <class Words>
void insert_copy(const Tlb& tlb, Words& set, TlbKey key, std::uint64_t data) {
  const std::uint32_t way = tlb.find(set, key);
  if (way == Tlb::absent) {
    tlb.insert(set, key, data);
    return;
  }
  tlb.set_data(set, way, data);
  tlb.touch(set, way);
}

}  // namespace mmulab::ppc64
