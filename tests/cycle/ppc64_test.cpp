// SPDX-License-Identifier: MIT
// ppc64: translation hardware, the hash fault, hash_preload, batches of hash entries, tlbiel and tlbie.
#include "tests/cycle/pieces.h"
#include "tests/cycle/scripts.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

constexpr std::uint64_t levels = 3;

/// Three levels of four entries, four groups of eight hash entries, D-ERAT of two, TLB of four; one group after
/// the other.
std::string ppc64(unsigned cores, const std::string& tasks, const std::string& strategy = "'ppc64-2.6.22'",
                  const std::string& machine = "") {
  return "strategy = " + strategy +
         "\n[machine]\npreset = 'ppc64-tiny'\nppc64.parallel_search = false\ncores = " + std::to_string(cores) +
         "\n" + machine + "[kernel]\npreset = '2.6.22'\n[workload]\nkind = 'script'\n" + tasks;
}

std::string again(unsigned pages, const std::string& accesses) {
  return heap(16, pages) +
         task("t", 0, "repeat 3 { mmap heap; " + accesses + "; munmap heap }");
}

std::uint64_t last_munmap(const Timeline& t) { return t.call(0); }

/// Into a free slot of the primary group: the scan, the slot's lock, the second doubleword, the first.
std::uint64_t insert_entry(const Costs& c) {
  return c("pteg_scan") + c("hpte_lock") + c("hpte_store") + c("hpte_publish");
}
/// __hash_page_4K of a pte without HASHPTE: BUSY, the entry, the pte.
std::uint64_t hash_4k(const Costs& c) { return c("pte_lock") + insert_entry(c) + c("set_pte"); }
/// hash_page's and hash_preload's way to the pte: the root, and an entry of each level above the leaf.
std::uint64_t find_linux_pte(const Costs& c) { return levels * c("hash_walk_level"); }

}  // namespace

TEST_CASE("an ERAT hit") {
  check(ppc64(1, region("heap", 16, 1) + task("t", 0, "store heap; load heap; load heap")),
        [](const Timeline& t) { return t.length(0, "ppc64.erat_hit", -1); },
        [](const Costs& c) { return c("erat_hit"); });
}

// Three pages are one too many for the D-ERAT.
TEST_CASE("a TLB hit behind an ERAT miss") {
  check(ppc64(1, region("heap", 16, 3) + task("t", 0, "store heap; load heap+0")),
        [](const Timeline& t) { return t.length(0, "ppc64.tlb_hit", -1); },
        [](const Costs& c) { return c("erat_miss") + c("erat_hit"); });
}

// Five pages are one too many for the TLB. The first one's entry is in its primary group, its R and C are set:
// ERAT and TLB miss, one group is searched, TLB and ERAT are filled and hit.
TEST_CASE("a walk that finds its entry in the primary group") {
  check(
      ppc64(1, region("heap", 16, 5) + task("t", 0, "store heap; load heap+0")),
      [](const Timeline& t) { return t.length(0, "ppc64.walk_primary", -1) + t.length(0, "ppc64.tlb_fill", -1); },
      [](const Costs& c) { return c("erat_miss") + c("pteg_search") + c("tlb_fill") + c("erat_hit"); });
}

// Nine pages, four apart, have one primary group of eight slots: the ninth is in the secondary one.
TEST_CASE("a walk that finds its entry in the secondary group") {
  const std::string tasks =
      region("heap", 16, 33) +
      task("t", 0,
           "store heap+0; store heap+4; store heap+8; store heap+12; store heap+16; store heap+20; store heap+24; "
           "store heap+28; store heap+32; load heap+0; load heap+4; load heap+8; load heap+12; load heap+32");
  check(ppc64(1, tasks),
        [](const Timeline& t) {
          return t.length(0, "ppc64.walk_primary", -1) + t.length(0, "ppc64.walk_secondary", -1) +
                 t.length(0, "ppc64.tlb_fill", -1);
        },
        [](const Costs& c) { return c("erat_miss") + 2 * c("pteg_search") + c("tlb_fill") + c("erat_hit"); });
}

