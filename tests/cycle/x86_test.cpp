// SPDX-License-Identifier: MIT
// munmap on x86, alone and with others: today's kernel.
#include "tests/cycle/x86.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

/// The same pages are mapped, stored to and unmapped again and again, so that every line is at hand the third
/// time.
std::string alone(unsigned pages, unsigned first_page = 16, const std::string& more = "") {
  return x86_modern(1, heap(first_page, pages) + more +
                           task("t", 0, "repeat 3 { mmap heap; store heap; munmap heap }"));
}

std::uint64_t last_munmap(const Timeline& t) { return t.call(0); }

}  // namespace

TEST_CASE("munmap of one page on one cpu") {
  check(alone(1), last_munmap,
        [](const Costs& c) { return munmap_modern(c, 1, flush_frame(c) + flush_here(c, 1)); });
}

TEST_CASE("munmap of two pages on one cpu") {
  check(alone(2), last_munmap,
        [](const Costs& c) { return munmap_modern(c, 2, flush_frame(c) + flush_here(c, 2)); });
}

TEST_CASE("munmap of three pages on one cpu") {
  check(alone(3), last_munmap,
        [](const Costs& c) { return munmap_modern(c, 3, flush_frame(c) + flush_here(c, 3)); });
}

// Four pages are a whole leaf table, which goes, too: its entry is cleared (table_step), it is queued (and the
// list looked at), read back from the list, and freed under the zone's lock. One more INVLPG for each page, as
// freed tables take the range that they mapped into the flush, and that is the same four pages.
TEST_CASE("munmap of four pages on one cpu frees the leaf table") {
  check(alone(4), last_munmap, [](const Costs& c) {
    const std::uint64_t table = c("table_step") + 3 * c("gather_queue") + locked(c, c("table_free"));
    return munmap_modern(c, 4, flush_frame(c) + flush_here(c, 4)) + table;
  });
}

// Six pages from page 18 on lie in two leaf tables that both stay in part: the walk and free_pgtables go down
// twice (root once), the PTL is taken twice, preemption is looked at twice.
TEST_CASE("munmap of pages in two leaf tables") {
  check(alone(4, 18, region("before", 17, 1)), last_munmap, [](const Costs& c) {
    const std::uint64_t second_table =
        find_pte(c, x86_levels) + locked(c, 0) + c("test_flag") + c("table_step");
    return munmap_modern(c, 4, flush_frame(c) + flush_here(c, 4)) + second_table;
  });
}

// Above the ceiling (here 2) the cpu loads CR3 once instead of one INVLPG a page.
TEST_CASE("munmap of more pages than the ceiling flushes everything") {
  const std::string scenario = x86_modern(
      1,
      heap(16, 3) + task("t", 0, "repeat 3 { mmap heap; store heap; munmap heap }"),
      "", "x86.flush_ceiling = 2\n");
  std::string lower = scenario;
  lower.erase(lower.find("x86.flush_ceiling = 8\n"), std::string("x86.flush_ceiling = 8\n").size());
  check(lower, last_munmap,
        [](const Costs& c) { return munmap_modern(c, 3, flush_frame(c) + flush_all_here(c)); });
}

