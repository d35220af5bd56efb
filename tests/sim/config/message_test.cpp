// SPDX-License-Identifier: MIT
// The exact text of messages: a user reads nothing else.
#include "tests/sim/config/sample.h"

#include "tests/support/catch.h"

using namespace mmulab::config;
using sample::problems;

namespace {
const std::string x86 = "machine.arch = 'x86'\n";
}

TEST_CASE("A misspelt key is refused with its position and the nearest key") {
  CHECK(problems("[machine]\narch = 'x86'\ncoers = 4\n") == R"(error: unknown key `coers` in [machine]
 --> lab.toml:3:1
  |
3 | coers = 4
  | ^^^^^
  = help: did you mean `cores`?
)");
}

TEST_CASE("An unknown table is refused at the top level with what is known there") {
  CHECK(problems(x86 + "[zzzzzzzz]\na = 1\n") == R"(error: unknown key `zzzzzzzz` at the top level
 --> lab.toml:2:2
  |
2 | [zzzzzzzz]
  |  ^^^^^^^^
  = help: known here: invariants, machine, strategy, workload, sim
)");
}

TEST_CASE("A string where an integer belongs is refused by both kinds") {
  CHECK(problems("machine = { arch = 'x86', cores = 'two' }") ==
        R"(error: `machine.cores`: expected an integer, found a string
 --> lab.toml:1:35
  |
1 | machine = { arch = 'x86', cores = 'two' }
  |                                   ^^^^^
)");
}

TEST_CASE("Negative, fractional, too large and out-of-range numbers are told apart") {
  CHECK_THAT(problems(x86 + "sim.seed = -1"),
             Catch::Contains("`sim.seed`: expected a non-negative integer, found -1"));
  CHECK_THAT(problems(x86 + "sim.seed = 1.5"),
             Catch::Contains("`sim.seed`: expected an integer, found a floating-point"));
  CHECK_THAT(problems(x86 + "sim.seed = 9223372036854775808"), Catch::Contains("lab.toml:2:"));
  CHECK_THAT(problems(x86 + "machine.cores = 0"), Catch::Contains("`machine.cores`: 0 is out of range") &&
                                                      Catch::Contains("help: 1 to 1024 cores"));
  CHECK_THAT(problems(x86 + "machine.sizes = [12, 99]"), Catch::Contains("lab.toml:2:22"));
}

TEST_CASE("A choice that does not exist is refused with the nearest") {
  CHECK(problems("machine.arch = 'ppc46'") == R"(error: `machine.arch`: there is no choice "ppc46"
 --> lab.toml:1:16
  |
1 | machine.arch = 'ppc46'
  |                ^^^^^^^
  = help: did you mean `ppc64`?
)");
}

TEST_CASE("A required key that is missing is asked for where its table begins") {
  CHECK(problems("[machine]\ncores = 4\n") == R"(error: missing key `arch` in [machine]
 --> lab.toml:1:2
  |
1 | [machine]
  |  ^^^^^^^
  = help: The architecture
)");
  CHECK_THAT(problems("sim.seed = 4\n"),
             Catch::Contains("missing key `arch` in [machine]\n --> lab.toml:1:1\n"));
  CHECK_THAT(problems(x86 + "[[workload.task]]\npages = 2"),
             Catch::Contains("missing key `name` in [[workload.task]]"));
}

TEST_CASE("A section that does not apply is refused with the condition and what is the case") {
  CHECK(problems("machine.arch = 'x86'\n[machine.ppc64]\ngroups = 4\n") ==
        R"(error: [machine.ppc64] applies only when machine.arch is "ppc64"; it is "x86" here
 --> lab.toml:2:10
  |
2 | [machine.ppc64]
  |          ^^^^^
)");
}

TEST_CASE("A wrong or missing condition is one problem, not one for each section that depends on it") {
  for (const std::string arch : {"arch = 'ppc46'\n", "arch = 3\n", ""}) {
    try {
      (void)sample::read("[machine]\n" + arch + "[machine.ppc64]\ngroups = 4\n[machine.x86]\npcid = true\n");
      FAIL("nothing was refused");
    } catch (const Error& error) {
      CHECK(error.problems().size() == 1);
    }
  }
}

TEST_CASE("The parts of a constant are checked like keys") {
  CHECK_THAT(problems(x86 + "machine.ipi_ns = { value = 'x' }"),
             Catch::Contains("expected an integer, found a string"));
  CHECK_THAT(problems(x86 + "machine.ipi_ns = { source = 'x' }"),
             Catch::Contains("the table has no `value`"));
  CHECK_THAT(problems(x86 + "machine.ipi_ns = { value = 1, sorce = 'x' }"),
             Catch::Contains("did you mean `source`?"));
  CHECK_THAT(problems(x86 + "machine.ipi_ns = { value = 1, confidence = 'hihg' }"),
             Catch::Contains("did you mean `high`?"));
  CHECK_THAT(problems(x86 + "machine.ipi_ns = true"),
             Catch::Contains("expected an integer or { value, confidence"));
}

TEST_CASE("A table, an array of tables and a value are not taken for one another") {
  CHECK_THAT(problems(x86 + "sim = 3"), Catch::Contains("`sim`: expected a table, found an integer"));
  CHECK_THAT(problems("machine = 3"),
             Catch::Contains("`machine`: expected a preset's name or a table, found an integer"));
  CHECK_THAT(problems(x86 + "[workload.task]\nname = 'a'"),
             Catch::Contains("expected an array of tables, found a table") &&
                 Catch::Contains("write [[workload.task]]"));
  CHECK_THAT(problems(x86 + "workload.task = [3]"),
             Catch::Contains("`workload.task`: expected a table, found an integer"));
  CHECK_THAT(problems(x86 + "invariants = 'no-leak'"),
             Catch::Contains("expected an array of strings, found a string"));
}

TEST_CASE("Every problem of a file is reported, each once, in the order of the lines") {
  const std::string text =
      "a = 1\n[machine]\narch = 'x86'\ncores = 0\nb = 2\n[sim]\nseed = -1\nlookahead = 1\n";
  try {
    (void)sample::read(text);
    FAIL("nothing was refused");
  } catch (const Error& error) {
    std::vector<unsigned> lines;
    for (const auto& problem : error.problems()) lines.push_back(problem.line);
    CHECK(lines == std::vector<unsigned>{1, 4, 5, 7, 8});
  }
}

TEST_CASE("A quoted key with a dot is not mistaken for a path") {
  CHECK_THAT(problems(x86 + "\"machine.cores\" = 3"),
             Catch::Contains("unknown key `machine.cores` at the top level"));
}

TEST_CASE("A syntax error has its place") {
  CHECK_THAT(problems("a = \n"), Catch::StartsWith("error: ") && Catch::Contains(" --> lab.toml:1:5\n"));
}
