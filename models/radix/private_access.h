// SPDX-License-Identifier: MIT
// Run-ahead of one cpu: the effects and cycles of Mmu::access() for accesses that touch nothing but this core's
// own state and lines it already holds, on the raw words. Stops before an access that needs A or D set, faults,
// misses a line, reads a table that is not its own (that must be reported), or would complete at or after the
// horizon. Source of truth: mmu.cpp and walker.cpp, which the differential test compares it with.
#pragma once

#include <array>

#include "models/machine/raw_tlb.h"
#include "models/radix/mmu.h"

namespace mmulab::radix {

class PrivateAccess {
 public:
  PrivateAccess(const Mmu& mmu, CpuId cpu, MmId mm);
  Cycle run(AccessBuffer& buffer, Cycle now, Cycle horizon);

 private:
  /// Where a walk stands: the table it reads next, its level, and the walk cache that led there (level 0: none).
  struct Position {
    std::size_t level = 0;
    TableId table;
    std::uint64_t rights = 0;
    std::size_t psc_level = 0;
    std::uint32_t psc_way = 0;
  };
  /// Performs one access that the last-page filter did not answer; 0 cycles if it cannot be done here.
  std::uint64_t perform(std::uint64_t page, bool store, std::uint64_t budget);
  std::uint64_t perform_any_kind(std::uint64_t page, bool store, std::uint64_t budget);
  std::uint64_t perform_walk(std::uint64_t page, bool store, std::uint64_t budget);
  [[nodiscard]] Position start_of_walk(std::uint64_t page) const;
  bool fill(std::uint64_t page, unsigned size, std::uint64_t data);
  void touch_psc(const Position& start, std::uint64_t page);
  void fill_psc(std::size_t level, std::uint64_t page, std::uint64_t data);
  [[nodiscard]] RawTlb raw(std::uint32_t array) const;
  [[nodiscard]] bool hits_first_level(std::uint64_t page, bool store) const;
  [[nodiscard]] bool usable(std::uint64_t data, bool store) const {
    return (data & need_[store ? 1 : 0]) == need_[store ? 1 : 0];
  }
  void remember(std::uint64_t page, std::uint64_t data) {
    last_page_ = page;
    last_data_ = data;
  }

  const Mmu& mmu_;
  CpuId cpu_;
  MmId mm_;
  CoreId core_;
  std::uint32_t tag_;
  std::uint64_t owner_bits_;
  std::uint64_t* words_;
  std::uint64_t kinds_;
  RawTlb l1_;
  RawTlb l2_;
  std::array<RawTlb, 4> psc_;
  bool independent_;
  TableId root_;
  std::size_t levels_;
  std::uint64_t hit_cost_;
  std::uint64_t second_hit_cost_;
  std::uint64_t walk_start_;
  std::uint64_t walk_level_;
  std::uint64_t fill_cost_;
  std::array<std::uint64_t, 2> need_ = {pte_user, pte_user | pte_write | pte_dirty};
  std::uint64_t last_page_ = ~std::uint64_t{0};
  std::uint64_t last_data_ = 0;
  std::uint64_t second_hits_ = 0;
  std::uint64_t walks_ = 0;
};

}  // namespace mmulab::radix
