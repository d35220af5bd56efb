// SPDX-License-Identifier: MIT
// Engines that see everything see the same: the same final Worlds and the same kinds of violation, whether they go in
// breadth or in depth, with shortcuts or without, restore stacks or start anew, forget what is over or nothing at all,
// and even if a state is told by the very bytes of its stacks.
#include <set>

#include "sim/explore/trace.h"
#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

// A thread gives a page back while another one loads it: both have their tables and copies from the warm-up.
const std::string dontneed_against_load = heap_script(
    1, {"warmup = ['store heap']\nops = ['dontneed heap']", "warmup = ['load heap']\nops = ['load heap']"});

const std::string systems[] = {
    "machine = 'x86-tiny'\nkernel = '2.6.22'\nstrategy = 'generic-2.6.22'\n" + dontneed_against_load,
    "machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n" + dontneed_against_load,
    "machine = 'sparc64-tiny'\nkernel = 'modern'\nstrategy = 'sparc64-2013'\n" + dontneed_against_load,
};

std::set<std::pair<std::string, std::string>> kinds(const SearchResult& result) {
  std::set<std::pair<std::string, std::string>> kinds;
  for (const Counterexample& c : result.counterexamples) kinds.insert({c.violation.invariant, c.violation.class_id});
  return kinds;
}

SearchWay way(Engine engine, bool reduces, LocalKey key = LocalKey::since_forget) {
  SearchWay w;
  w.engine = engine;
  w.cursor.reduces = reduces;
  w.cursor.local_key = key;
  return w;
}

/// The path, step by step and without shortcuts, ends with the violation.
bool shows_again(const config::Values& values, const Counterexample& found) {
  lab::ExploredSystem system(values, OnViolation::count);
  Tracer tracer(system);
  Cursor cursor(system, CursorOptions::plain());
  const TraceResult again = tracer.perform(cursor, found.path, {}, 0);
  return !again.stale && !again.trace.violations.empty() &&
         again.trace.violations.front().invariant == found.violation.invariant;
}

void compare(const SearchResult& a, const SearchResult& b) {
  CHECK(a.end == SearchEnd::complete);
  CHECK(b.end == SearchEnd::complete);
  CHECK(a.final_states == b.final_states);
  CHECK(kinds(a) == kinds(b));
}

}  // namespace

TEST_CASE("Breadth and depth, shortcuts or none: the same final states and violations") {
  if (searching_takes_too_long()) return;
  for (const std::string& text : systems) {
    INFO(text.substr(0, 80));
    const config::Values values = small_system(text);
    const SearchResult plain = exhaust(values, way(Engine::dfs, false));
    CHECK(plain.final_states.size() > 1);
    const SearchResult reduced = exhaust(values, way(Engine::dfs, true));
    compare(plain, reduced);
    CHECK(reduced.states < plain.states);
    compare(plain, exhaust(values, way(Engine::bfs, true)));
  }
}

TEST_CASE("Reversing races finds the same final states and violations as visiting states") {
  if (searching_takes_too_long()) return;
  const auto system = [](const std::string& head, const std::string& first, const std::string& second) {
    return head + heap_script(1, {first, second});
  };
  const std::string x86 = "machine = 'x86-tiny'\nkernel = '2.6.22'\nstrategy = 'generic-2.6.22'\n";
  const std::string ppc = "machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n";
  const std::string sparc = "machine = 'sparc64-tiny'\nkernel = 'modern'\nstrategy = 'sparc64-2013'\n";
  const std::string tagged = "machine = 'tagged-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n";
  const std::string store = "warmup = ['store heap']\nops = ['store heap']\n";
  const std::string load = "warmup = ['load heap']\nops = ['load heap']\n";
  const std::string clear = "warmup = ['store heap']\nops = ['clear_refs heap']\n";
  const std::string first_load = "warmup = ['store heap']\nops = ['dontneed heap']\n";
  std::size_t ends = 0;
  for (const std::string& text : {system(x86, store, load), system(ppc, store, load), system(sparc, store, load),
                                  system(tagged, clear, load), system(tagged, first_load, load)}) {
    INFO(text.substr(0, 80));
    const config::Values values = small_system(text);
    const SearchResult states = exhaust(values, way(Engine::dfs, false));
    ends += states.final_states.size();
    for (const bool reduces : {false, true}) {
      const SearchResult races = exhaust(values, way(Engine::dpor, reduces));
      compare(states, races);
      CHECK(races.schedules > 1);
      CHECK(races.states == 0);
    }
  }
  // A store and a load of one page leave the same behind, in whatever order they come; giving it back does not.
  CHECK(ends > 5);
}

