// SPDX-License-Identifier: MIT
// What cores do to their TLBs and walk caches beside what accesses ask for: check.tlb. Only the explorer plays it.
#pragma once

#include <cstdint>

namespace mmulab {

enum class TlbAgents : std::uint8_t {
  on_demand,       ///< nothing: filled by accesses, evicted for want of room
  explicit_moves,  ///< fill by speculation and eviction, at any moment, are moves
  may_set          ///< no moves: an access may meet whatever those moves could have left behind
};

}  // namespace mmulab
