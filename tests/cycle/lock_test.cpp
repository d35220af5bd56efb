// SPDX-License-Identifier: MIT
// Locks that change hands, context switches, the tick.
#include "tests/cycle/x86.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {

TEST_CASE("a lock whose line is at hand costs its operation alone") {
  const std::string tasks = region("heap", 16, 1) + task("t", 0, "repeat 3 { store heap; dontneed heap }");
  check(x86_modern(1, tasks), [](const Timeline& t) { return t.length(0, "zone_lock.lock", -1); },
        [](const Costs& c) { return c("spin_lock"); });
}

namespace {

/// One allocates a page, then, on another core, the other one. Both have run before.
std::string in_turn() {
  return region("heap", 16, 1) + region("other", 32, 1) + task("first", 0, "store heap; barrier x") +
         task("second", 1, "barrier x; delay 50000; store other");
}

std::uint64_t second_lock(const Timeline& t) { return t.length(1, "zone_lock.lock"); }

}  // namespace

TEST_CASE("a free lock that another core had last costs the transfer of its line") {
  check(x86_modern(2, in_turn()), second_lock,
        [](const Costs& c) { return c("spin_lock") + c("line.same_socket"); });
}

TEST_CASE("a free lock that another socket had last") {
  check(x86_modern(1, in_turn(), "sockets = 2\n"), second_lock,
        [](const Costs& c) { return c("spin_lock") + c("line.cross_socket"); });
}

namespace {

/// One zaps 400 pages under one PTL; the other one faults in the same leaf table and finds that lock taken.
std::string contended(unsigned sockets) {
  return x86_modern(2 / sockets,
                    region("heap", 512, 400) + region("other", 912, 1) +
                        task("zapper", 0, "store heap; barrier x; dontneed heap") +
                        task("other", 1, "barrier x; delay 9000; store other"),
                    "table_bits = [9, 2, 2]\nsockets = " + std::to_string(sockets) + "\n");
}

std::uint64_t handed_over(const Timeline& t) {
  const std::uint64_t taken = t.at(1, "ptl.lock");
  const std::uint64_t given = t.at(0, "syscall.enter") + t.span(0, "syscall.enter", "ptl.unlock");
  REQUIRE(taken > given);
  return taken - given;
}

}  // namespace

// The waiter is parked; it hears of the release one cycle later, fetches the line and takes the lock.
TEST_CASE("a contended lock is handed over to another core") {
  check(contended(1), handed_over, [](const Costs& c) { return 1 + c("line.same_socket") + c("spin_lock"); });
}

TEST_CASE("a contended lock is handed over to another socket") {
  check(contended(2), handed_over, [](const Costs& c) { return 1 + c("line.cross_socket") + c("spin_lock"); });
}

namespace {

/// schedule() up to the switch, the queue holding one other task: interrupts off, the queue's lock, its head, its removal,
/// the test of the own state, the own return to the queue, whom to switch to.
std::uint64_t leave_cpu(const Costs& c) {
  return c("irq_disable") + c("spin_lock") + 2 * c("schedule") + c("test_flag") + c("schedule") + c("context_switch");
}

std::string yielding() {
  return region("heap", 16, 1) + task("a", 0, "repeat 5 { yield }") + task("b", 0, "repeat 5 { yield }");
}

std::uint64_t fourth_call(const Timeline& t) { return t.call(0, 4); }

}  // namespace

// Nobody else wants the cpu: the queue is locked, found empty, and unlocked.
TEST_CASE("yield without anybody to yield to") {
  check(x86_modern(1, region("heap", 16, 1) + task("a", 0, "repeat 5 { yield }")), fourth_call, [](const Costs& c) {
    return c("irq_disable") + locked(c, c("schedule") + c("test_flag")) + c("irq_enable") + c("test_flag") +
           c("syscall_exit");
  });
}

// Two threads of one mm: switch_mm finds it loaded. The other one comes out of its own yield.
TEST_CASE("a context switch between threads") {
  check(x86_modern(1, yielding()), fourth_call, [](const Costs& c) {
    return leave_cpu(c) + c("percpu") + c("context_switch") + c("irq_enable") + c("test_flag") + c("syscall_exit");
  });
}

// Two processes that have both run here: loaded_mm, switching, the mask bit (set), tlb_gen, the ASID (found, up to date),
// CR3 without a flush, loaded_mm.
TEST_CASE("a context switch between processes whose PCIDs are up to date") {
  const std::string tasks = region("heap", 16, 1) + region("own", 16, 1, "mm = 1\n") + task("a", 0, "repeat 5 { yield }") +
                            task("b", 0, "repeat 5 { yield }") + "mm = 1\n";
  check(x86_modern(1, tasks), fourth_call, [](const Costs& c) {
    return leave_cpu(c) + 6 * c("percpu") + c("cr3_noflush") + c("context_switch") + c("irq_enable") + c("test_flag") +
           c("syscall_exit");
  });
}

namespace {

std::uint64_t tick_in_user(const Timeline& t) { return t.span(0, "irq.enter", "irq.return_to_user", 3); }

std::string ticking(const std::string& tasks) {
  return x86_modern(1, region("heap", 16, 1) + tasks, "", "tick_cycles = 20000\n");
}

}  // namespace

// The tick, the next one armed, the end of the interrupt, the look at need_resched, the way back to user mode.
TEST_CASE("a tick of a cpu that nobody else wants") {
  check(ticking(task("a", 0, "access heap 100000 sequential")), tick_in_user, [](const Costs& c) {
    return c("tick") + c("test_flag") + c("irq_exit") + c("test_flag") + c("irq_exit");
  });
}

// The same, and the task is sent to the end of the queue; the next one has been preempted at the same place.
TEST_CASE("a tick preempts a task for another one") {
  check(ticking(task("a", 0, "access heap 100000 sequential") + task("b", 0, "access heap 100000 sequential")), tick_in_user,
        [](const Costs& c) {
          return c("tick") + c("test_flag") + c("irq_exit") + c("test_flag") + leave_cpu(c) + c("percpu") +
                 c("context_switch") + c("test_flag") + c("irq_enable") + c("irq_exit");
        });
}

}  // namespace mmulab::cycle
