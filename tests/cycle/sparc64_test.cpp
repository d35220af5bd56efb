// SPDX-License-Identifier: MIT
// sparc64: TLB and TSB misses, the TSB's preload and its flush, cross calls.
#include "tests/cycle/pieces.h"
#include "tests/cycle/scripts.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

constexpr std::uint64_t levels = 3;

/// Three levels of four entries, TLBs of two entries, a TSB of four entries that may grow to eight.
std::string sparc64(unsigned cores, const std::string& tasks, const std::string& machine = "") {
  return "strategy = 'sparc64-2013'\n[machine]\npreset = 'sparc64-tiny'\ncores = " + std::to_string(cores) + "\n" +
         machine +
         "[kernel]\npreset = '2.6.22'\nsparc64.tsb_entries_first = 4\nsparc64.tsb_entries_max = 8\n"
         "sparc64.posted_entries = 4\n[workload]\nkind = 'script'\n" +
         tasks;
}

/// From the step before the n-th trap of that label (from behind) to the access that succeeds.
std::uint64_t missed_access(const Timeline& t) {
  return t.length(0, "mmu.miss_trap", -1) + t.span(0, "mmu.miss_trap", "mmu.access", -1);
}

}  // namespace

TEST_CASE("a TLB hit on sparc64") {
  check(
      sparc64(1, region("heap", 16, 1) + task("t", 0, "store heap; load heap; load heap")),
      [](const Timeline& t) { return t.length(0, "mmu.access", -1); },
      [](const Costs& c) { return c("tlb_hit"); });
}

// Three pages are one too many for the TLB; each has an entry of its own in the TSB. Trap, one look, fill, again.
TEST_CASE("a TLB miss that hits in the TSB") {
  check(sparc64(1, region("heap", 16, 3) + task("t", 0, "store heap; load heap+0")), missed_access,
        [](const Costs& c) { return c("trap_entry") + c("tsb_load") + c("tlb_fill") + c("tlb_hit"); });
}

// Pages four apart share an entry of the TSB: the first one is found neither in the TLB nor there. The handler
// walks all levels down to the pte, locks the entry, stores both words, fills.
TEST_CASE("a TLB miss that misses the TSB, too") {
  check(sparc64(1, region("heap", 16, 9) + task("t", 0, "store heap+0; store heap+4; store heap+8; load heap+0")),
        missed_access, [](const Costs& c) {
          return c("trap_entry") + c("tsb_load") + levels * c("table_load") + c("tsb_lock") + 2 * c("tsb_store") +
                 c("tlb_fill") + c("tlb_hit");
        });
}

// No trap: hardware looks into the TSB and fills.
TEST_CASE("a TLB miss that hardware serves from the TSB") {
  check(
      sparc64(1, region("heap", 16, 3) + task("t", 0, "store heap; load heap+0"),
              "sparc64.hardware_tsb_walk = true\n"),
      [](const Timeline& t) {
        return t.length(0, "tablewalk.load_tsb", -1) + t.length(0, "tablewalk.fill", -1) +
               t.length(0, "mmu.access", -1);
      },
      [](const Costs& c) { return c("hardware_tsb_walk") + c("hardware_fill") + c("tlb_hit"); });
}

namespace {

std::string again(unsigned pages) {
  return heap(16, pages) +
         task("t", 0, "repeat 3 { mmap heap; store heap; munmap heap }");
}

/// Under context.lock, interrupts off.
std::uint64_t context_locked(const Costs& c, std::uint64_t inside) {
  return c("irq_disable") + locked(c, inside) + c("irq_enable");
}

/// flush_tlb_pending of n pages: preemption off, the TSB's entries (found and invalidated), is the context valid,
/// the other cpus, the own TLBs, membar.
std::uint64_t flush_pending(const Costs& c, std::uint64_t n, std::uint64_t others) {
  return c("preempt_disable") + c("flush_call") + context_locked(c, n * (c("tsb_load") + c("tsb_flush"))) +
         c("context_test") + others + n * c("demap_page") + c("membar_sync") + c("preempt_enable");
}

/// munmap in a lazy-mmu section, with a stack gather; tlb_finish_mmu looks at the batch of its cpu with preemption
/// off.
std::uint64_t munmap(const Costs& c, std::uint64_t n, std::uint64_t flush) {
  const std::uint64_t section = 4 * c("batch_note") + flush;  // open, look, empty, close
  return munmap_frame(c) + find_pte(c, levels) +
         locked(c, n * (zap_pte(c, c("pte_update")) + 3 * c("batch_note")) + section) + keep_tables(c, levels) +
         c("preempt_disable") + c("batch_note") + c("preempt_enable") + release(c, n);
}

std::uint64_t last_munmap(const Timeline& t) { return t.call(0); }

}  // namespace

// update_mmu_cache under the PTL: the TSB's entry is locked and stored. Behind the fault the rss is held against
// the TSB.
TEST_CASE("a fault that maps a page enters it into the TSB") {
  check(
      sparc64(1, again(1)), [](const Timeline& t) { return t.fault(0); },
      [](const Costs& c) {
        return fault_frame(c, levels) + allocate_page(c) + c("clear_page") + c("page_rmap") +
               locked(c, c("pte_read") + c("pte_update") + context_locked(c, c("tsb_lock") + 2 * c("tsb_store"))) +
               c("page_ref") + c("tsb_grow_test");
      });
}

// A single thread: the mask shrinks to its cpu.
TEST_CASE("munmap of three pages on sparc64, alone") {
  check(sparc64(1, again(3)), last_munmap,
        [](const Costs& c) { return munmap(c, 3, flush_pending(c, 3, c("cpumask_update"))); });
}

// The mask; the count of answers (S: the target has written it); the dispatch. The mondo arrives after one_way;
// the sender, polling, hears of it a cycle later. The target leaves its wait a cycle later, too: entry, the mondo,
// one demap by the address in it, the answer (S). The sender is behind two more looks, and looks when the answer
// is there (S) or one cycle after it.
TEST_CASE("munmap of one page on sparc64 with another cpu: a cross call") {
  const std::string tasks = heap(16, 1) + region("other", 32, 1) +
                            task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b") +
                            task("other", 1, "load other; barrier a; barrier b");
  check(sparc64(2, tasks), last_munmap, [](const Costs& c) {
    const std::uint64_t S = c("line.same_socket");
    const std::uint64_t arrived =
        c("cpumask_read") + c("xcall_prepare") + S + c("xcall_send") + c("ipi.send") + c("ipi.one_way");
    const std::uint64_t executed =
        arrived + 1 + c("irq_entry") + c("xcall_receive") + c("demap_page") + c("xcall_done") + S;
    std::uint64_t now = arrived + 1 + 2 * c("xcall_poll");
    if (executed < now) now += S + c("xcall_poll");
    else if (executed < now + c("xcall_poll")) now += c("xcall_poll");
    else now = executed + 1 + S + c("xcall_poll");
    return munmap(c, 1, flush_pending(c, 1, now));
  });
}

}  // namespace mmulab::cycle
