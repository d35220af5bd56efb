// SPDX-License-Identifier: MIT
// The one scrambling function of 64-bit words, behind fingerprints, counter-based random streams and hashes. Source:
// the finalizer of splitmix64 (Steele, Lea, Flood 2014). Not for secrets.
#pragma once

#include <cstdint>

namespace mmulab {

constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace mmulab
