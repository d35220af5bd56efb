// SPDX-License-Identifier: MIT
// A hashed page table as the architecture and Linux 2.6.22 have it, written to be read: groups of eight, the hash of a
// 4 KiB page in a 256 MiB segment, the first free slot of the primary group and then of the secondary one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mmulab::test {

class ReferenceHpt {
 public:
  using Name = std::pair<std::uint64_t, std::uint64_t>;  // context, page
  explicit ReferenceHpt(std::uint64_t groups) : groups_(groups), slots_(groups * 8) {}

  /// In its primary (0) or secondary (1) group.
  [[nodiscard]] std::optional<int> holds(Name name) const {
    const auto groups = groups_of(name);
    for (int which = 0; which < 2; ++which)
      for (std::uint64_t i = 0; i < 8; ++i)
        if (const Slot& slot = slots_[groups[static_cast<std::size_t>(which)] * 8 + i];
            slot && slot->first == name && slot->second == which)
          return which;
    return {};
  }
  /// The slot that it is put into; none if both groups are full.
  std::optional<std::uint64_t> put(Name name) {
    const auto groups = groups_of(name);
    for (int which = 0; which < 2; ++which)
      for (std::uint64_t at = groups[static_cast<std::size_t>(which)] * 8, end = at + 8; at < end; ++at) {
        if (slots_[at]) continue;
        slots_[at] = {name, which};
        return at;
      }
    return {};
  }
  /// False if the slot is none that room for `name` may be made in.
  bool evict(std::uint64_t slot, Name name) {
    const auto at = groups_of(name);
    if ((slot / 8 != at[0] && slot / 8 != at[1]) || !slots_[slot]) return false;
    slots_[slot].reset();
    return true;
  }
  template <class Predicate>
  void forget_where(const Predicate& dies) {
    for (Slot& slot : slots_)
      if (slot && dies(slot->first)) slot.reset();
  }
  [[nodiscard]] std::array<std::uint64_t, 2> groups_of(Name name) const {
    const auto [context, page] = name;
    const std::uint64_t vsid = (context << 16 | page >> 16) * 200730139 % ((std::uint64_t{1} << 36) - 1);
    const std::uint64_t hash = vsid ^ (page & 0xffff);
    return {hash % groups_, ~hash % groups_};
  }

 private:
  using Slot = std::optional<std::pair<Name, int>>;
  std::uint64_t groups_;
  std::vector<Slot> slots_;
};

}  // namespace mmulab::test
