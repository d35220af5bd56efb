// SPDX-License-Identifier: MIT
// When nobody can go on the report says who waits for what, and which waits go round.
#include <algorithm>

#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

// A file fault that takes i_mmap_lock under the PTL, and a truncation that takes them the other way round.
std::string locks(const char* fault_takes_i_mmap_lock) {
  return std::string(R"(
machine = 'x86-tiny'
strategy = 'linux-modern'
invariants = ['no-deadlock']
[workload]
kind = 'script'
[[workload.region]]
name = 'file'
kind = 'file_shared'
pages = 2
[[workload.task]]
name = 'truncater'
cpu = 0
warmup = ['load file+1']
ops = ['unmap_mapping file']
[[workload.task]]
name = 'reader'
cpu = 1
ops = ['load file+0']
[kernel]
preset = 'modern'
fault_takes_i_mmap_lock = )") + fault_takes_i_mmap_lock;
}

// Batches that are flushed at a context switch, with interrupts off.
const std::string deaf_switches = R"(
machine = 'x86-tiny'
kernel = '2.6.22'
invariants = ['no-deadlock']
[strategy]
recorder = 'batch'
active = 'always'
triggers = ['batch-full', 'classic-flush', 'context-switch']
[workload]
kind = 'script'
[[workload.region]]
name = 'heap'
pages = 2
[[workload.task]]
name = 'one'
cpu = 0
ops = ['store heap+0', 'dontneed heap+0', 'yield']
[[workload.task]]
name = 'two'
cpu = 0
ops = ['yield']
[[workload.task]]
name = 'three'
cpu = 1
ops = ['store heap+1', 'dontneed heap+1', 'yield']
[[workload.task]]
name = 'four'
cpu = 1
ops = ['yield']
)";

bool tells(const Violation& v, const std::string& line) {
  return std::find(v.story.begin(), v.story.end(), line) != v.story.end();
}

}  // namespace

TEST_CASE("Two tasks that wait for each other's lock: the report names the cycle, and both waits") {
  if (searching_takes_too_long()) return;
  SearchWay way;
  way.engine = Engine::bfs;
  way.cursor = CursorOptions::plain();
  const SearchResult found = find(small_system(locks("true")), way);
  REQUIRE(found.end == SearchEnd::found);
  const Violation& v = found.counterexamples.front().violation;
  CHECK(v.class_id == "deadlock");
  CHECK(tells(v, "wait cycle: truncater waits for table[2].0, held by reader; "
                 "reader waits for file[0].0, held by truncater"));
  CHECK(tells(v, "cpu 0 runs truncater and waits in ptl.lock for table[2].0, held by reader"));
  CHECK(tells(v, "cpu 1 runs reader and waits in i_mmap_lock.lock for file[0].0, held by truncater"));
}

TEST_CASE("With the locks in one order nobody waits for ever") {
  if (searching_takes_too_long()) return;
  const SearchResult proof = find(small_system(locks("false")), SearchWay{});
  CHECK(proof.end == SearchEnd::complete);
  CHECK(proof.counterexamples.empty());
}

TEST_CASE("Who waits for no lock waits for the only other one that is left") {
  const std::string text =
      "machine = 'ppc64-tiny'\nkernel = 'modern'\nworkload = 'race-revoke'\n"
      "strategy = { preset = 'safe-deferral', settle = 'wait-when-nested' }\n";
  const SearchResult found = find(small_system(text), SearchWay{});
  REQUIRE(found.end == SearchEnd::found);
  const Violation& v = found.counterexamples.front().violation;
  CHECK(v.class_id == "deadlock");
  CHECK(tells(v, "cpu 1 runs toucher and waits in gather.wait_nested for mm[0].10, which only caller could change"));
  CHECK(tells(v, "wait cycle: caller waits for file[0].0, held by toucher; "
                 "toucher waits for mm[0].10, which only caller could change"));
}

TEST_CASE("Two cpus that wait for each other's answer with interrupts off: the cycle goes through both") {
  lab::ExploredSystem system(small_system(deaf_switches), OnViolation::count);
  Cursor cursor(system, CursorOptions::plain());
  Coverage coverage(false);
  SearchLimits limits;
  limits.schedules_max = 2000;
  const SearchResult found = search_at_random(cursor, limits, SearchGoal{}, coverage, RandomKind::pct, 1, 3);
  REQUIRE(found.end == SearchEnd::found);
  const Violation& v = found.counterexamples.front().violation;
  CHECK(tells(v, "cpu 0 runs one and waits in x86.shootdown.wait for cpu 1, where three lets no interrupt in"));
  REQUIRE(!v.story.empty());
  CHECK(v.story.front().substr(0, 12) == "wait cycle: ");
}
