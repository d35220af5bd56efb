// SPDX-License-Identifier: MIT
#include "sim/sweep/plan.h"

#include <filesystem>

#include "sim/config/diagnostic.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace mmulab::sweep {
namespace {

using test::Folder;

const config::Schema& schema() {
  static const config::Schema s = lab::schema();
  return s;
}

constexpr const char* base = "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n"
                             "workload = 'unmap-tiny'\n";

struct Bench {
  Folder folder;
  [[nodiscard]] Plan plan(const std::string& sweep, const PlanOptions& options = {}) const {
    folder.write("p.toml", std::string(base) + sweep);
    return {schema(), folder.file("p.toml"), options};
  }
  [[nodiscard]] std::string wrong(const std::string& sweep, const PlanOptions& options = {}) const {
    try {
      static_cast<void>(plan(sweep, options));
    } catch (const config::Error& error) {
      const auto& p = error.problems().front();
      return std::to_string(p.line) + ":" + std::to_string(p.column) + ": " + p.message;
    }
    return "nothing";
  }
};

std::vector<std::string> listed(const Plan& plan) {
  std::vector<std::string> all;
  Points points(plan);
  while (const auto point = points.next()) {
    std::string line = std::to_string(point->number);
    for (const auto& [key, value] : point->parameters) line += " " + value;
    all.push_back(line);
  }
  return all;
}

using Lines = std::vector<std::string>;

TEST_CASE("Points are numbered with the first axis slowest and seeds fastest, without those excluded") {
  const Bench bench;
  const Plan plan = bench.plan(
      "[sweep]\nvary = ['strategy = per-pte, linux-modern', 'machine.cores = 1..2']\nrepeats = 2\n"
      "exclude = ['strategy=per-pte & machine.cores=2']\n");
  CHECK(plan.points() == 6);
  CHECK(plan.record().axes == Lines{"strategy", "machine.cores", "sim.seed"});
  CHECK(listed(plan) == Lines{"1 per-pte 1 1", "2 per-pte 1 2", "3 linux-modern 1 1", "4 linux-modern 1 2",
                              "5 linux-modern 2 1", "6 linux-modern 2 2"});
}

TEST_CASE("Without a [sweep] section a plan is one point, that of the configuration itself") {
  const Bench bench;
  const Plan plan = bench.plan("");
  CHECK(listed(plan) == Lines{"1"});
  Points points(plan);
  const Settled settled = plan.settle(*points.next());
  REQUIRE(settled.values);
  CHECK(settled.values->config_hash() == config::load_file(schema(), bench.folder.file("p.toml")).config_hash());
}

TEST_CASE("An option adds an axis, or replaces the plan's one of the same key") {
  const Bench bench;
  PlanOptions options;
  options.vary = {"strategy=per-pte", "machine.cores=1,2"};
  CHECK(listed(bench.plan("[sweep]\nvary = ['strategy=linux-modern,per-pte']\n", options)) ==
        Lines{"1 per-pte 1", "2 per-pte 2"});
  options.vary = {"strategy=per-pte & machine.cores=1"};
  CHECK(bench.wrong("[sweep]\nvary = ['strategy=linux-modern,per-pte']\n", options) ==
        "1:1: `strategy` is varied twice");
}

TEST_CASE("A value that does not bind is reported where its axis stands") {
  const Bench bench;
  CHECK(bench.wrong("[sweep]\nvary = [\n  'sim.seed = 1,2',\n  'machine.cores = 2, many']\n") ==
        "8:4: `machine.cores`: expected an integer, found a string");
  CHECK(bench.wrong("[sweep]\nvary = ['machine.coers = 2']\n") == "6:10: unknown key `coers` in [machine]");
  CHECK(bench.wrong("[sweep]\nvary = ['strategy = linux-moden']\n") ==
        "6:10: there is no strategy preset `linux-moden`");
  CHECK(bench.wrong("[sweep]\nvary = ['machine.cores = 1..100000']\n") ==
        "6:10: `machine.cores`: 100000 is out of range");
  CHECK(bench.wrong("[sweep]\nvary = ['sweep.repeats = 1,2']\n") == "6:10: `sweep.repeats` cannot be varied");
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1,2']\nrepeats = 2\n") ==
        "7:11: `sim.seed` is an axis, so repeats would be the same points again");
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1,2']\nexclude = ['sim.seed=3']\n") ==
        "7:13: 3 is no value of the axis `sim.seed`");
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1,2']\nexclude = ['sim.sede=1']\n") == "7:13: `sim.sede` is no axis");
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1,2']\nexclude = ['sim.seed=1..2']\n") ==
        "7:13: every point is excluded");
  CHECK(bench.wrong("[sweep]\nvary = [3]\n") == "6:9: `sweep.vary`: expected a string, found an integer");
}