// read(/dev/zero) leaves ptes that are in no hash entry. From the interrupt to its return: the way to the pte, the
// pte, the test for a local flush, __hash_page_4K.
TEST_CASE("a hash fault inserts the entry of a present pte") {
  check(ppc64(1, region("heap", 16, 4) + task("t", 0, "repeat 3 { zero_read heap; load heap+0 }")),
        [](const Timeline& t) { return t.span(0, "ppc64.dsi", "ppc64.hash.return", -1); },
        [](const Costs& c) {
          return find_linux_pte(c) + c("pte_read") + c("cpumask_read") + hash_4k(c) + c("hash_fault_return");
        });
}

// hash_preload under the PTL, interrupts off: find_linux_pte once more, the test for a local flush,
// __hash_page_4K.
TEST_CASE("a fault that maps a page preloads its hash entry") {
  check(ppc64(1, again(1, "store heap")), [](const Timeline& t) { return t.fault(0); },
        [](const Costs& c) {
          const std::uint64_t preload =
              find_linux_pte(c) + c("irq_disable") + c("cpumask_read") + hash_4k(c) + c("irq_enable");
          return fault_frame(c, levels) + allocate_page(c) + c("clear_page") + c("page_rmap") +
                 locked(c, c("pte_read") + c("set_pte") + preload) + c("page_ref");
        });
}

namespace {

/// flush_hash_range of n entries, interrupts off: each entry is read, its slot locked and cleared; then the TLBs.
std::uint64_t flush_range(const Costs& c, std::uint64_t n, std::uint64_t tlbs) {
  return c("irq_disable") + c("flush_begin") + n * (c("batch_read") + c("hpte_lock") + c("hpte_store")) + tlbs +
         c("irq_enable");
}
/// Only this cpu has run the mm.
std::uint64_t tlbiel(const Costs& c, std::uint64_t n) { return c("ptesync") + n * c("tlbiel") + c("tlbsync"); }

/// __flush_tlb_pending: is there anything, the flush, the batch is empty again.
std::uint64_t flush_batch(const Costs& c, std::uint64_t flush) {
  return c("batch_note") + flush + c("batch_note");
}

/// munmap of n pages, preemption off from tlb_gather_mmu to tlb_finish_mmu. `note`: steps of the batch for each
/// pte.
std::uint64_t munmap(const Costs& c, std::uint64_t n, std::uint64_t note, std::uint64_t in_section,
                     std::uint64_t at_end) {
  return munmap_frame(c) + c("preempt_disable") + find_pte(c, levels) +
         locked(c, n * (zap_pte(c, c("pte_update")) + note * c("batch_note")) + in_section) +
         keep_tables(c, levels) + at_end + release(c, n) + c("preempt_enable");
}

/// 2.6.22: the batch is opened behind the lock, flushed and closed before the unlock, and looked at in
/// tlb_finish_mmu. For each pte: is the batch open, is it another mm's, the entry.
std::uint64_t munmap_lazy(const Costs& c, std::uint64_t n, std::uint64_t flush) {
  return munmap(c, n, 3, 2 * c("batch_note") + flush_batch(c, flush), c("batch_note"));
}

}  // namespace

TEST_CASE("a lazy-mmu section of one page, local") {
  check(ppc64(1, again(1, "store heap")), last_munmap,
        [](const Costs& c) { return munmap_lazy(c, 1, flush_range(c, 1, tlbiel(c, 1))); });
}

TEST_CASE("a lazy-mmu section of three pages, local") {
  check(ppc64(1, again(3, "store heap")), last_munmap,
        [](const Costs& c) { return munmap_lazy(c, 3, flush_range(c, 3, tlbiel(c, 3))); });
}

// 2.6.20: always open, and flushed in tlb_finish_mmu, behind the unlock.
TEST_CASE("a batch of three pages that outlives the lock, local") {
  check(ppc64(1, again(3, "store heap"), "'ppc64-2.6.20'"), last_munmap, [](const Costs& c) {
    return munmap(c, 3, 2, 0, flush_batch(c, flush_range(c, 3, tlbiel(c, 3))));
  });
}

// A batch of two is full with the second page: it is flushed there, under the lock; the third page waits for the
// end.
TEST_CASE("a full batch is flushed under the lock") {
  check(ppc64(1, again(3, "store heap"), "{ preset = 'ppc64-2.6.20', batch_entries = 2 }"), last_munmap,
        [](const Costs& c) {
          return munmap(c, 3, 2, flush_batch(c, flush_range(c, 2, tlbiel(c, 2))),
                        flush_batch(c, flush_range(c, 1, tlbiel(c, 1))));
        });
}