namespace {

/// A task that has run in the mm waits in user mode on each other cpu, at a barrier, while cpu 0 maps and unmaps.
std::string with_others(unsigned cores, const std::string& machine = "", unsigned cpus = 0) {
  if (cpus == 0) cpus = cores;
  std::string tasks = heap(16, 1) + region("other", 32, 1) +
                      task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b");
  for (unsigned cpu = 1; cpu < cpus; ++cpu)
    tasks += task("other" + std::to_string(cpu), cpu, "load other; barrier a; barrier b");
  return x86_modern(cores, tasks, machine);
}

/// One line moves to one core at a time, `transfer` each: when each of those that ask for it at `asked` has it.
std::vector<std::uint64_t> served(const std::vector<std::uint64_t>& asked, std::uint64_t transfer) {
  std::vector<std::uint64_t> have;
  std::uint64_t busy = 0;
  for (const std::uint64_t at : asked) have.push_back(busy = std::max(at, busy) + transfer);
  return have;
}

/// The shootdown of one page on `targets` other cpus, from flush_tlb_mm_range's entry to its return. S moves a
/// line.
///
/// The sender: preemption off, tlb_gen, flush_tlb_info (S: the targets have read it last time), the mask; for each
/// target the test of its state (nothing has been written there since), its csd (S: the target unlocked it) and
/// its queue (S: the target emptied it); then an IPI for each, its own flush, and the waits.
///
/// A target: `one_way` after the send the interrupt is pending, and ends the wait one cycle later. Entry, the
/// queue (S), the csd (S), the info (S, one target at a time), dispatch, the mm's tlb_gen (S, one at a time: the
/// sender has written it), INVLPG, its own generation, the csd's flag (S: it has only read it so far).
///
/// The sender again, target by target: if the answer has come before it looks, the csd's line has gone (S); if it
/// comes while it looks, it has the line still; else it looks again one cycle after the flag was cleared (S).
std::uint64_t shootdown(const Costs& c, unsigned targets, std::uint64_t S, std::uint64_t one_way) {
  const std::uint64_t asking = c("target_check") + c("request_write") + S + c("queue_add") + S;
  const std::uint64_t first_send =
      c("preempt_disable") + c("tlb_gen_atomic") + c("request_write") + S + c("flush_setup") + targets * asking;
  std::vector<std::uint64_t> at;
  for (unsigned i = 1; i <= targets; ++i)
    at.push_back(first_send + i * c("ipi.send") + one_way + 1 + c("irq_entry") + c("queue_take") + S +
                 c("request_read") + S);
  at = served(at, S);
  for (std::uint64_t& t : at) t += c("request_read") + c("ipi_dispatch");
  at = served(at, S);
  for (std::uint64_t& t : at) t += c("percpu") + c("invlpg") + c("percpu") + c("acknowledge") + S;
  std::uint64_t now = first_send + targets * c("ipi.send") + flush_here(c, 1) + c("wait_test");
  for (const std::uint64_t answered : at) {
    if (answered < now) now += S + c("wait_test");
    else if (answered < now + c("wait_test")) now += c("wait_test");
    else now = answered + 1 + S + c("wait_test");
  }
  return now + c("percpu") + c("preempt_enable");
}

/// And once more S: close_gather writes flush_pending, in the line whose tlb_gen the targets have read.
std::uint64_t munmap_with_others(const Costs& c, unsigned targets, std::uint64_t S, std::uint64_t one_way) {
  return munmap_modern(c, 1, shootdown(c, targets, S, one_way)) + S;
}

}  // namespace

TEST_CASE("munmap of one page with one other cpu: an IPI, its handler, its answer") {
  check(with_others(2), last_munmap,
        [](const Costs& c) { return munmap_with_others(c, 1, c("line.same_socket"), c("ipi.one_way")); });
}

TEST_CASE("munmap of one page with three other cpus: they queue for the lines of the request and of the mm") {
  check(with_others(4), last_munmap,
        [](const Costs& c) { return munmap_with_others(c, 3, c("line.same_socket"), c("ipi.one_way")); });
}

TEST_CASE("munmap of one page with seven other cpus") {
  check(with_others(8), last_munmap,
        [](const Costs& c) { return munmap_with_others(c, 7, c("line.same_socket"), c("ipi.one_way")); });
}

// Every line and the interrupt come from the other socket.
TEST_CASE("munmap of one page with a cpu of another socket") {
  check(with_others(1, "sockets = 2\n", 2), last_munmap, [](const Costs& c) {
    return munmap_with_others(c, 1, c("line.cross_socket"), c("ipi.one_way") + c("ipi.cross_socket"));
  });
}

