// SPDX-License-Identifier: MIT
// Statistics of translation and of lines, counted by hand for one task on one cpu: 16 pages stored to for the first
// time, then loaded three times; every TLB has room for them.
#include <fmt/format.h>

#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

struct Counts {
  std::uint64_t first_level, second_level, walks;
};

RunResult run_one_task(const char* machine, const char* strategy, std::uint32_t cpus, bool lookahead) {
  const std::string text = fmt::format(
      "kernel = \"2.6.22\"\nstrategy = \"{}\"\n[machine]\npreset = \"{}\"\nsockets = 1\nthreads = 1\ncores = {}\n"
      "[workload]\nkind = \"script\"\n[[workload.region]]\nname = \"heap\"\npages = 16\n"
      "[[workload.task]]\nname = \"t\"\ncpu = {}\nops = [\"store heap; repeat 3 {{ load heap }}\"]\n",
      strategy, machine, cpus, cpus - 1);
  const config::SearchPath search({std::string(MMULAB_SOURCE_DIR) + "/configs"});
  const config::Overrides overrides = {std::string("sim.lookahead=") + (lookahead ? "true" : "false")};
  return lab::run(config::load_text(lab::schema(), "statistics.toml", text, overrides, search), "statistics.toml",
                  {});
}

std::uint64_t counter(const RunResult& result, const char* name) {
  const Stat* stat = result.stats->find(name);
  REQUIRE(stat != nullptr);
  CHECK_FALSE(stat->text.unit.empty());
  CHECK_FALSE(stat->text.description.empty());
  return stat->counter->value();
}

void check_counts(const char* machine, const char* strategy, const Counts& expected) {
  for (const bool lookahead : {true, false}) {
    INFO(machine << (lookahead ? ", lookahead" : ", step by step"));
    const RunResult result = run_one_task(machine, strategy, 1, lookahead);
    CHECK(counter(result, "tlb.first_level") == expected.first_level);
    CHECK(counter(result, "tlb.second_level") == expected.second_level);
    CHECK(counter(result, "tlb.walks") == expected.walks);
  }
}

TEST_CASE("Translations: a store that faulted is made by a walk, and three loads of each page hit") {
  // The store faults, and the retry walks: 16. Then 3 x 16 hits.
  check_counts("skylake", "generic-2.6.22", {48, 0, 16});
  // The fault handler preloads the hash table; the retry finds the entry by a walk of it.
  check_counts("ppc970", "ppc64-2.6.22", {48, 0, 16});
  // The miss handler fills, and the access is made again as a hit: 16 more.
  check_counts("ultrasparc-iiii", "sparc64-2013", {64, 0, 16});
}

TEST_CASE("Translations: what the first level is too small for, the second level translates") {
  // Four entries a core: each sequential load of 16 pages misses in the first level, and hits in the second.
  const std::string text =
      "kernel = \"2.6.22\"\nstrategy = \"generic-2.6.22\"\n[machine]\npreset = \"skylake\"\nsockets = 1\nthreads "
      "= 1\ncores = 1\n"
      "x86.dtlb_4k_sets = 1\nx86.dtlb_4k_ways = 4\n[workload]\nkind = \"script\"\n[[workload.region]]\nname = "
      "\"heap\"\npages = 16\n"
      "[[workload.task]]\nname = \"t\"\ncpu = 0\nops = [\"store heap; repeat 3 { load heap }\"]\n";
  const config::SearchPath search({std::string(MMULAB_SOURCE_DIR) + "/configs"});
  for (const char* lookahead : {"sim.lookahead=true", "sim.lookahead=false"}) {
    const RunResult result = lab::run(
        config::load_text(lab::schema(), "statistics.toml", text, {lookahead}, search), "statistics.toml", {});
    CHECK(counter(result, "tlb.first_level") == 0);
    CHECK(counter(result, "tlb.second_level") == 48);
    CHECK(counter(result, "tlb.walks") == 16);
  }
}

TEST_CASE("Lines: one core alone takes every line from memory, a second one also takes what the first has used") {
  const RunResult alone = run_one_task("skylake", "generic-2.6.22", 1, true);
  CHECK(counter(alone, "line.memory") == counter(alone, "memory.reads") + counter(alone, "memory.writes"));
  CHECK(counter(alone, "line.same_socket") + counter(alone, "line.cross_socket") == 0);
  // cpu 0 boots and wakes the task that runs on cpu 1.
  const RunResult two = run_one_task("skylake", "generic-2.6.22", 2, true);
  CHECK(counter(two, "line.same_socket") > 0);
  CHECK(counter(two, "line.cross_socket") == 0);
}

}  // namespace
}  // namespace mmulab