TEST_CASE("An option that sets an axis would do nothing, and is refused") {
  const Bench bench;
  PlanOptions options;
  options.set = {"sim.seed=3"};
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1,2']\n", options) == "1:1: `sim.seed` is an axis");
}

TEST_CASE("An axis of 10^12 values costs a message") {
  const Bench bench;
  CHECK(bench.wrong("[sweep]\nvary = ['sim.max_cycles = 1..1000', 'sim.seed = 1..1000000000000']\n") ==
        "6:38: the sweep has 1000 x 1000000000000 points, and at most 1000000 can be swept");
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 0..9223372036854775807', 'sim.max_cycles=1..9223372036854775807']\n")
        == "6:10: the sweep has 9223372036854775808 x 9223372036854775807 points, and at most 1000000 can be swept");
  CHECK(bench.plan("[sweep]\nvary = ['sim.seed = 1..1000000']\n").points() == 1'000'000);
}

TEST_CASE("Hundreds of thousands of values are not compared two by two, nor points with as many exclusions") {
  const Bench bench;
  std::string values = "1", exclusions = "'sim.seed=1'";
  for (int i = 2; i <= 300'000; ++i) values += "," + std::to_string(i);
  for (int i = 2; i <= 300; ++i) exclusions += ",'sim.seed=" + std::to_string(i) + "'";
  const std::string axis = "[sweep]\nvary = ['sim.seed = " + values + "']\n";
  CHECK(bench.plan(axis + "exclude = ['sim.seed=1,2', 'sim.seed=7']\n").points() == 299'997);
  CHECK(bench.plan("[sweep]\nvary = ['sim.seed = 1..1000']\nexclude = [" + exclusions + "]\n").points() == 700);
  CHECK(bench.wrong("[sweep]\nvary = ['sim.seed = 1..400000']\nexclude = [" + exclusions + "]\n") ==
        "7:13: 400000 points cannot be held against 300 exclusions");
}

TEST_CASE("A preset on an axis keeps what options set inside its section") {
  const Bench bench;
  PlanOptions options;
  options.set = {"strategy.batch_entries=7"};
  const Plan plan = bench.plan("[sweep]\nvary = ['strategy.batch_entries = 5', 'strategy = linux-modern']\n");
  Points points(plan);
  CHECK(plan.settle(*points.next()).values->integer("strategy.batch_entries") == 5);
  const Plan set = bench.plan("[sweep]\nvary = ['strategy = linux-modern']\n", options);
  Points of_set(set);
  CHECK(set.settle(*of_set.next()).values->integer("strategy.batch_entries") == 7);
}

TEST_CASE("A point's name follows its configuration, its verb and the version, but not its number") {
  const Bench bench;
  const auto first = [&](const std::string& sweep, const PlanOptions& options = {}) {
    const Plan plan = bench.plan(sweep, options);
    Points points(plan);
    return plan.settle(*points.next());
  };
  const Settled one = first("[sweep]\nvary = ['sim.seed = 1,2']\n");
  CHECK(one.hash == first("[sweep]\nvary = ['sim.seed = 1,3,4']\n").hash);
  CHECK(one.hash != first("[sweep]\nvary = ['sim.seed = 3,1']\n").hash);
  CHECK(one.content == first("[sweep]\nvary = ['machine.cores = 2', 'sim.seed=1']\n").content);
  CHECK(one.content != first("[sweep]\nvary = ['sim.seed = 1,2']\nverb = 'check'\n").content);
  PlanOptions later;
  later.version = "later";
  CHECK(one.content != first("[sweep]\nvary = ['sim.seed = 1,2']\n", later).content);
  const std::string check = "[check]\nstates_max = 5\n[sweep]\nvary = ['sim.seed = 1,2']\nverb = 'check'\n";
  PlanOptions other;
  other.set = {"check.states_max=6"};
  CHECK(first(check).content != first(check, other).content);
}

Settled first_of(const Plan& plan) {
  Points points(plan);
  return plan.settle(*points.next());
}

TEST_CASE("A point's content holds what a result says of its configuration: the file's name and who vouches for what") {
  const Bench bench;
  bench.folder.write("base.toml", base);
  const auto in_file = [&](const std::string& file, const std::string& constant) {
    const std::string begin = "base = '" + bench.folder.file("base.toml") + "'\n";
    bench.folder.write(file, begin + "machine.line.same_socket = " + constant + "\n");
    return first_of(Plan(schema(), bench.folder.file(file), {})).content;
  };
  const std::string content = in_file("p.toml", "60");
  CHECK(in_file("below/p.toml", "60") == content);
  CHECK(in_file("q.toml", "60") != content);
  CHECK(in_file("p.toml", "{value = 60, confidence = 'low', source = 'a guess'}") != content);
  CHECK(in_file("p.toml", "{value = 60, confidence = 'high', source = 'measured'}") == content);
}

TEST_CASE("A check's schedules name the overrides that make its configuration, and no others") {
  const Bench bench;
  const auto settled = [&](const std::string& vary) {
    return first_of(bench.plan("[sweep]\nverb = 'check'\nvary = [" + vary + "]\n"));
  };
  const Settled plain = settled("'strategy = per-pte'");
  CHECK(plain.overrides == Lines{"strategy=per-pte"});
  const Settled more = settled("'machine.cores = 2', 'strategy = per-pte', 'sim.lookahead = false', 'sim.seed = 1'");
  CHECK(more.overrides == plain.overrides);
  CHECK(more.content == plain.content);
  CHECK(more.hash != plain.hash);
  const Settled other = settled("'machine.cores = 1', 'strategy = per-pte', 'check.states_max = 9'");
  CHECK(other.overrides == Lines{"strategy=per-pte", "machine.cores=1", "check.states_max=9"});
  CHECK(other.content != plain.content);
}

TEST_CASE("A plan's hash changes with any of its points") {
  const Bench bench;
  const auto plan = [&](const std::string& sweep) { return bench.plan(sweep).record().hash; };
  const std::string check = "[sweep]\nverb = 'check'\n";
  CHECK(plan("[check]\nstates_max = 5\n" + check) != plan("[check]\nstates_max = 6\n" + check));
  CHECK(plan("[check]\nstates_max = 5\n") == plan("[check]\nstates_max = 6\n"));
  bench.folder.write("q.toml", base);
  CHECK(Plan(schema(), bench.folder.file("q.toml"), {}).record().hash != plan(""));
  const auto of_preset = [&](const char* preset) {
    bench.folder.write("strategies/mine.toml", preset);
    return plan("[sweep]\nvary = ['strategy = per-pte, mine']\n");
  };
  const std::string mine = of_preset("recorder = 'batch'\nbatch_entries = 4\n");
  CHECK(mine != of_preset("recorder = 'batch'\nbatch_entries = 5\n"));
  CHECK(mine == of_preset("# The same.\nbatch_entries = 4\nrecorder = 'batch'\n"));
}

TEST_CASE("A combination that the laboratory refuses has a sentence instead of values") {
  const Bench bench;
  const Plan plan =
      bench.plan("[sweep]\nvary = ['machine = x86-tiny, sparc64-tiny', 'machine.x86.pcid = true, false']\n");
  Points points(plan);
  CHECK(plan.settle(*points.next()).values);
  static_cast<void>(points.next());
  const Settled refused = plan.settle(*points.next());
  CHECK_FALSE(refused.values);
  CHECK_THAT(refused.refusal, Catch::Contains("[machine.x86] applies only when"));
}

TEST_CASE("A plan may begin from a scenario, and a file that begins from itself is refused") {
  const Bench bench;
  bench.folder.write("base.toml", base);
  bench.folder.write("plan.toml",
                     "base = 'base.toml'\nstrategy.batch_entries = 3\n[sweep]\nvary = ['sim.seed = 1,2']\n");
  const Plan plan(schema(), bench.folder.file("plan.toml"), {});
  Points points(plan);
  const Settled settled = plan.settle(*points.next());
  REQUIRE(settled.values);
  CHECK(settled.values->text("strategy.name") == "linux-modern");
  CHECK(settled.values->integer("strategy.batch_entries") == 3);
  bench.folder.write("base.toml", "base = 'plan.toml'\n");
  CHECK_THROWS_WITH(Plan(schema(), bench.folder.file("plan.toml"), {}), Catch::Contains("the file begins from itself"));
  bench.folder.write("base.toml", "base = 'nowhere.toml'\n");
  CHECK_THROWS_WITH(Plan(schema(), bench.folder.file("plan.toml"), {}), Catch::Contains("there is no such file"));
}

TEST_CASE("Shards share the points out") {
  const Shard shard = parse_shard("2/3");
  CHECK(shard.takes(2));
  CHECK(shard.takes(5));
  CHECK_FALSE(shard.takes(3));
  CHECK(parse_shard("3/3").takes(6));
  for (const char* text : {"", "0/3", "4/3", "1", "1/", "/3", "a/3", "1/3x", "1/99999999999999999999"})
    CHECK_THROWS_AS(parse_shard(text), config::Error);
}

}  // namespace
}  // namespace mmulab::sweep
