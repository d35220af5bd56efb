// SPDX-License-Identifier: MIT
// A hashed page table in the order of a recording: doublewords 0 alone, placed and found as hpt.h does; nobody else
// changes the table meanwhile. The victim where both groups are full is any slot of either, by Knuth's MMIX generator.
#pragma once

#include <optional>
#include <vector>

#include "models/ppc64/hpt.h"

namespace mmulab::ppc64 {

class CountedHpt {
 public:
  CountedHpt(StateRoom& room, std::uint32_t groups, std::uint64_t seed)
      : v_(taken_from(room, std::size_t{groups} * slots_per_group), 0), owners_(v_.size()), draw_(seed) {}

  struct Place {
    std::uint64_t slot = 0;
    bool secondary = false;
  };
  [[nodiscard]] std::optional<Place> find(const HptTarget& target) const {
    for (const bool secondary : {false, true}) {
      const std::uint64_t first = first_slot(target, secondary);
      for (std::uint64_t slot = first; slot < first + slots_per_group; ++slot)
        if (Hpt::hardware_matches(v_[slot], target, secondary)) return Place{slot, secondary};
    }
    return {};
  }
  /// The first free slot of the primary group, else of the secondary one, else of a victim. True: one had to go.
  bool insert(const HptTarget& target) {
    if (put(target)) return false;
    const Groups& groups = target.groups;
    const std::uint64_t group = draw(2) == 0 ? groups.primary : groups.secondary;
    v_[group * slots_per_group + draw(slots_per_group)] = 0;
    const bool placed = put(target);
    MMULAB_ASSERT(placed, "an eviction makes room");
    return true;
  }
  void remove(const HptTarget& target) {
    if (const auto place = find(target)) v_[place->slot] = 0;
  }
  void remove_all(MmId mm) {
    for (std::size_t slot = 0; slot < v_.size(); ++slot)
      if (v_[slot] != 0 && owners_[slot] == mm) v_[slot] = 0;
  }

 private:
  /// An entry is one word, and its owner half a one.
  static std::size_t taken_from(StateRoom& room, std::size_t slots) {
    room.take("ppc64.hpt", slots + slots / 2);
    return slots;
  }
  [[nodiscard]] static std::uint64_t first_slot(const HptTarget& target, bool secondary) {
    return (secondary ? target.groups.secondary : target.groups.primary) * slots_per_group;
  }
  bool put(const HptTarget& target) {
    for (const bool secondary : {false, true}) {
      const std::uint64_t first = first_slot(target, secondary);
      for (std::uint64_t slot = first; slot < first + slots_per_group; ++slot) {
        if (v_[slot] != 0) continue;
        v_[slot] = target.avpn | hpte_valid | (secondary ? hpte_secondary : 0);
        owners_[slot] = target.mm;
        return true;
      }
    }
    return false;
  }
  std::uint64_t draw(std::uint64_t below) {
    draw_ = draw_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (draw_ >> 33) % below;
  }

  std::vector<std::uint64_t> v_;
  std::vector<MmId> owners_;  ///< of valid entries
  std::uint64_t draw_;
};

}  // namespace mmulab::ppc64
