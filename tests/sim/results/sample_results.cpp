// SPDX-License-Identifier: MIT
#include "tests/sim/results/sample_results.h"

namespace mmulab::samples {
namespace {

RunSubject subject() {
  RunSubject s;
  s.title = "The refault: a duplicate hash entry, since the flush is deferred past the PTE unlock";
  s.file = "configs/scenarios/ppc64-refault.toml";
  s.machine = "ppc970";
  s.arch = "ppc64";
  s.kernel = "2.6.20";
  s.strategy = "ppc64-2.6.20";
  s.workload = "refault";
  s.cores = 2;
  s.frequency_mhz = 2000;
  s.config_hash = "00112233445566778899aabbccddeeff";
  s.seed = 7;
  return s;
}

void add_statistics(StatRegistry& stats) {
  auto& munmap = stats.histogram({"call.munmap.latency", "cycles", "from entry to return"});
  for (std::uint64_t i = 1; i <= 100; ++i) munmap.add(i);
  stats.histogram({"call.fork.latency", "cycles", "from entry to return"});
  stats.counter({"flush.full.count", "1", "the batch had no room"}).add(1234567);
  stats.counter({"flush.full.pages", "pages", "pages of those that name a range"}).add(42);
  stats.counter({"flush.context_switch.count", "1", "the mm was switched out"});
  stats.counter({"ipi.sent", "1", "sent to one cpu each"}).add(3);
  stats.counter({"tlbie.issued", "1", "broadcast to all cores"}).add(9);
  stats.histogram({"lock.ptl.held", "cycles", "from lock to unlock"}).add(20000, 2);
  stats.histogram({"preempt_off", "cycles", "stretches with preemption off"}).add(123);
  stats.histogram({"batch.size", "entries", "entries of a batch when it is flushed"}).add(5);
  stats.gauge({"batch.depth", "entries", "entries that wait on one cpu"}).set(17);
  stats.counter({"host.events", "1", "events that the simulator handled"}).add(99);
}

}  // namespace

RunResult quiet() {
  RunResult r;
  r.subject = subject();
  r.end_cycle = Cycle{5000};
  r.as_expected = true;
  r.version = "0.0.0";
  return r;
}

Violation duplicate() {
  Violation v;
  v.invariant = "no-duplicate-hpte";
  v.class_id = "D1";
  v.cycle = Cycle{48213};
  v.cpu = CpuId{1};
  v.task = TaskId{3};
  v.mm = MmId{0};
  v.has_page = true;
  v.page = VirtPage{0x10000};
  v.va = VirtAddr{0x10000000};
  v.message = "two valid hash entries for page 0x10000 of mm 0: slots 3 and 11";
  v.story = {
      "cycle 47 802, cpu 0: the pte of page 0x10000 is cleared; its hash entry in slot 3 goes into the "
      "batch of cpu 0, which is not flushed before the PTE lock is dropped",
      "cycle 48 213, cpu 1: the fault of task `reader` inserts slot 11"};
  v.expected = true;
  return v;
}

RunResult refault() {
  RunResult r = quiet();
  r.verdict = RunVerdict::violated;
  r.end = RunEnd::stopped;
  r.end_cycle = Cycle{48213};
  r.violations = {duplicate()};
  r.violations_total = 1;
  r.expectations = {{"no-duplicate-hpte", "D1", "the batch outlives the PTE lock"}};
  r.invariants = {{"no-duplicate-hpte", InvariantStatus::violated, 1042, 1},
                  {"no-stale-frame", InvariantStatus::clean, 88, 0},
                  {"one-view", InvariantStatus::not_exercised, 0, 0},
                  {"tag-unique", InvariantStatus::not_applicable, 0, 0}};
  r.goals = {{"refault-of-a-pending-page", 1, false}, {"batch-full", 0, false}};
  r.subject.assumptions = {"memory model: sc", "two matching hash entries: the first one wins"};
  r.subject.low_confidence = {"machine.cost.tlbie", "machine.cost.walk", "kernel.cost.a", "kernel.cost.b",
                              "kernel.cost.c"};
  r.tasks = {{"idle/0", CpuId{0}}, {"idle/1", CpuId{1}}, {"unmapper", CpuId{0}}, {"reader", CpuId{1}}};
  r.stats = std::make_shared<StatRegistry>();
  add_statistics(*r.stats);
  r.wall_seconds = 0.25;
  r.steps = 321;
  return r;
}

}  // namespace mmulab::samples
