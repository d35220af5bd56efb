// SPDX-License-Identifier: MIT
// Page faults, copy on write and the walk behind them, on x86 with one cpu.
#include "tests/cycle/x86.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

/// Mapping, accesses and munmap again and again: the third time every line is at hand.
std::string again(unsigned pages, const std::string& accesses) {
  return heap(16, pages) +
         task("t", 0, "repeat 3 { mmap heap; " + accesses + "; munmap heap }");
}

std::uint64_t last_fault(const Timeline& t) { return t.fault(0); }

/// The pte is set under its lock, if it is still empty.
std::uint64_t install(const Costs& c) { return locked(c, c("pte_read") + c("pte_store")); }

/// do_anonymous_page for a store: a page, cleared, its map count, the pte, the rss.
std::uint64_t map_new_page(const Costs& c) {
  return allocate_page(c) + c("clear_page") + c("page_rmap") + install(c) + c("page_ref");
}

/// flush_tlb_page of today on one cpu.
std::uint64_t flush_page(const Costs& c) { return flush_frame(c) + flush_here(c, 1); }

/// flush_tlb_page of 2.6.22 on one cpu.
std::uint64_t flush_page_old(const Costs& c) {
  return c("preempt_disable") + c("flush_setup") + c("invlpg") + c("percpu") + c("preempt_enable");
}

}  // namespace

TEST_CASE("a store to an empty pte takes, clears and maps a page") {
  check(x86_modern(1, again(1, "store heap")), last_fault,
        [](const Costs& c) { return fault_frame(c, x86_levels) + map_new_page(c); });
}

// munmap has freed the leaf table. The path down ends above it; a table is taken; under page_table_lock the root,
// the two entries on the way and the store of the new one; then the path down again.
TEST_CASE("a store without a leaf table allocates one first") {
  check(x86_modern(1, again(4, "store heap")), [](const Timeline& t) { return t.fault(0, -4); },
        [](const Costs& c) {
          const std::uint64_t table =
              allocate_table(c) + locked(c, 4 * c("table_step")) + find_pte(c, x86_levels);
          return fault_frame(c, x86_levels) + table + map_new_page(c);
        });
}

TEST_CASE("a load from an empty pte maps the zero page, which is not counted") {
  check(x86_modern(1, again(1, "load heap")), last_fault,
        [](const Costs& c) { return fault_frame(c, x86_levels) + install(c); });
}

// Until 2.6.23 the zero page had a reference, a map count and a place in the rss like any other.
TEST_CASE("a load from an empty pte maps the zero page of 2.6.22, which is counted") {
  check(x86_old(1, again(1, "load heap")), last_fault, [](const Costs& c) {
    return fault_frame(c, x86_levels) + c("page_ref") + c("page_rmap") + install(c) + c("page_ref");
  });
}

// do_wp_page looks under the PTL and lets it go; the new page is cleared, not copied; under the PTL again the old
// pte is cleared and flushed before the new one is set. The rss grows.
TEST_CASE("copy on write of the zero page clears a new one") {
  check(x86_modern(1, again(1, "load heap; store heap")), last_fault, [](const Costs& c) {
    return fault_frame(c, x86_levels) + locked(c, c("pte_read")) + allocate_page(c) + c("clear_page") +
           c("page_rmap") + locked(c, c("pte_read") + c("pte_atomic") + flush_page(c) + c("pte_store")) +
           c("page_ref");
  });
}

// The counted one is held (page_ref) while it would be copied, loses its map count, and two references: that one
// and the pte's. The rss stays.
TEST_CASE("copy on write of the counted zero page of 2.6.22") {
  check(x86_old(1, again(1, "load heap; store heap")), last_fault, [](const Costs& c) {
    return fault_frame(c, x86_levels) + locked(c, c("pte_read") + c("page_ref")) + allocate_page(c) +
           c("clear_page") + c("page_rmap") +
           locked(c, c("pte_read") + c("pte_atomic") + flush_page_old(c) + c("pte_store")) + c("page_rmap") +
           2 * c("page_ref");
  });
}

// After a fork both have the page: the test of its map count fails, it is held, copied (its content is stored
// behind the copy, and looked at once more when the new pte is visible), loses a map count and two references. The
// page for the copy has just been given back by `spare`, so that its line is at hand.
TEST_CASE("copy on write after fork copies the page") {
  const std::string tasks = region("heap", 16, 1) + region("spare", 17, 1) +
                            task("parent", 0, "store heap; store spare; dontneed spare; fork child; store heap") +
                            task("child", 0, "yield");
  check(x86_modern(1, tasks), last_fault, [](const Costs& c) {
    return fault_frame(c, x86_levels) + locked(c, c("pte_read") + 2 * c("page_ref")) + allocate_page(c) +
           c("copy_page") + c("pte_read") + c("page_rmap") +
           locked(c, c("pte_read") + c("pte_atomic") + flush_page(c) + c("pte_store") + c("pte_read")) +
           c("page_rmap") + 2 * c("page_ref");
  });
}

// The child has gone when the parent stores: the page is the parent's alone, and its pte is made writable in
// place.
TEST_CASE("copy on write reuses a page that nobody else maps") {
  const std::string tasks = region("heap", 16, 1) +
                            task("parent", 0, "store heap; fork child; yield; store heap") +
                            task("child", 0, "think 0");
  check(x86_modern(1, tasks), last_fault, [](const Costs& c) {
    return fault_frame(c, x86_levels) + locked(c, c("pte_read") + c("page_ref") + c("pte_store"));
  });
}

// After the fault the access is made again: hardware walks three levels from the root, since the fault dropped its
// walk caches for the page, and fills. Accessed and dirty are set everywhere already.
TEST_CASE("the walk behind a fault") {
  check(x86_modern(1, again(1, "store heap")),
        [](const Timeline& t) { return t.span(0, "fault.return_to_user", "x86.fill", -1); },
        [](const Costs& c) { return c("walk_start") + x86_levels * c("walk_level") + c("l1_hit"); });
}

// The new leaf table's entry has never been used: its accessed bit is set by an assist.
TEST_CASE("the walk through a new leaf table sets the accessed bit") {
  check(x86_modern(1, again(4, "store heap")),
        [](const Timeline& t) { return t.span(0, "fault.return_to_user", "x86.fill", -4); },
        [](const Costs& c) {
          return c("walk_start") + x86_levels * c("walk_level") + c("ad_assist") + c("l1_hit");
        });
}

// The TLB has two entries: heap and spare push each other out together with a third page. All in one leaf table,
// so the cache of page-directory entries leads there: one entry is read.
TEST_CASE("a TLB miss whose leaf table is in the walk cache") {
  const std::string tasks = region("heap", 16, 3) + task("t", 0, "store heap; load heap; load heap");
  check(
      x86_modern(1, tasks),
      [](const Timeline& t) { return t.length(0, "x86.walk", -1) + t.length(0, "x86.fill", -1); },
      [](const Costs& c) { return c("walk_start") + c("walk_level") + c("l1_hit"); });
}

TEST_CASE("a TLB hit") {
  const std::string tasks = region("heap", 16, 1) + task("t", 0, "store heap; load heap; load heap");
  check(x86_modern(1, tasks), [](const Timeline& t) { return t.length(0, "x86.access", -1); },
        [](const Costs& c) { return c("l1_hit"); });
}

}  // namespace mmulab::cycle
