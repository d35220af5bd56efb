// SPDX-License-Identifier: MIT
#include "sim/results/comparison.h"

#include "sim/results/json.h"
#include "tests/sim/results/golden.h"
#include "tests/sim/results/sample_results.h"

namespace mmulab {
namespace {

ComparisonPoint point(const std::string& strategy, const RunResult& result) {
  const std::string json = to_json(result);
  return {strategy, PointOutcome::ran, "", json, *read_summary(json)};
}

Comparison sample() {
  RunResult cut = samples::quiet();
  cut.verdict = RunVerdict::undecided;
  cut.end = RunEnd::limit;
  Comparison c;
  c.title = "refault.toml";
  c.file = "refault.toml";
  c.version = "0.0.0";
  c.points = {point("ppc64-2.6.20", samples::refault()),
              point("per-pte", samples::quiet()),
              {"sparc64-2013",
               PointOutcome::refused,
               "strategy sparc64-2013 needs cross calls, which ppc64 has not",
               "",
               {}},
              point("cut", cut),
              {"crash", PointOutcome::failed, "killed by signal 11 (Segmentation fault)", "", {}}};
  return c;
}

TEST_CASE("A comparison has one row a strategy, and a reason under each that needs one") {
  check_golden("comparison.txt", comparison_table(sample()));
  check_golden("comparison.json", to_json(sample()));
}

TEST_CASE("A column in which every strategy has nothing is left out") {
  Comparison c = sample();
  CHECK_THAT(comparison_table(c),
             Catch::Contains("tlbies") && !Catch::Contains("xcalls") && !Catch::Contains("fork"));
  c.points.erase(c.points.begin());
  CHECK_THAT(comparison_table(c), !Catch::Contains("tlbies"));
}

TEST_CASE("A table that is too wide leaves columns out and names them, and keeps every strategy's name") {
  Comparison c = sample();
  c.points[0].strategy = "a-strategy-with-a-long-name-of-45-characters";
  const std::string table = comparison_table(c);
  CHECK_THAT(table, Catch::Contains("\na-strategy-with-a-long-name-of-45-characters  violated "));
  CHECK_THAT(table, Catch::Contains("\nToo wide for this table, but in --json: lock held, preempt off.\n"));
  CHECK_THAT(table.substr(0, table.find("In cycles")), Catch::Contains("tlbies") && !Catch::Contains("lock held"));
  CHECK_THAT(comparison_table(sample()), !Catch::Contains("Too wide"));
}

TEST_CASE("A vacuous row says what never came up") {
  RunResult vacuous = samples::quiet();
  vacuous.verdict = RunVerdict::vacuous;
  vacuous.invariants = {{"one-view", InvariantStatus::vacuous, 0, 0},
                        {"no-leak", InvariantStatus::not_exercised, 0, 0}};
  vacuous.goals = {{"batch-full", 0, true}, {"refault", 0, false}};
  Comparison c = sample();
  c.points = {point("idle", vacuous), point("per-pte", samples::quiet())};
  CHECK_THAT(comparison_table(c), Catch::Contains("\n    never came up: one-view, goal batch-full\nper-pte "));
}

TEST_CASE("A refusal is a decision, a cut run and a failed one are not") {
  Comparison c = sample();
  CHECK_FALSE(all_decided(c));
  c.points.pop_back();
  CHECK_FALSE(all_decided(c));
  c.points.pop_back();
  CHECK(all_decided(c));
}

}  // namespace
}  // namespace mmulab
