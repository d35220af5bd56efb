// SPDX-License-Identifier: MIT
// Stretches that many formulas have in common, each the sum of the steps that the named function makes, all lines
// being at hand. Lines that are not are added where a test's comment accounts for them.
#pragma once

#include "tests/cycle/bench.h"

namespace mmulab::cycle {

/// find_pte in a page table of so many levels: mm->pgd, then an entry of each level above the leaf.
inline std::uint64_t find_pte(const Costs& c, std::uint64_t levels) { return levels * c("table_step"); }

inline std::uint64_t locked(const Costs& c, std::uint64_t inside) {
  return c("spin_lock") + inside + c("spin_unlock");
}

/// alloc_page: the free list's head is read, then the page is taken.
inline std::uint64_t allocate_page(const Costs& c) { return locked(c, 2 * c("page_allocate")); }
/// A page table: likewise, its clearing included.
inline std::uint64_t allocate_table(const Costs& c) { return locked(c, 2 * c("table_allocate")); }

/// free_pages_and_swap_cache of n <= 14 pages, the last reference to each: the list entry and the count of each,
/// the zone's lock once.
inline std::uint64_t put_pages(const Costs& c, std::uint64_t n) {
  return n * (2 * c("page_ref") + c("page_free")) + c("spin_lock") + c("spin_unlock");
}

/// tlb_finish_mmu's page list with n pages: its count, each entry, the pages, the count again.
inline std::uint64_t release(const Costs& c, std::uint64_t n) {
  return (2 + n) * c("gather_queue") + (n == 0 ? 0 : put_pages(c, n));
}

/// zap_pte of a present page whose pte changes at the cost `clear`: look, clear, rss, rmap, queue, is the list
/// full?
inline std::uint64_t zap_pte(const Costs& c, std::uint64_t clear) {
  return c("pte_read") + clear + c("page_ref") + c("page_rmap") + 2 * c("gather_queue");
}

/// free_pgtables over a range within one leaf table that stays: the path down to it, as in find_pte.
inline std::uint64_t keep_tables(const Costs& c, std::uint64_t levels) { return levels * c("table_step"); }

/// munmap of one whole VMA, without what the gather does at its beginning, in the walk and at its end: mmap_sem,
/// two splits that find nothing to split, the search for the VMA and the look into it, its removal between two
/// searches, the test for a waiting task, the return.
inline std::uint64_t munmap_frame(const Costs& c) {
  return 2 * c("rwsem") + 2 * c("find_vma") + 2 * c("find_vma") + 2 * c("find_vma") + c("vma_link") +
         c("test_flag") + c("syscall_exit");
}

/// munmap of n mapped pages within one leaf table that stays, under today's gather where hardware walks the tables:
/// munmap_frame; the gather is opened, looked at for others and closed (3 page_ref); the walk; the flush; the release.
inline std::uint64_t munmap_modern(const Costs& c, std::uint64_t levels, std::uint64_t n, std::uint64_t flush) {
  const std::uint64_t walk =
      find_pte(c, levels) + locked(c, n * zap_pte(c, c("pte_atomic"))) + c("test_flag");  // preempt_check
  return munmap_frame(c) + 3 * c("page_ref") + walk + keep_tables(c, levels) + flush + release(c, n);
}

/// A fault's frame: mmap_sem for read, find_vma, the walk, the look at the pte, the test for a waiting task, the
/// return.
inline std::uint64_t fault_frame(const Costs& c, std::uint64_t levels) {
  return 2 * c("rwsem") + c("find_vma") + find_pte(c, levels) + c("pte_read") + c("test_flag") + c("fault_exit");
}

}  // namespace mmulab::cycle
