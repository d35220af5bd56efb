// SPDX-License-Identifier: MIT
// The hashed page table and the operations by which a native kernel changes it. An entry is changed under its
// software lock bit, which hardware ignores; insert never looks for an entry that already matches, so duplicates
// are possible; eviction clears V and leaves TLB copies alive. Source: Linux 2.6.22 hash_native_64.c
// (native_hpte_insert, _remove, _updatepp, _invalidate), linux-gather.md 2.4, 2.6. Left out: bolted entries,
// hypervisor calls. Cost: hpte_lock, hpte_store, pteg_scan a step, plus the transfer of the group's line.
#pragma once

#include "models/mm/state.h"
#include "models/ppc64/hpte.h"
#include "models/ppc64/params.h"
#include "sim/events/stream.h"

namespace mmulab::ppc64 {

/// One translation as the table files it.
struct HptTarget {
  MmId mm;
  VirtPage page;  ///< the first one, as the kernel counts pages
  std::uint64_t context = 0;
  std::uint64_t avpn = 0;  ///< with B and L; without H and V
  Groups groups;
  VirtPage at;  ///< the first one, 4 KiB
  PageSize size = PageSize::s4k;
  [[nodiscard]] TlbKey key() const { return key_of(at, context, size); }
};

/// `at` counts 4 KiB pages, and `base` is what the kernel counts.
[[nodiscard]] inline HptTarget target_of(const VsidScheme& scheme, const AvpnLayout& layout, PageShift base, MmId mm,
                                         VirtPage at, std::uint64_t context, PageSize size) {
  const VirtPage first = first_of(at, size);
  const VirtAddr ea = start_of(first, PageShift{12});
  const Vsid vsid = vsid_of(scheme, context, ea);
  const std::uint64_t hash = hash_of(scheme.segment, vsid, ea, shift_of(size));
  const Groups groups = groups_of(hash, layout.group_mask());
  return {mm, page_of(ea, base), context, layout.avpn(vsid, ea, size), groups, first, size};
}

class Hpt {
 public:
  Hpt(World& world, const KernelState& state, const Ppc64Params& params);

  /// `at` counts 4 KiB pages.
  [[nodiscard]] HptTarget target(MmId mm, VirtPage at, std::uint64_t context, PageSize size = PageSize::s4k) const;
  [[nodiscard]] Cell<std::uint64_t> v(std::uint64_t slot) const { return table_.cell<std::uint64_t>(slot, 0); }
  [[nodiscard]] Cell<std::uint64_t> r(std::uint64_t slot) const { return table_.cell<std::uint64_t>(slot, 1); }
  [[nodiscard]] Location group_first(std::uint64_t group) const { return table_.at(group * slots_per_group); }
  [[nodiscard]] std::uint32_t slots() const { return table_.count(); }
  static constexpr std::uint32_t group_words = 2 * slots_per_group;
  /// The slot that a pte's HASHPTE bits name.
  [[nodiscard]] std::uint64_t slot_of(const HptTarget& target, bool secondary, unsigned index) const {
    return (secondary ? target.groups.secondary : target.groups.primary) * slots_per_group + index;
  }
  /// Does hardware take doubleword 0 `v`, found in the primary or the secondary group, for `target`?
  [[nodiscard]] static bool hardware_matches(std::uint64_t v, const HptTarget& target, bool secondary) {
    const std::uint64_t want = target.avpn | hpte_valid | (secondary ? hpte_secondary : 0);
    return ((v ^ want) & hpte_hardware_compare) == 0;
  }
  /// The same for a whole entry.
  [[nodiscard]] static bool hardware_matches(const Hpte& entry, const HptTarget& target, bool secondary) {
    return hardware_matches(entry.v, target, secondary) && entry.size() == target.size;
  }

  static constexpr unsigned full = ~0U;
  /// Puts an entry into the primary or the secondary group; its index there, or full.
  unsigned insert(Context& ctx, const HptTarget& target, bool secondary, std::uint64_t r) const;
  /// Empties some slot of a group, picked at random. No tlbie: the translation is still valid.
  void evict(Context& ctx, std::uint64_t group) const;
  /// Changes PP, N and C of `slot` if it still holds `target`; false if it doesn't. The caller owes a tlbie in any
  /// case.
  bool update_pp(Context& ctx, const HptTarget& target, std::uint64_t slot, std::uint64_t r) const;
  /// Clears `slot` if it still holds `target`; false if it doesn't. The caller owes a tlbie in any case.
  bool invalidate(Context& ctx, const HptTarget& target, std::uint64_t slot) const;

 private:
  void lock(Context& ctx, const Label& label, const HptTarget& target, std::uint64_t slot) const;
  [[nodiscard]] bool software_matches(std::uint64_t v, const HptTarget& target, std::uint64_t slot) const;
  /// Stores doubleword 0 and says whose translation the slot holds: that of the entry, which need not be `target`.
  /// The step declares a read of doubleword 1 if the entry is valid before or after.
  void store_v(Access& a, std::uint64_t slot, std::uint64_t value, const HptTarget& target) const;
  [[nodiscard]] MmId owner_of(const Access& a, std::uint64_t context) const;

  const KernelState& state_;
  VsidScheme scheme_;
  AvpnLayout layout_;
  bool compare_h_;
  Region table_;
};

}  // namespace mmulab::ppc64
