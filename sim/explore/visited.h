// SPDX-License-Identifier: MIT
// The states that a search has seen: 128-bit fingerprints in an open-addressing table, with the fewest context switches
// that have led to each. Two states that share a fingerprint are taken for one; the odds belong to the verdict
// (n^2 / 2^129 for n states). Cost: 17 bytes a slot, 25 with sleep sets, at most 3/4 of which are used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/state/world.h"

namespace mmulab {

class VisitedStates {
 public:
  enum class Seen : std::uint8_t { first_time, with_fewer_switches, before, no_room };

  /// Room for so many states.
  explicit VisitedStates(std::uint64_t states_max = ~std::uint64_t{0});
  /// Enters the state, or lowers its switches. What has not been seen does not enter a full table.
  Seen enter(const Fingerprint& key, std::uint32_t switches);
  /// Moves of that state, which has been entered, that were left to others' paths; by their place in its list.
  [[nodiscard]] std::uint64_t& asleep(const Fingerprint& key);
  [[nodiscard]] bool contains(const Fingerprint& key) const;
  [[nodiscard]] std::uint64_t size() const { return used_; }
  [[nodiscard]] std::size_t bytes() const {
    return keys_.capacity() * sizeof(Fingerprint) + switches_.capacity() + asleep_.capacity() * sizeof(std::uint64_t);
  }
  /// The odds that two of them were taken for one, as an exponent: at most 2^result.
  [[nodiscard]] int collision_exponent() const;

 private:
  [[nodiscard]] std::size_t slot_of(const Fingerprint& key) const;
  void grow();

  std::vector<Fingerprint> keys_;
  std::vector<std::uint8_t> switches_;
  std::vector<std::uint64_t> asleep_;  ///< empty as long as nobody asks
  std::uint64_t used_ = 0;
  std::uint64_t states_max_;
};

}  // namespace mmulab
