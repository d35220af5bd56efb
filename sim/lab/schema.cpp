// SPDX-License-Identifier: MIT
#include "sim/lab/schema.h"

#include "models/gather/config.h"
#include "models/machine/config.h"
#include "models/mm/config.h"
#include "models/ppc64/params.h"
#include "sim/lab/architecture.h"
#include "workloads/plan.h"

namespace mmulab::lab {
namespace {

void describe_run(config::Schema& s) {
  auto sim = s.section("sim", "How the simulation runs");
  sim.integer("seed").default_to(1).help("Seed of every random stream");
  sim.flag("lookahead").default_to(true).host_only().help("Let a core run ahead while nothing else can matter");
  sim.choice("on_violation", {"stop", "count"}).default_to("stop").help("Stop at the first violation, or count them");
  sim.integer("low_confidence_percent").default_to(100).range(1, 10000).unit("%").help(
      "Scales every constant of low confidence: 50 and 200 show what a result owes to them");
  sim.integer("max_cycles").range(1, INT64_MAX).unit("cycles").help("Cut the run there, undecided");

  auto check = s.section("check", "How `check` explores");
  check.choice("engine", {"auto", "bfs", "dfs", "dpor", "pct", "random", "urw"}).default_to("auto").host_only().help(
      "Which engine searches; auto proves if the states suffice, else bounds the switches, else tries at random");
  check.choice("memory", {"sc", "tso", "pso"})
      .default_to("sc")
      .help("Memory model: sequentially consistent, or a store buffer a cpu: one queue (tso), or one a location (pso)");
  check.integer("store_buffer")
      .default_to(8)
      .range(1, 16)
      .unit("stores")
      .help("tso, pso: stores that wait in one cpu's buffer at most");
  check.choice("tlb", {"on-demand", "explicit", "may-set"})
      .default_to("on-demand")
      .help("What TLBs do beside what accesses ask for: nothing; fill by speculation and evict, as moves at any "
            "moment (ppc64: evict); or no moves, but accesses meet whatever those could have left behind");
  check.integer("states_max")
      .default_to(3'000'000)
      .range(1, INT64_MAX)
      .host_only()
      .help("Budget of states for one engine; of executions for dpor, which keeps no states");
  check.integer("steps_max").range(1, INT64_MAX).host_only().help("Budget of steps for one engine");
  check.integer("seconds_max").range(1, INT64_MAX).host_only().unit("s").help("Budget of wall time for one engine");
  check.integer("memory_max_mib").default_to(4096).range(1, 1 << 20).host_only().unit("MiB").help(
      "Budget of memory for what an engine remembers");
  check.integer("switches_max").range(0, 250).host_only().help(
      "Only schedules with so many switches away from a cpu that could go on");
  check.integer("schedules")
      .default_to(20'000)
      .range(1, INT64_MAX)
      .host_only()
      .help("Schedules of pct, random and urw");
  check.integer("pct_depth")
      .default_to(3)
      .range(1, 16)
      .host_only()
      .help("pct: depth of the bug, changes of priority + 1");
  check.flag("rename").default_to(true).host_only().help(
      "Take for one the states that differ only by the names of cpus whose tasks do the same (ppc64)");
  check.flag("reduce").default_to(true).host_only().help("Perform at once the steps that nobody else can notice");

  auto top = s.section("");
  top.text("base").host_only().help("File that this one begins from, relative to this one; its own keys are laid over");
  top.texts("invariants").help("Invariants to check; all that apply when absent, nothing is watched when empty");
  top.texts("goals").help("Situations that must come up at least once");

  auto expect = s.tables("expect", "A violation that the scenario is known for");
  expect.text("invariant").required().help("The invariant that is violated");
  expect.text("class").help("The bare id of the violation's class, such as D1");
  expect.text("why").help("Why it is expected");

  auto output = s.section("output", "Where results go");
  output.text("json").host_only().help("File for the JSON result, or - for standard output");
  output.flag("progress").default_to(true).host_only().help("Report progress on standard error");
}

void describe_sweep(config::Schema& s) {
  constexpr std::uint64_t repeats_max = 1'000'000;
  auto sweep = s.section("sweep", "What `mmulab sweep` varies");
  sweep.choice("verb", {"run", "check"}).default_to("run").host_only().help("What is done at every point");
  sweep.texts("vary").default_to_texts({}).host_only().help(
      "Axes, the first one slowest: KEY=VALUE,VALUE or KEY=FROM..TO, or +STEP or *FACTOR after it; KEY=.. & KEY=.. go "
      "together");
  sweep.texts("exclude").default_to_texts({}).host_only().help(
      "Points to leave out: AXIS=VALUE,VALUE & AXIS=VALUE,VALUE, all of which hold");
  sweep.integer("repeats").default_to(1).range(1, repeats_max).host_only().help(
      "Repeat every point with so many seeds, from sim.seed on");
  sweep.integer("seconds_max").range(1, INT64_MAX).host_only().unit("s").help("Give up a point after so long");
  sweep.integer("memory_max_mib").range(1, 1 << 20).host_only().unit("MiB").help(
      "Give up a point that needs so much memory");
}

/// A strategy's batch must fit what the architecture's port can take at once.
void batch_fits_port(const config::Values& v, const config::Complain& complain) {
  const std::uint64_t entries = v.integer("strategy.batch_entries");
  const std::string& arch = v.text("machine.arch");
  if (arch == "ppc64" && entries > ppc64_batch_entries_max)
    complain("strategy.batch_entries", fmt::format("ppc64 flushes at most {} entries at once", ppc64_batch_entries_max),
             "set strategy.batch_entries = 192");
  const bool copied = !v.flag("strategy.wait") && !v.flag("strategy.by_reference");
  if (arch == "sparc64" && copied && entries > v.integer("kernel.sparc64.posted_entries"))
    complain("strategy.batch_entries", "a batch does not fit a posted request",
             fmt::format("at most kernel.sparc64.posted_entries, {}", v.integer("kernel.sparc64.posted_entries")));
}

/// Not where software alone fills TLBs.
void tlb_can_act(const config::Values& v, const config::Complain& complain) {
  const std::string& tlb = v.text("check.tlb");
  const std::string& arch = v.text("machine.arch");
  if (tlb == "on-demand") return;
  const bool walks_tables = arch == "x86" || arch == "tagged";
  if (arch == "sparc64") complain("check.tlb", "software alone fills sparc64's TLBs", "set check.tlb = \"on-demand\"");
  if (tlb == "explicit" && v.text("check.engine") == "dpor")
    complain("check.tlb", "dpor does not see whose judgement a silent eviction changes",
             "set check.engine = \"dfs\", or check.tlb = \"may-set\"");
  constexpr std::uint64_t pages_max = 4096;
  if (walks_tables && table_geometry(v).user_pages().raw() > pages_max)
    complain("check.tlb", "what TLBs do by themselves is explored in small address spaces",
             "set machine.table_bits so that there are at most 4096 pages, as the tiny machines do");
}

}  // namespace

config::Schema schema() {
  config::Schema s;
  describe_machine(s);
  for (const auto* architecture : architectures().entries()) architecture->make.describe(s);
  describe_kernel(s);
  describe_strategy(s);
  workload::describe_workload(s);
  describe_run(s);
  describe_sweep(s);
  s.rule(batch_fits_port);
  s.rule(tlb_can_act);
  return s;
}

}  // namespace mmulab::lab
