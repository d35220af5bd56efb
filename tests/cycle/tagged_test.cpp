// SPDX-License-Identifier: MIT
// The tagged machine: munmap by broadcast and by IPIs, a switch between good ASIDs, a switch that rolls over.
#include "tests/cycle/pieces.h"
#include "tests/cycle/scripts.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

constexpr std::uint64_t levels = 3;

/// tagged-tiny under today's kernel and gather.
std::string tagged(unsigned cores, const std::string& tasks, const std::string& kernel = "",
                   const std::string& machine = "") {
  return "strategy = 'linux-modern'\n[machine]\npreset = 'tagged-tiny'\ncores = " + std::to_string(cores) + "\n" +
         machine + "[kernel]\npreset = 'modern'\n" + kernel + "[workload]\nkind = 'script'\n" + tasks;
}

/// The same pages are mapped, stored to and unmapped again and again, so that every line is at hand the third time.
std::string alone(unsigned pages, const std::string& kernel = "") {
  return tagged(1,
                heap(16, pages) +
                    task("t", 0, "repeat 3 { mmap heap; store heap; munmap heap }"),
                kernel);
}

std::uint64_t last_munmap(const Timeline& t) { return t.call(0); }

/// What surrounds the invalidations: preemption off, the ASID, the return.
std::uint64_t flush_frame(const Costs& c) {
  return c("preempt_disable") + c("flush_setup") + c("cost.percpu") + c("preempt_enable");
}

}  // namespace

TEST_CASE("tagged: munmap of three pages broadcasts three invalidations and waits once") {
  check(alone(3), last_munmap, [](const Costs& c) {
    return munmap_modern(c, levels, 3, flush_frame(c) + 3 * c("broadcast_page") + c("broadcast_sync"));
  });
}

TEST_CASE("tagged: munmap of more pages than the ceiling broadcasts the ASID") {
  check(alone(3, "tagged.flush_ceiling = 2\n"), last_munmap, [](const Costs& c) {
    return munmap_modern(c, levels, 3, flush_frame(c) + c("broadcast_asid") + c("broadcast_sync"));
  });
}

// The mask holds this cpu alone: it is read, and the pages are invalidated here.
TEST_CASE("tagged: munmap of two pages under IPIs, on one cpu") {
  check(alone(2, "tagged.invalidation = 'ipi'\n"), last_munmap, [](const Costs& c) {
    return munmap_modern(c, levels, 2, flush_frame(c) + c("cost.percpu") + 2 * c("invalidate_page"));
  });
}

// The sender: preemption off, the ASID, the mask; the other cpu's csd (S: the target unlocked it last time) and queue
// (S: the target emptied it), the IPI, then itself with interrupts off, and the first look at the answer.
//
// The target: `one_way` after the send the interrupt is pending, and ends its wait one cycle later. Entry, the queue
// (S), the csd (S), the invalidation, the csd's flag (S: it has only read it so far). The sender has the line again by
// its look, if that was before the target's write: then it looks again one cycle after the flag was cleared (S).
TEST_CASE("tagged: munmap of one page under IPIs with another cpu") {
  const std::string tasks = heap(16, 1) + region("other", 32, 1) +
                            task("t", 0, "barrier a; repeat 3 { mmap heap; store heap; munmap heap }; barrier b") +
                            task("other", 1, "load other; barrier a; barrier b");
  check(tagged(2, tasks, "tagged.invalidation = 'ipi'\n"), last_munmap, [](const Costs& c) {
    const std::uint64_t S = c("line.same_socket");
    const std::uint64_t send = c("preempt_disable") + c("flush_setup") + c("cost.percpu") + c("call_write") + S +
                               c("queue_add") + S + c("ipi.send");
    const std::uint64_t answered = send + c("ipi.one_way") + 1 + c("irq_entry") + c("queue_take") + S +
                                   c("call_read") + S + c("invalidate_page") + c("acknowledge") + S;
    const std::uint64_t looks =
        send + c("irq_disable") + c("invalidate_page") + c("irq_enable") + c("wait_test");
    std::uint64_t now = looks;
    if (answered < now) now += S + c("wait_test");
    else if (answered < now + c("wait_test")) now += c("wait_test");
    else now = answered + 1 + S + c("wait_test");
    return munmap_modern(c, levels, 1, now + c("cost.percpu") + c("preempt_enable"));
  });
}

namespace {

/// `mms` address spaces that take turns on one cpu.
std::string turns(unsigned mms, const std::string& machine) {
  std::string tasks;
  for (unsigned m = 0; m < mms; ++m) {
    const std::string mm = "mm = " + std::to_string(m) + "\n";
    const std::string name(1, static_cast<char>('a' + m));
    tasks += region("of_" + name, 16, 1, mm) + task(name, 0, "repeat 6 { load of_" + name + "; yield }") + mm;
  }
  return tagged(1, tasks, "", machine);
}

/// From the moment at which the cpu has no mm any more until it has the next one.
std::uint64_t third_switch_from_last(const Timeline& t) {
  return t.span(0, "tagged.load_reserved", "tagged.load_root", -3);
}

}  // namespace

// Its id, this cpu's active ASID, the generation, the exchange.
TEST_CASE("tagged: a switch to an mm with a good ASID") {
  check(turns(2, ""), third_switch_from_last, [](const Costs& c) {
    return 2 * c("asid_read") + c("cost.percpu") + c("asid_exchange") + c("root_load");
  });
}

// Three mms and two ASIDs: whoever is next was not running at the last rollover, and its number went to the one before
// it, which is running now. So each switch begins a generation: the fast path gives up at the generation; under the
// lock the id is read again, not reserved, its number taken; the new generation, this cpu's ASID, the pending mask;
// a number, the id; the flush, which is due here at once; active_asids.
TEST_CASE("tagged: a switch that rolls over") {
  check(turns(3, "tagged.asids = 3\n"), third_switch_from_last, [](const Costs& c) {
    const std::uint64_t fast = 2 * c("asid_read") + c("cost.percpu");
    const std::uint64_t renew = c("asid_search") + c("asid_update") + c("asid_rollover") + c("asid_exchange") +
                                c("asid_update") + c("asid_search");
    const std::uint64_t flush = c("cpumask_atomic") + c("invalidate_all") + c("cost.percpu");
    return fast + locked(c, c("asid_read") + renew + c("asid_update") + flush) + c("root_load");
  });
}

}  // namespace mmulab::cycle
