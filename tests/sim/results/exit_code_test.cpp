// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"

#include "sim/results/run_result.h"

namespace mmulab {
namespace {

RunResult with(RunVerdict verdict, bool as_expected) {
  RunResult r;
  r.verdict = verdict;
  r.as_expected = as_expected;
  return r;
}

struct Row {
  RunVerdict verdict;
  bool as_expected;
  int plain;
  int with_expect;
};

TEST_CASE("The exit code follows the verdict, and with --expect the expectation, neither hides a cut") {
  // DESIGN.md, verdicts and exit codes; vacuous is 1 either way, since nothing was shown.
  const Row rows[] = {
      {RunVerdict::clean, true, 0, 0},       {RunVerdict::clean, false, 0, 1},
      {RunVerdict::violated, true, 1, 0},    {RunVerdict::violated, false, 1, 1},
      {RunVerdict::vacuous, true, 1, 1},     {RunVerdict::vacuous, false, 1, 1},
      {RunVerdict::undecided, true, 3, 3},   {RunVerdict::undecided, false, 3, 3},
      {RunVerdict::interrupted, true, 130, 130}, {RunVerdict::interrupted, false, 130, 130},
  };
  for (const Row& row : rows) {
    INFO(name_of(row.verdict) << (row.as_expected ? ", as expected" : ", not as expected"));
    CHECK(exit_code(with(row.verdict, row.as_expected), false) == row.plain);
    CHECK(exit_code(with(row.verdict, row.as_expected), true) == row.with_expect);
  }
}

}  // namespace
}  // namespace mmulab