TEST_CASE("With stores in their buffers, too: the same final states and violations, with shortcuts and without") {
  if (searching_takes_too_long()) return;
  for (const char* memory : {"tso", "pso"}) {
    INFO(memory);
    const config::Values values = small_system(std::string("check.memory = '") + memory + "'\n" + systems[0]);
    const SearchResult plain = exhaust(values, way(Engine::dfs, false));
    const SearchResult reduced = exhaust(values, way(Engine::dfs, true));
    compare(plain, reduced);
    CHECK(reduced.states < plain.states);
    const SearchResult strong = exhaust(small_system(systems[0]), way(Engine::dfs, true));
    CHECK(strong.states < reduced.states);
  }
}

TEST_CASE("Forgetting what is over loses nothing, compared with keeping all and with the stacks themselves") {
  if (searching_takes_too_long()) return;
  const config::Values values = small_system(systems[0]);
  const auto bounded = [&](LocalKey key) {
    SearchWay w = way(Engine::dfs, false, key);
    // Whoever forgets nothing tells apart nearly every schedule.
    w.switches_max = 1;
    return exhaust(values, w);
  };
  const SearchResult forgets = bounded(LocalKey::since_forget);
  const SearchResult keeps = bounded(LocalKey::all);
  compare(forgets, keeps);
  CHECK(forgets.final_states.size() > 1);
  CHECK(forgets.states < keeps.states);
  compare(forgets, bounded(LocalKey::stacks));
}

TEST_CASE("Starting anew instead of restoring stacks gives the same states and transitions") {
  if (searching_takes_too_long()) return;
  const config::Values values = small_system(systems[0]);
  SearchWay anew = way(Engine::dfs, true);
  anew.cursor.rewind = Rewind::restart;
  SearchLimits limits;
  limits.states_max = 300;
  const auto first_states = [&](const SearchWay& w) {
    lab::ExploredSystem system(values, OnViolation::count);
    Cursor cursor(system, w.cursor);
    Coverage coverage(false);
    SearchGoal goal;
    goal.exhaust = true;
    return search_depth_first(cursor, limits, goal, coverage);
  };
  const SearchResult restarted = first_states(anew);
  const SearchResult restored = first_states(way(Engine::dfs, true));
  CHECK(restarted.transitions == restored.transitions);
  CHECK(restarted.depth == restored.depth);
}

TEST_CASE("A budget of states is kept to the last one, and one that is just enough cuts nothing") {
  if (searching_takes_too_long()) return;
  const config::Values values = small_system(systems[0]);
  const auto within = [&](Engine engine, std::uint64_t states_max) {
    SearchLimits limits;
    limits.states_max = states_max;
    return exhaust(values, way(engine, engine == Engine::dfs), limits);
  };
  for (const Engine engine : {Engine::bfs, Engine::dfs}) {
    const SearchResult all = within(engine, SearchLimits::none);
    CHECK(within(engine, all.states).end == SearchEnd::complete);
    for (const std::uint64_t fewer : {all.states - 1, all.states / 2, std::uint64_t{1}}) {
      const SearchResult cut = within(engine, fewer);
      CHECK(cut.end == SearchEnd::states);
      CHECK(cut.states == fewer);
    }
  }
}

TEST_CASE("More switches allow more states, until the bound cuts nothing and all are seen") {
  if (searching_takes_too_long()) return;
  const config::Values values = small_system(systems[0]);
  const SearchResult all = exhaust(values, way(Engine::dfs, true));
  std::set<std::uint64_t> sizes;
  for (std::uint64_t k = 0; k < 40; ++k) {
    SearchWay bounded = way(Engine::dfs, true);
    bounded.switches_max = k;
    const SearchResult result = exhaust(values, bounded);
    CHECK(result.ends <= all.ends);
    sizes.insert(result.states);
    if (result.bound_cut != 0) continue;
    CHECK(k > 2);
    CHECK(sizes.size() > 1);
    compare(all, result);
    return;
  }
  FAIL("forty switches were not enough");
}

TEST_CASE("The small refault is refuted without the flush under the lock, by every engine, and never with it") {
  if (searching_takes_too_long()) return;
  const std::string scenario =
      "machine = 'ppc64-tiny'\nkernel = '2.6.20'\n" +
      heap_script(1, {"warmup = ['load heap']\nops = ['zero_read heap']",
                      "warmup = ['load heap']\nops = ['store heap']"});
  const config::Values broken = small_system("strategy = 'ppc64-2.6.20'\n" + scenario);
  const config::Values fixed = small_system("strategy = 'ppc64-2.6.22'\n" + scenario);
  for (const Engine engine : {Engine::bfs, Engine::dfs}) {
    const SearchResult found = find(broken, way(engine, true));
    REQUIRE(found.end == SearchEnd::found);
    CHECK(found.counterexamples.front().violation.invariant == "no-duplicate-hpte");
    CHECK(found.counterexamples.front().violation.class_id == "D1");
    CHECK(shows_again(broken, found.counterexamples.front()));
  }
  const SearchResult proof = find(fixed, way(Engine::dfs, true));
  CHECK(proof.end == SearchEnd::complete);
  CHECK(proof.counterexamples.empty());
  CHECK(proof.states > 100);
}
