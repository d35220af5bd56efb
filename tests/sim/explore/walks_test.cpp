// SPDX-License-Identifier: MIT
// What lies far away in a large tree random schedules find beside the search; it counts as if the search had found it,
// and where there is nothing to find the search says what it says without them.
#include <algorithm>

#include "sim/lab/check.h"
#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

/// One cpu unmaps a shared file's clean pages, three others store to them.
config::Values refault(const std::string& strategy, const std::string& more) {
  std::string text = more + "kernel = '2.6.20'\nstrategy = '" + strategy +
                     "'\nmachine = { preset = 'ppc64-tiny', cores = 4 }\n[workload]\nkind = 'script'\n"
                     "[[workload.region]]\nname = 'f'\nkind = 'file_shared'\npages = 4\n"
                     "[[workload.task]]\nname = 'unmapper'\ncpu = 0\nmm = 1\nops = ['unmap_mapping f']\n";
  for (const char* cpu : {"1", "2", "3"})
    text += std::string("[[workload.task]]\nname = 'writer") + cpu + "'\ncpu = " + cpu +
            "\nwarmup = ['load f']\nops = ['store f']\n";
  return small_system(text);
}

CheckResult check(const config::Values& values, std::uint64_t walks_from, bool expect = false) {
  lab::CheckControl control;
  control.expect = expect;
  control.walks_from = walks_from;
  return lab::check(values, "small.toml", control);
}

}  // namespace

TEST_CASE("A search that is over before random schedules would begin goes without them") {
  if (searching_takes_too_long()) return;
  const std::string budget = "check.states_max = 3000\ncheck.schedules = 1\n";
  const CheckResult alone = check(refault("ppc64-2.6.22", budget), 3500);
  REQUIRE(!alone.engines.empty());
  CHECK(alone.engines[0].result.engine == "dfs");
}

TEST_CASE("A search ends when what it is to find has been found elsewhere") {
  const config::Values values = refault("ppc64-2.6.22", "");
  lab::ExploredSystem system(values, OnViolation::count);
  Cursor cursor(system, CursorOptions::plain());
  Coverage coverage(false);
  SearchLimits limits;
  std::uint64_t told = 0;
  limits.steps_max = 100'000;
  limits.found_elsewhere = [&](std::uint64_t states) {
    told = states;
    return states >= 300;
  };
  const SearchResult result = search_depth_first(cursor, limits, {}, coverage);
  CHECK(result.end == SearchEnd::elsewhere);
  CHECK(result.states == told);
}

TEST_CASE("A large system is refuted by random schedules, and what they found is shortened and counted") {
  if (searching_takes_too_long()) return;
  const config::Values broken = refault("ppc64-2.6.20", "expect = [{ invariant = 'no-duplicate-hpte', class = 'D1', "
                                                        "why = 'nothing is flushed before the unlock' }]\n");
  const CheckResult result = check(broken, 1, true);
  CHECK(result.verdict == CheckVerdict::violated);
  CHECK(result.as_expected);
  REQUIRE(result.engines.size() == 3);
  CHECK(result.engines[0].result.end == SearchEnd::elsewhere);
  CHECK(result.engines[1].result.engine == "pct");
  CHECK(result.engines[1].result.end == SearchEnd::found);
  CHECK(result.engines[2].result.engine == "bfs");
  REQUIRE(result.counterexamples.size() == 1);
  CHECK(result.counterexamples[0].engine == "pct");
  CHECK(result.counterexamples[0].shrunk);
  CHECK(result.counterexamples[0].switches == 1);
  const auto judged = std::find_if(result.invariants.begin(), result.invariants.end(),
                                   [](const InvariantResult& i) { return i.name == "no-duplicate-hpte"; });
  REQUIRE(judged != result.invariants.end());
  CHECK(judged->violations > 0);
  const std::string text = report(result);
  CHECK(text.find("given up, for random schedules had found it") != std::string::npos);
  CHECK(text.find("found by pct, then shortened") != std::string::npos);
}

TEST_CASE("Where random schedules find nothing, the search is what it is without them") {
  if (searching_takes_too_long()) return;
  constexpr std::uint64_t walks_from = 1000;
  const std::string budget = "check.states_max = 3000\ncheck.schedules = 1\n";
  const CheckResult alone = check(refault("ppc64-2.6.22", budget + "check.engine = 'dfs'\n"), walks_from);
  const CheckResult chosen = check(refault("ppc64-2.6.22", budget), walks_from);
  REQUIRE(chosen.engines.size() > 2);
  CHECK(chosen.engines[0].result.engine == "pct");
  CHECK(chosen.engines[0].result.schedules == 200);
  const SearchResult& beside = chosen.engines[1].result;
  CHECK(beside.engine == "dfs");
  CHECK(beside.end == SearchEnd::states);
  CHECK(beside.states == alone.engines[0].result.states);
  CHECK(beside.transitions == alone.engines[0].result.transitions);
  CHECK(beside.depth == alone.engines[0].result.depth);
}
