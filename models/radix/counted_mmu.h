// SPDX-License-Identifier: MIT
// The TLBs and paging-structure caches of hardware that walks tables, in the order of a recording
// (machine/counted_mmu.h). Source of truth: mmu.cpp and walker.cpp. Every page is of the smallest size and none is
// global. An access that faults is the walk after the fault; the walk that failed leaves nothing behind but what #PF
// drops. A page that is no more is dropped as INVLPG drops it. Left out: what a real machine's few PCIDs lose to each
// other; with `tags` an mm keeps its own, without them a switch to another mm empties the cpu's.
#pragma once

#include <array>

#include "models/machine/counted_mmu.h"
#include "models/machine/raw_tlb.h"
#include "models/radix/tlb_hierarchy.h"

namespace mmulab::radix {

class CountedMmu final : public mmulab::CountedMmu {
 public:
  CountedMmu(StateRoom& room, const Topology& topology, const TableGeometry& geometry,
             const HierarchyParams& params, bool tags);

  void run(std::uint32_t task, MmId mm) override;
  void access(const std::uint64_t* accesses, std::size_t count) override;
  void fault(VirtPage page, std::uint64_t resident) override;
  void change(VirtPage page, Change) override { forget(mm_, page); }
  void forget(MmId mm, VirtPage page) override;
  void forget_all(MmId mm, bool over) override;
  [[nodiscard]] bool changes_at_first_store() const override { return false; }
  [[nodiscard]] RepeatsOfSides repeats() const override;
  void add_repeats(std::uint64_t data, std::uint64_t code) override;
  [[nodiscard]] std::vector<StructureCount> counts() const override;

 private:
  /// What one side does on the current core.
  struct View {
    RawTlb first, second;
    std::uint64_t first_hits = 0, second_hits = 0, walks = 0;
  };
  [[nodiscard]] RawTlb raw(std::uint32_t array) const;
  [[nodiscard]] std::uint32_t tag(CpuId cpu, MmId mm) const;
  void place(CpuId cpu);
  void access(View& view, std::uint64_t access);
  void walk(View& view, std::uint64_t access);
  void fill(View& view, std::uint64_t access);
  [[nodiscard]] RawView words() const { return RawView{words_}; }

  const Topology topology_;
  const std::size_t levels_;
  const bool tags_;
  World world_;
  TlbHierarchy tlbs_;
  std::uint64_t* words_;
  CpusOfMms cpus_;
  std::vector<MmId> loaded_;  ///< by each cpu, where there are no tags

  CpuId cpu_;
  MmId mm_;
  CoreId core_;
  std::uint32_t tag_ = 0;
  std::uint64_t key_bits_ = 0;  ///< of a key of the current tag
  std::array<View, 2> views_;   ///< data, code
  std::array<RawTlb, 4> psc_;
  std::array<std::uint64_t, 4> psc_hits_{};
  std::uint64_t entries_read_ = 0;
};

}  // namespace mmulab::radix
