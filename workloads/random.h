// SPDX-License-Identifier: MIT
// Random numbers of tasks: a key and a counter give a number (splitmix64's finalizer), so that nothing but the two
// has to be remembered and any stream can be replayed from anywhere. One stream a task; no task's draws depend on
// another's.
#pragma once

#include <cstdint>

#include "sim/units/mix.h"

namespace mmulab::workload {

constexpr std::uint64_t draw(std::uint64_t key, std::uint64_t counter) {
  return mix(key + 0x9e3779b97f4a7c15ULL * (counter + 1));
}

/// The key of a stream of its own below `key`.
constexpr std::uint64_t derive(std::uint64_t key, std::uint64_t name) { return mix(draw(key, name)); }

/// `random`'s upper half scaled to [0, n); n is at most 2^32.
constexpr std::uint64_t below(std::uint64_t random, std::uint64_t n) { return ((random >> 32) * n) >> 32; }

}  // namespace mmulab::workload
