// SPDX-License-Identifier: MIT
// `trace count` on the command line: what it writes, and what it says to those who ask for what there is not.
#include <nlohmann/json.hpp>

#include "sim/cli/app.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"

using namespace mmulab;
using cli::Outcome;

namespace {

const std::string scenario = MMULAB_SOURCE_DIR "/configs/traces/x86-compile.toml";

Outcome count(std::vector<std::string> words) {
  words.insert(words.begin(), {"trace", "count"});
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, {out, err});
  return {code, out.str(), err.str()};
}

void refuses(const std::vector<std::string>& words, const std::string& message) {
  const Outcome outcome = count(words);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == message);
}

}  // namespace

TEST_CASE("trace count: a table, the same as JSON and as CSV, a row a geometry") {
  const std::vector<std::string> axis = {scenario, "--vary", "machine.x86.dtlb_4k_ways=1,4"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), axis.begin(), axis.end());
    return count(more);
  };
  const Outcome table = with({});
  CHECK(table.code == 0);
  CHECK(table.err.empty());
  CHECK_THAT(table.out, Catch::Contains("\nmachine.x86.dtlb_4k_ways=4\n  dtlb.hits "));
  const Outcome json = with({"--json", "-"}), csv = with({"--csv", "-"});
  CHECK(json.err == table.out);
  CHECK(csv.err == table.out);
  const auto all = nlohmann::json::parse(json.out);
  CHECK(all["schema"] == "mmulab-counts-1");
  REQUIRE(all["geometries"].size() == 2);
  std::istringstream lines(csv.out);
  std::string line;
  std::getline(lines, line);
  CHECK_THAT(line, Catch::StartsWith("config_hash,machine.x86.dtlb_4k_ways,loads,stores,"));
  const auto accesses = all["shared"]["loads"].get<std::uint64_t>() + all["shared"]["stores"].get<std::uint64_t>();
  for (const auto& geometry : all["geometries"]) {
    std::getline(lines, line);
    const auto& counts = geometry["counts"];
    CHECK_THAT(line, Catch::StartsWith(geometry["config_hash"].get<std::string>() + "," +
                                       geometry["parameters"]["machine.x86.dtlb_4k_ways"].get<std::string>() + ","));
    CHECK_THAT(line, Catch::EndsWith("," + std::to_string(counts["walks.entries_read"].get<std::uint64_t>())));
    // Every access is one of the three.
    CHECK(counts["dtlb.hits"].get<std::uint64_t>() + counts["stlb.data_hits"].get<std::uint64_t>() +
              counts["walks.data"].get<std::uint64_t>() == accesses);
  }
  CHECK(all["geometries"][0]["counts"]["dtlb.hits"] < all["geometries"][1]["counts"]["dtlb.hits"]);
}

TEST_CASE("help trace count: the verb's help, and for what it cannot do a suggestion") {
  const auto help = [](const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::run_command(words, {out, err});
    return Outcome{code, out.str(), err.str()};
  };
  CHECK(help({"help", "trace", "count"}).out == help({"help", "trace"}).out);
  CHECK_THAT(help({"help", "trace", "count"}).out, Catch::Contains("mmulab trace count configs/traces/"));
  const Outcome misspelt = help({"help", "trace", "cuont"});
  CHECK(misspelt.code == 2);
  CHECK(misspelt.err == "error: `trace` cannot `cuont`\n  = help: did you mean `count`?\n");
  CHECK(help({"help", "run", "count"}).err == "error: `run` has no actions\n  = help: mmulab help run\n");
}