// Without `batch-full` it stops the walk instead: each pte begins with a look at the batch. Full with the second
// page, it and the two pages go behind the unlock; the walk begins again at the third one.
TEST_CASE("a full batch stops the walk where `batch-full` is no trigger") {
  const std::string strategy = "{ preset = 'ppc64-2.6.20', batch_entries = 2, triggers = ['end'] }";
  check(ppc64(1, again(3, "store heap"), strategy), last_munmap, [](const Costs& c) {
    const std::uint64_t second_walk = find_pte(c, levels) + locked(c, 0);
    const std::uint64_t looks = (2 + 1 + 1) * c("batch_note");
    return munmap(c, 3, 2, looks, flush_batch(c, flush_range(c, 2, tlbiel(c, 2))) + release(c, 2)) + second_walk +
           flush_batch(c, flush_range(c, 1, tlbiel(c, 1))) + release(c, 1) - release(c, 3);
  });
}

namespace {

/// n tlbies and the ptesync behind them, on a bus that carries one at a time. A cpu may have two outstanding (the
/// machine's tlbie_queue); one that must wait, and the ptesync, look again a cycle after a completion. A
/// completion in the very cycle of a look comes too late for it.
std::uint64_t tlbies(const Costs& c, std::uint64_t n) {
  constexpr std::size_t queue = 2;
  std::uint64_t now = 0;
  std::vector<std::uint64_t> done;
  for (std::uint64_t i = 0; i < n; ++i) {
    now += c("tlbie");
    if (done.size() >= queue && done[done.size() - queue] >= now) now = done[done.size() - queue] + 1 + c("tlbie");
    done.push_back(std::max(now, done.empty() ? 0 : done.back()) + c("tlbie_latency"));
  }
  now += c("tlbsync");
  return done.back() < now ? now : done.back() + 1 + c("tlbsync");
}

std::string with_another(unsigned pages) {
  return heap(16, pages) + region("other", 32, 1) +
         task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b") +
         task("other", 1, "load other; barrier a; barrier b");
}

std::uint64_t global(const Costs& c, std::uint64_t n) { return locked(c, c("ptesync") + tlbies(c, n)); }

}  // namespace

// Another cpu has run the mm: tlbie, under the lock that native_flush_hash_range takes. That cpu notices nothing.
TEST_CASE("one tlbie") {
  check(ppc64(2, with_another(1)), last_munmap,
        [](const Costs& c) { return munmap_lazy(c, 1, flush_range(c, 1, global(c, 1))); });
}

TEST_CASE("three tlbies, one after the other on the bus") {
  check(ppc64(2, with_another(3)), last_munmap,
        [](const Costs& c) { return munmap_lazy(c, 3, flush_range(c, 3, global(c, 3))); });
}

namespace {

/// Two threads drop twelve pages each, in leaf tables of their own, at the same time.
std::string two_flushers() {
  return region("first", 16, 12) + region("second", 32, 12) +
         task("a", 0, "store first; barrier x; dontneed first; barrier y") +
         task("b", 1, "store second; barrier x; dontneed second; barrier y");
}

/// From the first holder's acquisition to the second one's release.
std::uint64_t both(const Timeline& t) {
  const std::uint64_t a = t.at(0, "tlbie_lock.lock"), b = t.at(1, "tlbie_lock.lock");
  const std::uint32_t second = a < b ? 1 : 0;
  REQUIRE(std::max(a, b) > t.at(1 - second, "tlbie_lock.unlock"));
  return t.at(second, "tlbie_lock.unlock") - std::min(a, b);
}

}  // namespace

// The first one syncs and issues its twelve, then fetches the lock's line back (S), since the second one has
// tried; the second one hears of it a cycle later, fetches the line (S), takes the lock, and does the same
// undisturbed.
TEST_CASE("twelve tlbies each from two cpus: the lock takes turns, and so does the bus") {
  check(ppc64(2, two_flushers(), "'ppc64-2.6.22'", "table_bits = [4, 2, 2]\n"), both, [](const Costs& c) {
    const std::uint64_t S = c("line.same_socket"), flush = c("ptesync") + tlbies(c, 12);
    return flush + S + c("spin_unlock") + 1 + S + c("spin_lock") + flush + c("spin_unlock");
  });
}

}  // namespace mmulab::cycle
