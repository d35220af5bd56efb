// SPDX-License-Identifier: MIT
// The page and table stores: where freed pages and page tables wait until no translation can reach them. Source:
// struct mmu_gather of include/asm-generic/tlb.h (2.6.22: 506 a cpu), Hugh Dickins' and today's stack gathers
// (linux-gather.md 0.4, 6.1, 6.2). Cost: kernel.cost.gather_queue an entry plus its line; freeing is the kernel's.
#pragma once

#include "models/gather/axes.h"
#include "models/mm/kernel.h"

namespace mmulab {

class PageList {
 public:
  /// Lists 0..cpus-1 are the cpus', the others the tasks' (stack gathers); each is as long as the axes allow at
  /// most.
  PageList(World& world, const KernelLimits& limits, const GatherAxes& axes);

  /// Which list a gather of this context uses, and how many entries it has to begin with.
  void attach(Context& ctx, Gather& g) const;
  [[nodiscard]] bool full(Context& ctx, const Gather& g) const;
  /// Whether there may be more entries than now.
  [[nodiscard]] bool may_grow(const Gather& g) const { return larger(g) > g.capacity; }
  /// Makes room beyond the first entries (one atomic page; a chain); false if there is none to be had.
  bool grow(Context& ctx, Gather& g) const;
  /// `delayed_rmap`: the page's map count is still to be dropped; g remembers from where on such entries lie.
  void add_page(Context& ctx, Gather& g, Frame frame, bool delayed_rmap) const;
  void drop_delayed_rmaps(Context& ctx, const Gather& g, Kernel& kernel) const;
  void add_table(Context& ctx, const Gather& g, std::size_t level, TableId table) const;
  /// Frees everything that is listed.
  void release(Context& ctx, const Gather& g, Kernel& kernel) const;

 private:
  void add(Context& ctx, const Gather& g, std::uint64_t word) const;
  [[nodiscard]] std::uint32_t larger(const Gather& g) const;
  [[nodiscard]] static Cell<std::uint64_t> count(Location list) { return {list}; }
  [[nodiscard]] static Cell<std::uint64_t> entry(Location list, std::uint32_t n) {
    return {Location{list.raw() + 8 + n}};
  }

  GatherAxes axes_;
  std::uint32_t cpus_;
  std::uint32_t entries_max_;
  Region region_;
};

}  // namespace mmulab
