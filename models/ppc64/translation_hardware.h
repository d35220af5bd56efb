// SPDX-License-Identifier: MIT
// What a core keeps of translations: instruction and data ERAT, TLB, the lookups in flight; and each cpu's SLB. A
// copy is keyed by the page of the effective address and the context id: within one VSID scheme that pair
// determines (VSID, page in segment), so tlbie's virtual address and this key name the same copies. Source:
// hardware.md 2.3, 2.4. Left out: kernel mappings and bolted SLB entries, POWER8's two-part D-ERAT, partitioning
// among threads, multi-hits of one size (a key is in a set once), ERATs that cut large pages up. Cost: none here; the
// port charges.
#pragma once

#include "models/machine/topology.h"
#include "models/ppc64/page_size.h"
#include "models/ppc64/params.h"

namespace mmulab::ppc64 {

/// A copy's data: the frame, and what it allows. The bits are those of the translation events.
class CopyData {
 public:
  static constexpr std::uint64_t write = 1;
  static constexpr std::uint64_t exec = 2;
  static constexpr std::uint64_t changed = 4;  ///< C was set: a store needs no further look
  constexpr explicit CopyData(std::uint64_t word) : word_(word) {}
  constexpr CopyData(Frame frame, std::uint64_t rights) : word_(std::uint64_t{frame.raw()} << 3 | rights) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return word_; }
  [[nodiscard]] constexpr std::uint64_t rights() const { return word_ & 7; }
  [[nodiscard]] constexpr Frame frame() const { return Frame{word_ >> 3}; }

 private:
  std::uint64_t word_;
};

class TranslationHardware {
 public:
  /// `base`: of the pages that events name.
  TranslationHardware(World& world, const Topology& topology, const Ppc64Params& params, PageShift base)
      : topology_(topology),
        base_(base),
        ierat(world, "ppc64.ierat", topology.cores(), params.ierat),
        derat(world, "ppc64.derat", topology.cores(), params.derat),
        tlb(world, "ppc64.tlb", topology.cores(), params.tlb),
        slb(world, "ppc64.slb", topology.cpus(), TlbGeometry{1, params.slb_entries, Replacement::fifo}),
        walks_(world.allocate("ppc64.walk", topology.cpus(), 1, Coherence::internal)),
        stalls_(world.allocate("ppc64.stall", topology.cores(), 1, Coherence::internal)) {
    world.assign(walks_, {Owner::cpu, topology.cpus()});
    world.assign(stalls_, {Owner::cpu, topology.cores()});
  }

  /// The key that the cpu's lookup is after, 0 if none; whoever kills that key's copies clears it.
  [[nodiscard]] Cell<std::uint64_t> walk(CpuId cpu) const { return walks_.cell<std::uint64_t>(cpu.raw()); }
  /// Cycles that snooping has cost the core and that its next access pays.
  [[nodiscard]] Cell<std::uint64_t> stall(CoreId core) const { return stalls_.cell<std::uint64_t>(core.raw()); }

  /// The kernel's page that a copy belongs to.
  [[nodiscard]] VirtPage page_of(TlbKey key) const { return VirtPage{key.page().raw() >> (base_.raw() - 12)}; }

  /// Which part of it, plus 1, if it is less.
  [[nodiscard]] std::uint8_t part_of(TlbKey key) const {
    return ppc64::part_of(key.page(), static_cast<PageSize>(key.size_code()), base_);
  }

  /// The whole SLB of a cpu: one set.
  [[nodiscard]] Location slb_first(CpuId cpu) const { return slb.set_first(CoreId{cpu.raw()}, 0); }

  /// What kill() touches.
  void declare_kill(Footprint& footprint, CoreId core, TlbKey key) const {
    for (const Tlb* t : {&ierat, &derat, &tlb})
      footprint.updates_words(t->set_first(core, t->set_of(index_of(key))), t->set_words());
    footprint.updates_words(walk(topology_.first_cpu(core)).at, topology_.threads_per_core);
  }
  /// Empties every entry of `core` with this key, and every lookup in flight for it. False if there was no entry.
  bool kill(Access& a, CoreId core, TlbKey key) const {
    bool found = false;
    for (const Tlb* t : {&ierat, &derat, &tlb}) {
      UpdateWords set(a, t->set_first(core, t->set_of(index_of(key))));
      const std::uint32_t way = t->find(set, key);
      if (way == Tlb::absent) continue;
      found = true;
      t->drop(set, way);
    }
    for (std::uint32_t thread = 0; thread < topology_.threads_per_core; ++thread) {
      const auto flight = walk(CpuId{topology_.first_cpu(core).raw() + thread});
      if (a.look(flight) == key.raw()) a.update(flight, std::uint64_t{0});
    }
    return found;
  }

 private:
  const Topology& topology_;
  PageShift base_;

 public:
  Tlb ierat;
  Tlb derat;
  Tlb tlb;
  Tlb slb;

 private:
  Region walks_;
  Region stalls_;
};

}  // namespace mmulab::ppc64