// The other task has ended: its cpu idles and borrows the mm. It is looked at and not interrupted, and the sender
// waits for nobody.
TEST_CASE("munmap of one page with a lazy cpu sends no IPI") {
  const std::string tasks =
      heap(16, 1) + region("other", 32, 1) +
      task("t", 0, "barrier a; delay 50000; repeat 3 { mmap heap; store heap; munmap heap }") +
      task("other", 1, "load other; barrier a");
  check(x86_modern(2, tasks), last_munmap, [](const Costs& c) {
    return munmap_modern(c, 1, flush_frame(c) + c("target_check") + flush_here(c, 1));
  });
}

// INVLPGB for each broadcast_pages (2) of the range, then TLBSYNC; nobody is interrupted, whoever runs the mm.
TEST_CASE("munmap of three pages by INVLPGB with another cpu") {
  const std::string tasks = heap(16, 3) + region("other", 32, 1) +
                            task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b") +
                            task("other", 1, "load other; barrier a; barrier b");
  check(x86_modern(2, tasks, "x86.broadcast = true\n"), last_munmap, [](const Costs& c) {
    const std::uint64_t flush = c("preempt_disable") + c("tlb_gen_atomic") + 2 * c("invlpgb") + c("tlbsync") +
                                c("percpu") + c("preempt_enable");
    return munmap_modern(c, 3, flush);
  });
}

namespace {

/// The generic gather of 2.6.22: preemption off from tlb_gather_mmu to tlb_finish_mmu, no look at need_resched in
/// the walk.
std::uint64_t munmap_old(const Costs& c, std::uint64_t n, std::uint64_t flush) {
  return munmap_frame(c) + c("preempt_disable") + find_pte(c, x86_levels) +
         locked(c, n * zap_pte(c, c("pte_atomic"))) + keep_tables(c, x86_levels) + flush + release(c, n) +
         c("preempt_enable");
}

}  // namespace

// flush_tlb_mm: the mask, CR3, the return, preemption off.
TEST_CASE("munmap of two pages under 2.6.22 flushes the whole mm") {
  check(x86_old(1, heap(16, 2) +
                       task("t", 0, "repeat 3 { mmap heap; store heap; munmap heap }")),
        last_munmap, [](const Costs& c) {
          const std::uint64_t flush =
              c("preempt_disable") + c("flush_setup") + c("cr3_flush") + c("percpu") + c("preempt_enable");
          return munmap_old(c, 2, flush);
        });
}

// The slot's lock, mask and request share a line, which the sender has unlocked last: lock, publish, send. The
// target: pending after one_way, a cycle later out of its wait; entry, dispatch (its irr is a register), the
// request (S), CR3, its mask bit (S, it has only read the line). The sender looks one cycle later (S), clears the
// request (S: it has only read), unlocks.
TEST_CASE("munmap of one page under 2.6.22 with another cpu: shootdown by a vector") {
  const std::string tasks = heap(16, 1) + region("other", 32, 1) +
                            task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b") +
                            task("other", 1, "load other; barrier a; barrier b");
  check(x86_old(2, tasks), last_munmap, [](const Costs& c) {
    const std::uint64_t S = c("line.same_socket");
    const std::uint64_t sender = c("spin_lock") + c("request_write") + c("ipi.send");
    const std::uint64_t target = c("ipi.one_way") + 1 + c("irq_entry") + c("ipi_dispatch") + c("request_read") +
                                 S + c("cr3_flush") + c("acknowledge") + S;
    const std::uint64_t answer = 1 + c("wait_test") + S + c("request_write") + S + c("spin_unlock");
    return munmap_old(c, 1, c("preempt_disable") + c("flush_setup") + c("cr3_flush") + sender + target + answer +
                                c("percpu") + c("preempt_enable"));
  });
}

}  // namespace mmulab::cycle
