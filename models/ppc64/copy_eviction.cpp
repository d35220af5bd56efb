// SPDX-License-Identifier: MIT
#include "models/machine/tlb_eviction.h"
#include "models/ppc64/port.h"

namespace mmulab {
namespace {
const Label evict_copy{"ppc64.evict_copy", "erat_hit"};
}

std::unique_ptr<Device> Ppc64Port::eviction() const {
  std::vector<TlbEviction::Array> arrays;
  for (std::uint32_t core = 0; core < machine_.topology.cores(); ++core)
    for (const Tlb* tlb : {&hardware_.ierat, &hardware_.derat, &hardware_.tlb})
      arrays.push_back({tlb, tlb->core_first(CoreId{core})});
  return std::make_unique<TlbEviction>(evict_copy, std::move(arrays));
}

}  // namespace mmulab