TEST_CASE("trace count: what cannot be counted is refused by an exact message") {
  const std::string mmt = MMULAB_SOURCE_DIR "/configs/traces/compile.mmt";
  const std::string example = "  = help: mmulab trace count configs/traces/x86-compile.toml\n";
  refuses({}, "error: one configuration is wanted, and 0 are given\n" + example);
  refuses({scenario, scenario}, "error: one configuration is wanted, and 2 are given\n" + example);
  refuses({mmt}, "error: `" + mmt + "` is a recording, and a configuration is wanted that names it and a machine\n"
                 "  = help: as configs/traces/x86-compile.toml does\n");
  refuses({scenario, "--set", "workload.file=/nosuch.mmt"},
          "error: `/nosuch.mmt` cannot be read: No such file or directory\n");
  refuses({scenario, "--level", "3"}, "error: `trace count` has no option `--level`\n");
  refuses({scenario, "--json", "-", "--csv", "-"},
          "error: `--json -` and `--csv -` would be one text\n  = help: give one a file\n");
  cli::Shelf shelf;
  const std::string other = shelf.file("scenarios/good.toml");
  refuses({other}, "error: the workload is `unmap`, and only a recording can be counted\n --> " + other +
                   ":4:17\n  |\n4 | workload.kind = 'unmap'\n  |                 ^^^^^^^\n"
                   "  = help: workload.kind = \"trace\", workload.file = \"app.mmt\"\n");
}

TEST_CASE("trace count: geometries that are too large together are refused, whatever is large about them") {
  const std::string folder = MMULAB_SOURCE_DIR "/configs/traces/";
  const auto refuses_for = [&](const std::string& file, std::vector<std::string> words, const std::string& what) {
    words.insert(words.begin(), folder + file);
    refuses(words, "error: the geometries are too large for one pass: " + what +
                       " MiB; at most 1024 MiB are possible\n  = help: take smaller ones, or several passes\n");
  };
  // 65536 sets of 1024 ways of two words are 1 GiB, a core.
  refuses_for("x86-compile.toml", {"--set=machine.x86.stlb_sets=65536", "--set=machine.x86.stlb_ways=1024"},
              "tlbs.core0.stlb would bring the simulated state to 1025");
  // 2^22 groups of eight slots of twelve bytes are 384 MiB, so that two fit and the third does not. The rest is small.
  refuses_for("ppc64-compile.toml", {"--set=machine.ppc64.pteg_count=4194304", "--vary=sim.seed=1..3"},
              "ppc64.hpt would bring the simulated state to 1153");
}

TEST_CASE("trace count: axes that are too long, unknown, or of another recording are refused") {
  refuses({scenario, "--vary", "machine.x86.stlb_ways=1..64", "--vary", "machine.x86.dtlb_4k_ways=1..32"},
          "error: 2 048 geometries, and one pass takes at most 1 024\n"
          "  = help: take fewer values, or several passes\n");
  refuses({scenario, "--vary", "sim.seed=1..1000000000000"},
          "error: the sweep has 1000000000000 points, and at most 1000000 can be swept\n --> --vary:1:1\n  |\n"
          "1 | sim.seed=1..1000000000000\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
          "  = help: take fewer values, larger steps, or several sweeps\n");
  refuses({scenario, "--vary", "machine.x86.stbl_sets=1,2"},
          "error: unknown key `stbl_sets` in [machine.x86]\n --> --vary:1:1\n  |\n1 | machine.x86.stbl_sets=1,2\n"
          "  | ^^^^^^^^^^^^^^^^^^^^^^^^^\n  = help: did you mean `stlb_sets`?\n");
  refuses({scenario, "--vary", "machine.x86.stlb_sets=2,3"},
          "error: machine.x86.stlb_sets=3: 3 is not a power of two\n  = help: exclude it (sweep.exclude)\n");
  refuses({scenario, "--vary", "workload.fetches=none,all"},
          "error: workload.fetches=all: another `workload.fetches` than that of the first geometry, and one pass has "
          "one\n"
          "  = help: `mmulab sweep` varies whatever there is\n");
  const Outcome tree = count({scenario, "--set", "machine.x86.tlb_replacement=tree"});
  CHECK(tree.code == 2);
  CHECK_THAT(tree.err, Catch::StartsWith("error: 12 ways cannot be the leaves of a tree\n"));
  CHECK_THAT(tree.err, Catch::Contains("skylake.toml:") && Catch::Contains("| stlb_ways = 12") &&
                           Catch::EndsWith("  = help: use 1, 2, 4 ... 64 ways, or lru\n"));
}
