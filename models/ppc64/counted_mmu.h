// SPDX-License-Identifier: MIT
// ERATs, SLBs, TLBs and the hashed page table in the order of a recording (machine/counted_mmu.h). Source of truth:
// access.cpp, walk.cpp and hash_fault.cpp. A page fault's end hashes the page (update_mmu_cache), as does a lookup that
// finds no entry (the hash fault); a first store changes the entry where it lies. A switch to another mm empties the
// cpu's SLB and the core's ERATs. An mm's context is its number plus 1, and never comes back. Left out: huge pages,
// parts of pages.
#pragma once

#include "models/machine/counted_mmu.h"
#include "models/machine/raw_tlb.h"
#include "models/ppc64/counted_hpt.h"
#include "models/ppc64/translation_hardware.h"

namespace mmulab::ppc64 {

class CountedMmu final : public mmulab::CountedMmu {
 public:
  /// `seed` begins the draws of the table's victims.
  CountedMmu(StateRoom& room, const Topology& topology, PageShift base, const Ppc64Params& params, std::uint64_t seed);

  void run(std::uint32_t task, MmId mm) override;
  void access(const std::uint64_t* accesses, std::size_t count) override;
  void fault(VirtPage page, std::uint64_t resident) override;
  void change(VirtPage page, Change change) override;
  void forget(MmId mm, VirtPage page) override;
  void forget_all(MmId mm, bool over) override;
  [[nodiscard]] bool changes_at_first_store() const override { return true; }
  [[nodiscard]] RepeatsOfSides repeats() const override;
  void add_repeats(std::uint64_t data, std::uint64_t code) override;
  [[nodiscard]] std::vector<StructureCount> counts() const override;

 private:
  struct Side {
    RawTlb erat;
    std::uint64_t erat_hits = 0, tlb_hits = 0;
  };
  [[nodiscard]] HptTarget target(MmId mm, VirtPage page) const;
  [[nodiscard]] RawTlb raw(const Tlb& tlb, CoreId core) const;
  void access(Side& side, VirtPage page);
  void load_segment(VirtPage page);
  void walk(VirtPage page);
  void kill(MmId mm, const HptTarget& target);

  const Topology topology_;
  const PageShift base_;
  const PageSize size_;
  const VsidScheme scheme_;
  const AvpnLayout layout_;
  World world_;
  TranslationHardware hardware_;
  std::uint64_t* words_;
  CountedHpt hpt_;
  CpusOfMms cpus_;
  std::vector<MmId> loaded_;  ///< by each cpu

  MmId mm_;
  std::array<Side, 2> sides_;  ///< data, code
  RawTlb tlb_, slb_;
  std::uint64_t slb_misses_ = 0, primary_hits_ = 0, secondary_hits_ = 0;
  std::uint64_t hash_faults_ = 0, preloads_ = 0, evictions_ = 0;
};

}  // namespace mmulab::ppc64
