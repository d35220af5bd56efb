// SPDX-License-Identifier: MIT
// Ticks: where one task waits for another one's cpu the timer may act at any time, as long as tasks have something to
// do. That ends in proofs, and random schedules come to their end.
#include <algorithm>
#include <tuple>

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
}

/// Where the tasks stand when they have nothing left to do. A tick may come before that or after it, so that who takes
/// shortcuts sees some of the places only.
TEST_CASE("With ticks engines come to the same ends, and shortcuts lead to none of their own") {
  if (searching_takes_too_long()) return;
  const config::Values values = shared_cpu("1000");
  const auto all = exhaust(values, way(Engine::dfs, false)).final_states;
  CHECK(exhaust(values, way(Engine::bfs, false)).final_states == all);
  const auto is_before = [](const Fingerprint& a, const Fingerprint& b) {
    return std::tie(a.high, a.low) < std::tie(b.high, b.low);
  };
  const auto check_some = [&](const std::vector<Fingerprint>& some) {
    CHECK(some.size() > 1);
    CHECK(std::includes(all.begin(), all.end(), some.begin(), some.end(), is_before));
  };
  check_some(exhaust(values, way(Engine::dfs, true)).final_states);
  check_some(exhaust(values, way(Engine::bfs, true)).final_states);
  // A tick can come between any two steps, again and again: more classes of schedules than can be performed.
  SearchLimits few;
  few.states_max = 20000;
  const SearchResult races = exhaust(values, way(Engine::dpor, true), few);
  CHECK(races.end == SearchEnd::schedules);
  CHECK(races.counterexamples.empty());
  check_some(races.final_states);
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
