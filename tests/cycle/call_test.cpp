// SPDX-License-Identifier: MIT
// fork, mprotect and madvise on x86 with one cpu.
#include "tests/cycle/x86.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

std::uint64_t last_call(const Timeline& t) { return t.call(0); }

/// mmap_sem, two splits that find nothing to split, the search for the VMA, its new rights, the test for a waiting task,
/// the return.
std::uint64_t mprotect_frame(const Costs& c) {
  return 2 * c("rwsem") + 3 * c("find_vma") + c("vma_link") + c("test_flag") + c("syscall_exit");
}

/// change_pte_range: each pte is looked at, cleared and set again, under the PTL.
std::uint64_t change_range(const Costs& c, std::uint64_t n) {
  return find_pte(c, x86_levels) + locked(c, n * (c("pte_read") + c("pte_atomic") + c("pte_store")));
}

std::string protect(unsigned pages) {
  return region("heap", 16, pages) + task("t", 0, "store heap; repeat 3 { mprotect heap r; mprotect heap rw }");
}

}  // namespace

// The gather is opened, looked at, closed; it flushes the range and has nothing to free.
TEST_CASE("mprotect of three pages goes through a gather") {
  check(x86_modern(1, protect(3)), last_call, [](const Costs& c) {
    return mprotect_frame(c) + 3 * c("page_ref") + change_range(c, 3) + flush_frame(c) + flush_here(c, 3) + release(c, 0);
  });
}

TEST_CASE("mprotect of one page goes through a gather") {
  check(x86_modern(1, protect(1)), last_call, [](const Costs& c) {
    return mprotect_frame(c) + 3 * c("page_ref") + change_range(c, 1) + flush_frame(c) + flush_here(c, 1) + release(c, 0);
  });
}

// flush_tlb_range of 2.6.22: more than one page is everything.
TEST_CASE("mprotect of three pages under 2.6.22 calls flush_tlb_range") {
  check(x86_old(1, protect(3)), last_call, [](const Costs& c) {
    return mprotect_frame(c) + change_range(c, 3) + c("preempt_disable") + c("flush_setup") + c("cr3_flush") +
           c("percpu") + c("preempt_enable");
  });
}

// mmap_sem for read, the search for the VMA, a gather with a look at the VMA, the walk, the flush and the pages.
TEST_CASE("madvise DONTNEED of two pages") {
  const std::string tasks = region("heap", 16, 2) + task("t", 0, "repeat 3 { store heap; dontneed heap }");
  check(x86_modern(1, tasks), last_call, [](const Costs& c) {
    return 2 * c("rwsem") + 2 * c("find_vma") + 3 * c("page_ref") + find_pte(c, x86_levels) +
           locked(c, 2 * zap_pte(c, c("pte_atomic"))) + c("test_flag") + flush_frame(c) + flush_here(c, 2) + release(c, 2) +
           c("test_flag") + c("syscall_exit");
  });
}

namespace {

/// allocate_pte in an empty mm: each round walks down as far as there are tables, takes one, and installs it under
/// page_table_lock behind the same walk (the root is read there even when there is none); then one walk to the end.
std::uint64_t new_tables(const Costs& c) {
  std::uint64_t sum = find_pte(c, x86_levels);
  for (std::uint64_t have = 0; have < x86_levels; ++have)
    sum += (have + 1) * c("table_step") + allocate_table(c) + locked(c, (have + 2) * c("table_step"));
  return sum;
}

/// copy_one_pte of a private writable page: look, write-protect, reference, map count, the child's rss, the child's pte.
std::uint64_t copy_pte(const Costs& c) {
  return c("pte_read") + c("pte_atomic") + 2 * c("page_ref") + c("page_rmap") + c("pte_store");
}

/// From the step in which the child's mm gets its user to the parent's return. Cold, once each: of the child's mm the
/// lines of its context and of its cpumask (those of users and count are touched in that step), its only VMA, its task.
std::uint64_t fork(const Costs& c, std::uint64_t n, std::uint64_t look_at_locks) {
  const std::uint64_t cold = c("memory.latency");
  const std::uint64_t init_mm = c("tlb_gen_atomic") + 2 * cold;
  const std::uint64_t vma = 2 * c("find_vma") + c("vma_link") + cold;  // how many; read it, copy it
  const std::uint64_t pages = find_pte(c, x86_levels) + new_tables(c) +
                              locked(c, locked(c, n * copy_pte(c) + look_at_locks)) + c("test_flag");
  const std::uint64_t wake_up =
      c("irq_disable") + locked(c, c("wake_up") + c("schedule")) + c("irq_enable");
  return init_mm + c("rwsem") + vma + pages + flush_frame(c) + flush_all_here(c) + c("rwsem") + c("mm_init") + cold +
         wake_up + c("test_flag") + c("syscall_exit");
}

/// Each child ends before the next fork, so that page tables and pages are at hand; the parent stores again, so that its
/// ptes are writable again.
std::string forks(unsigned pages) {
  return region("heap", 16, pages) + task("parent", 0, "store heap; repeat 3 { fork child; yield; store heap }") +
         task("child", 0, "think 0");
}

std::uint64_t last_fork(const Timeline& t) { return t.span(0, "fork.mm_init", "syscall.return_to_user", -1); }

}  // namespace

TEST_CASE("fork of one page") {
  check(x86_modern(1, forks(1)), last_fork, [](const Costs& c) { return fork(c, 1, 0); });
}

TEST_CASE("fork of three pages") {
  check(x86_modern(1, forks(3)), last_fork, [](const Costs& c) { return fork(c, 3, 0); });
}

// With less patience (16 units, 8 a copied page) it looks after two pages whether somebody wants the cpu.
TEST_CASE("fork looks at need_resched under the locks") {
  check(x86_modern(1, forks(3), "", "copy_progress_units = 16\n"), last_fork,
        [](const Costs& c) { return fork(c, 3, c("test_flag")); });
}

}  // namespace mmulab::cycle
