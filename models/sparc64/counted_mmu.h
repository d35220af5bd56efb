// SPDX-License-Identifier: MIT
// TLBs and TSBs in the order of a recording (machine/counted_mmu.h). Source of truth: access.cpp, flush.cpp and
// address_space.cpp. A page fault's end puts the translation into the TSB (update_mmu_cache), as does a miss that the
// TSB cannot answer; the TSB grows with the mm's resident pages. An mm's context is its number plus 1, and never comes
// back: no wraps. Left out: the second TSB and pages of 4M.
#pragma once

#include "models/machine/counted_mmu.h"
#include "models/machine/topology.h"
#include "models/sparc64/core_tlbs.h"
#include "models/sparc64/tsb.h"

namespace mmulab::sparc64 {

class CountedMmu final : public mmulab::CountedMmu {
 public:
  CountedMmu(StateRoom& room, const Topology& topology, PageShift shift, const Sparc64Params& params);

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
    CoreTlbs tlbs;
    std::uint64_t tlb_hits = 0, tsb_hits = 0, walks = 0;
  };
  /// An mm's table: each entry the page that it translates, plus 1; 0 if it is invalid.
  using Table = std::vector<std::uint64_t>;
  [[nodiscard]] Table& table_of(MmId mm);
  [[nodiscard]] static std::uint64_t& entry(Table& table, VirtPage page) {
    return table[page.raw() & (table.size() - 1)];
  }
  [[nodiscard]] static Repeats repeats_of(const std::vector<Sparc64TlbLevel>& levels);
  void access(Side& side, VirtPage page);
  [[nodiscard]] Table made(std::size_t entries);
  void grow(Table& table, std::uint64_t resident);

  StateRoom& room_;
  const Topology topology_;
  const Sparc64Params params_;
  const TteLayout& tte_;
  World world_;
  std::array<Side, 2> sides_;  ///< data, code
  RawView view_;
  CpusOfMms cpus_;
  std::vector<Table> tables_;

  CoreId core_;
  MmId mm_;
  std::uint32_t context_ = 0;
  std::uint64_t growths_ = 0;
};

}  // namespace mmulab::sparc64
