// SPDX-License-Identifier: MIT
#include "sim/explore/visited.h"

#include <algorithm>

namespace mmulab {
namespace {
constexpr std::size_t first_slots = std::size_t{1} << 12;
constexpr std::uint32_t switches_max = 254;
constexpr std::uint8_t free_slot = 255;
}  // namespace

VisitedStates::VisitedStates(std::uint64_t states_max)
    : keys_(first_slots), switches_(first_slots, free_slot), states_max_(states_max) {}

std::size_t VisitedStates::slot_of(const Fingerprint& key) const {
  const std::size_t mask = keys_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(key.low) & mask;
  while (switches_[slot] != free_slot && keys_[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

VisitedStates::Seen VisitedStates::enter(const Fingerprint& key, std::uint32_t switches) {
  const auto capped = static_cast<std::uint8_t>(std::min(switches, switches_max));
  const std::size_t slot = slot_of(key);
  if (switches_[slot] == free_slot) {
    if (used_ == states_max_) return Seen::no_room;
    keys_[slot] = key;
    switches_[slot] = capped;
    if (++used_ * 4 > keys_.size() * 3) grow();
    return Seen::first_time;
  }
  if (switches_[slot] <= capped) return Seen::before;
  switches_[slot] = capped;
  return Seen::with_fewer_switches;
}

std::uint64_t& VisitedStates::asleep(const Fingerprint& key) {
  if (asleep_.empty()) asleep_.resize(keys_.size(), 0);
  return asleep_[slot_of(key)];
}

bool VisitedStates::contains(const Fingerprint& key) const { return switches_[slot_of(key)] != free_slot; }

void VisitedStates::grow() {
  std::vector<Fingerprint> keys(keys_.size() * 2);
  std::vector<std::uint8_t> switches(keys.size(), free_slot);
  std::vector<std::uint64_t> asleep(asleep_.empty() ? 0 : keys.size(), 0);
  keys.swap(keys_);
  switches.swap(switches_);
  asleep.swap(asleep_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (switches[i] == free_slot) continue;
    const std::size_t slot = slot_of(keys[i]);
    keys_[slot] = keys[i];
    switches_[slot] = switches[i];
    if (!asleep_.empty()) asleep_[slot] = asleep[i];
  }
}

int VisitedStates::collision_exponent() const {
  int log2 = 0;
  while (log2 < 63 && (std::uint64_t{1} << log2) < used_) ++log2;
  return 2 * log2 - 129;
}

}  // namespace mmulab
