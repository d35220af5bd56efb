// SPDX-License-Identifier: MIT
#include "tests/sim/config/sample.h"

#include "tests/support/catch.h"

using namespace mmulab::config;
using sample::problems;

namespace {
const std::string x86 = "machine.arch = 'x86'\n";
}

TEST_CASE("An override beats the file, and says so") {
  const auto values =
      sample::read(x86 + "sim.seed = 5", {"sim.seed=6", "machine.cores=8", "sim.lookahead=false"});
  CHECK(values.integer("sim.seed") == 6);
  CHECK(values.integer("machine.cores") == 8);
  CHECK_FALSE(values.flag("sim.lookahead"));
  CHECK(values.origin("sim.seed") == "--set");
}

TEST_CASE("An overridden constant loses its citation and is marked as the user's") {
  const auto values =
      sample::read("[machine]\narch = 'x86'\nwalk_cycles = { value = 3, confidence = 'high', source = 'x' }",
                   {"machine.walk_cycles=9"});
  const auto walk = values.constant("machine.walk_cycles");
  CHECK(walk.value == 9);
  CHECK(walk.confidence == Confidence::Unstated);
  CHECK(walk.source == "set by user");
}

TEST_CASE("The last of several overrides of one key wins") {
  CHECK(sample::read(x86, {"sim.seed=6", "sim.seed=7"}).integer("sim.seed") == 7);
}

TEST_CASE("A text needs no quotes, even when it looks like a number") {
  CHECK(sample::read(x86, {"strategy.reclaim=2.6"}).text("strategy.reclaim") == "2.6");
  CHECK(sample::read(x86, {"strategy.reclaim=\"a b\""}).text("strategy.reclaim") == "a b");
  CHECK(sample::read("", {"machine.arch=x86"}).text("machine.arch") == "x86");
  CHECK(sample::read(x86, {"strategy.reclaim="}).text("strategy.reclaim").empty());
}

TEST_CASE("Lists, tables and arrays of tables can be set as TOML") {
  const auto values = sample::read(x86, {"machine.sizes=[1,2,3]", "workload.task=[{name='t', pages=4}]"});
  CHECK(values.integers("machine.sizes") == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(values.tables("workload.task").at(0).integer("pages") == 4);
}

TEST_CASE("Setting a strategy's name drops the file's table, setting its keys does not") {
  const sample::Folder folder(
      sample::Files{{"strategies/big.toml", "batch = 192"}, {"strategies/small.toml", "batch = 8"}});
  const SearchPath search({folder.path()});
  const std::string text = x86 + "[strategy]\npreset = 'small'\nreclaim = 'r'\n";
  auto values = load_text(sample::schema(), "lab.toml", text, {"strategy=big"}, search);
  CHECK(values.integer("strategy.batch") == 192);
  CHECK_FALSE(values.contains("strategy.reclaim"));
  CHECK(values.text("strategy.name") == "big");

  values = load_text(sample::schema(), "lab.toml", text, {"strategy.preset=big"}, search);
  CHECK(values.integer("strategy.batch") == 192);
  CHECK(values.text("strategy.reclaim") == "r");

  values =
      load_text(sample::schema(), "lab.toml", x86 + "strategy = 'small'", {"strategy.reclaim=r"}, search);
  CHECK(values.integer("strategy.batch") == 8);
  CHECK(values.text("strategy.reclaim") == "r");
}

TEST_CASE("A wrong override is shown with a caret like a line of a file") {
  CHECK(problems(x86, {"machine.coers=4"}) == R"(error: unknown key `coers` in [machine]
 --> --set:1:9
  |
1 | machine.coers=4
  |         ^^^^^
  = help: did you mean `cores`?
)");
  CHECK(problems(x86, {"machine.cores=many"}) ==
        R"(error: `machine.cores`: expected an integer, found a string
 --> --set:1:15
  |
1 | machine.cores=many
  |               ^^^^
)");
  CHECK_THAT(problems(x86, {"sim.seed=-1"}), Catch::Contains(" --> --set:1:10\n"));
}

TEST_CASE("An argument that is no override is refused") {
  for (const char* argument : {"", "=", "machine.cores", ".a=1", "a..b=1", "a.=1", "=3"})
    CHECK_THAT(problems(x86, {argument}), Catch::Contains("an override is written KEY=VALUE"));
  CHECK_THAT(problems(x86 + "sim = 3", {"sim.seed=1"}), Catch::Contains("`sim` is not a table"));
}

TEST_CASE("An override cannot bring further keys along") {
  CHECK_THAT(problems(x86, {"sim.seed=1\nlookahead=false"}),
             Catch::Contains("expected an integer, found a string"));
}
