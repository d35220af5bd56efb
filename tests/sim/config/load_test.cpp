// SPDX-License-Identifier: MIT
#include "tests/sim/config/sample.h"

#include "tests/support/catch.h"

using namespace mmulab::config;

TEST_CASE("What a file leaves out has its default, and says so") {
  const auto values = sample::read("machine.arch = 'x86'");
  CHECK(values.integer("machine.cores") == 2);
  CHECK(values.origin("machine.cores") == "default");
  CHECK(values.flag("machine.x86.pcid"));
  CHECK(values.integers("machine.sizes") == std::vector<std::uint64_t>{12, 21});
  CHECK(values.constant("machine.walk_cycles").confidence == Confidence::Low);
  CHECK(values.constant("machine.walk_cycles").source == "a guess");
}

TEST_CASE("What a file gives is read with the place it was given") {
  const auto values =
      sample::read("invariants = ['no-leak']\n[machine]\narch = 'x86'\ncores = 8\nsizes = [12]\n");
  CHECK(values.text("machine.arch") == "x86");
  CHECK(values.integer("machine.cores") == 8);
  CHECK(values.origin("machine.cores") == "lab.toml:4");
  CHECK(values.texts("invariants") == std::vector<std::string>{"no-leak"});
  CHECK(values.integers("machine.sizes") == std::vector<std::uint64_t>{12});
}

TEST_CASE("Constants of one confidence are scaled together, and rounded up") {
  const auto values = sample::read("[machine]\narch = 'x86'\nipi_ns = 7\n"
                                   "walk_cycles = { value = 5, confidence = 'low', source = 'x' }\n");
  const auto half = values.scaled(Confidence::Low, 50);
  CHECK(half.integer("machine.walk_cycles") == 3);
  CHECK(half.integer("machine.ipi_ns") == 7);  // no confidence is stated
  CHECK(values.scaled(Confidence::Low, 200).integer("machine.walk_cycles") == 10);
  CHECK(half.config_hash() == values.config_hash());
}

TEST_CASE("A constant is a bare number or carries its citation") {
  const auto values = sample::read(
      "[machine]\narch = 'x86'\nipi_ns = 7\n"
      "walk_cycles = { value = 200, confidence = 'high', source = 'manual 3', note = 'warm' }\n");
  const auto walk = values.constant("machine.walk_cycles");
  CHECK(walk.value == 200);
  CHECK(walk.confidence == Confidence::High);
  CHECK(walk.source == "manual 3");
  CHECK(walk.note == "warm");
  CHECK(values.integer("machine.walk_cycles") == 200);
  CHECK(values.constant("machine.ipi_ns").confidence == Confidence::Unstated);
  CHECK(values.constants() == std::vector<std::string>{"machine.ipi_ns", "machine.walk_cycles"});
}

TEST_CASE("An optional key without a default is absent until it is given") {
  CHECK_FALSE(sample::read("machine.arch = 'x86'").contains("machine.optional"));
  CHECK(sample::read("machine = {arch = 'x86', optional = 3}").integer("machine.optional") == 3);
}

TEST_CASE("A section whose condition fails has no values at all") {
  const auto values = sample::read("machine.arch = 'ppc64'\nmachine.ppc64.groups = 4");
  CHECK_FALSE(values.contains("machine.x86"));
  CHECK_FALSE(values.contains("machine.x86.pcid"));
  CHECK(values.contains("machine.ppc64"));
  CHECK(values.integer("machine.ppc64.groups") == 4);
}

TEST_CASE("An array of tables is read in order, each with its own defaults") {
  const auto values = sample::read(
      "machine.arch = 'x86'\n[[workload.task]]\nname = 'a'\npages = 9\n[[workload.task]]\nname = 'b'\nsteps "
      "= ['x']\n");
  const auto& tasks = values.tables("workload.task");
  REQUIRE(tasks.size() == 2);
  CHECK(tasks[0].text("name") == "a");
  CHECK(tasks[0].integer("pages") == 9);
  CHECK_FALSE(tasks[0].contains("steps"));
  CHECK(tasks[1].integer("pages") == 1);
  CHECK(tasks[1].texts("steps") == std::vector<std::string>{"x"});
  CHECK(tasks[1].origin("name") == "lab.toml:6");
  CHECK(sample::read("machine.arch = 'x86'").tables("workload.task").empty());
}

TEST_CASE("Reading what the schema does not have, or as another kind, is a mistake of ours") {
  const auto values = sample::read("machine.arch = 'x86'");
  CHECK_THROWS_AS(values.integer("machine.coers"), Misuse);
  CHECK_THROWS_AS(values.contains("machine.coers"), Misuse);
  CHECK_THROWS_AS(values.flag("machine.cores"), Misuse);
  CHECK_THROWS_AS(values.integer("machine.optional"), Misuse);
  CHECK_THROWS_AS(values.integer("machine.ppc64.groups"), Misuse);
  CHECK_THROWS_AS(values.tables("machine"), Misuse);
}

TEST_CASE("A rule across keys complains at the place of the key it names") {
  auto schema = sample::schema();
  schema.rule([](const Values& values, const Complain& complain) {
    if (values.integer("strategy.batch") > values.integer("machine.cores"))
      complain("strategy.batch", "a batch larger than the machine", "make it smaller");
  });
  try {
    (void)load_text(schema, "lab.toml", "machine.arch = 'x86'\nstrategy.batch = 9");
    FAIL("nothing was refused");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "error: a batch larger than the machine\n --> lab.toml:2:18\n  |\n2 | strategy.batch = 9\n"
          "  |                  ^\n  = help: make it smaller\n");
  }
}
