// SPDX-License-Identifier: MIT
// What a core with hardware-walked tables does without being asked, each act a move of the explorer: it translates any
// page that its root leads to (a prefetch, a wrong path; on a lazy cpu, too), an entry a time; that it forgets entries
// is machine/tlb_eviction.h. Sources: Intel SDM vol. 3, 4.10.2.3 (entries may be created for accesses that are never
// retired, and dropped at any time), 4.8 (A is set, D never); hardware.md 1.5.
// An act reads one entry. An upper one goes into its walk cache; where that level has none, the walker holds the
// pointer, which every invalidation on its hardware thread and every load of the root takes away. A leaf goes into the
// TLB at once: nothing could tell a walk that has read it and not filled from a TLB that holds it, but for an
// invalidation of another page, which the entry survives. The act after an upper entry may be for any page below it.
// Left out: a second walker of the same thread; walks that begin above the deepest walk-cache entry they could use
// (the entry is evicted first). Costs nothing: only the explorer lets them act, beside tasks that have something to do.
#pragma once

#include "models/radix/mmu.h"

namespace mmulab::radix {

class Speculation : public Device {
 public:
  explicit Speculation(const Mmu& mmu) : mmu_(mmu) {}
  /// A unit is a cpu, a page and a side of the TLB. Upper entries are read for the first page below them alone.
  [[nodiscard]] std::uint32_t unit(CpuId cpu, VirtPage page, Side side) const;
  /// Whether something would come of the unit's next act.
  [[nodiscard]] bool is_enabled(const World& world, std::uint32_t unit) const { return find(world, unit).leads_on; }
  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& a, std::uint32_t unit) override;
  [[nodiscard]] bool is_spontaneous() const override { return true; }

 private:
  /// Where the walk of a unit stands.
  struct Place {
    CpuId cpu;
    Walk walk;
    bool held = false;  ///< by the walker alone
    Cell<Pte> cell;
    Reading reading = Reading::not_present;
    bool leads_on = false;  ///< something comes of reading on
  };
  [[nodiscard]] Place find(const World& world, std::uint32_t unit) const;
  [[nodiscard]] bool leads_on(const World& world, const Place& place, Side side) const;
  void follow_held(const World& world, Place& place) const;
  [[nodiscard]] std::uint64_t pages() const;

  const Mmu& mmu_;
};

}  // namespace mmulab::radix
