// SPDX-License-Identifier: MIT
// Ticks: where one task waits for another one's cpu the timer may act at any time, as long as tasks have something to
// do. That ends in proofs, and random schedules come to their end.
#include <algorithm>

#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

/// Two tasks on cpu 0 and a third one on cpu 1, all of one mm.
config::Values shared_cpu(const char* tick_cycles) {
  std::string text = std::string("machine = 'x86-tiny'\nstrategy = 'generic-2.6.22'\n"
                                 "kernel = { preset = '2.6.22', tick_cycles = ") +
                     tick_cycles + " }\n[workload]\nkind = 'script'\n[[workload.region]]\nname = 'heap'\npages = 1\n";
  for (const char* task : {"name = 'a'\ncpu = 0\nwarmup = ['store heap']\nops = ['store heap']\n",
                           "name = 'b'\ncpu = 0\nwarmup = ['load heap']\nops = ['load heap']\n",
                           "name = 'c'\ncpu = 1\nwarmup = ['load heap']\nops = ['load heap']\n"})
    text += std::string("[[workload.task]]\n") + task;
  return small_system(text);
}

SearchWay way(Engine engine, bool reduces) {
  SearchWay w;
  w.engine = engine;
  w.cursor.reduces = reduces;
  return w;
}

}  // namespace

TEST_CASE("With ticks a search ends, and says the same with shortcuts and without") {
  if (searching_takes_too_long()) return;
  const SearchResult without = exhaust(shared_cpu("0"), way(Engine::dfs, true));
  for (const bool reduces : {false, true}) {
    const SearchResult result = exhaust(shared_cpu("1000"), way(Engine::dfs, reduces));
    CHECK(result.end == SearchEnd::complete);
    CHECK(result.counterexamples.empty());
    CHECK(!result.final_states.empty());
    CHECK(result.states > 10 * without.states);
  }
  const SearchResult races = exhaust(shared_cpu("1000"), way(Engine::dpor, true));
  CHECK(races.end == SearchEnd::complete);
  CHECK(races.counterexamples.empty());
}

TEST_CASE("Random schedules with ticks come to their end") {
  if (searching_takes_too_long()) return;
  for (const RandomKind kind : {RandomKind::random, RandomKind::urw, RandomKind::pct}) {
    INFO(name_of(kind));
    lab::ExploredSystem system(shared_cpu("1000"), OnViolation::count);
    Cursor cursor(system, CursorOptions::plain());
    Coverage coverage(false);
    SearchLimits limits;
    limits.schedules_max = 20;
    SearchGoal nothing;
    nothing.exhaust = true;
    const SearchResult result = search_at_random(cursor, limits, nothing, coverage, kind, 1, 3);
    CHECK(result.schedules == 20);
    CHECK(result.ends > 0);
    // Some give priority to the timer for ever: these are given up.
    CHECK(result.transitions < 20 * 5000);
  }
}
