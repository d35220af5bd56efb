// SPDX-License-Identifier: MIT
#include "sim/lab/schema.h"

namespace mmulab::lab {
namespace {

void describe_presets(config::Schema& s) {
  auto machine = s.section("machine", "The simulated hardware").presets("machines");
  machine.choice("arch", {"x86", "ppc64", "sparc64"}).required().help("Architecture of the MMU");
  machine.integer("sockets").default_to(1).range(1, 64).help("Sockets of the machine");
  machine.integer("cores").default_to(2).range(1, 1024).help("Cores of a socket");
  machine.integer("threads").default_to(1).range(1, 8).help(
      "Hardware threads of a core, each a cpu to the kernel");
  machine.integer("frequency_mhz")
      .default_to(2000)
      .range(1, 10000)
      .unit("MHz")
      .help("Core clock; converts ns to cycles");

  auto kernel = s.section("kernel", "The kernel whose calls run").presets("kernels");
  kernel.choice("version", {"2.6.20", "2.6.22", "modern"}).required().help("Which kernel's rules apply");

  auto strategy = s.section("strategy", "How translations are torn down").presets("strategies");
  strategy.text("reclaim").help("Strategy of reclaim, beside the gather");
  strategy.text("invalidator").help("What carries invalidations to other cpus");

  s.section("workload", "What the tasks do").presets("workloads");
}

void describe_run(config::Schema& s) {
  auto sim = s.section("sim", "How the simulation runs");
  sim.integer("seed").default_to(1).help("Seed of every random stream");
  sim.flag("lookahead")
      .default_to(true)
      .host_only()
      .help("Let a core run ahead while nothing else can matter");
  sim.choice("on_violation", {"stop", "count"})
      .default_to("stop")
      .help("Stop at the first violation, or count them");
  sim.integer("max_cycles").range(1, INT64_MAX).unit("cycles").help("Cut the run there, undecided");

  auto top = s.section("");
  top.texts("invariants").help("Invariants to check; all that apply when absent");
  top.texts("goals").help("Situations that must come up at least once");

  auto expect = s.tables("expect", "A violation that the scenario is known for");
  expect.text("invariant").required().help("The invariant that is violated");
  expect.text("class").help("The bare id of the violation's class, such as D1");
  expect.text("why").help("Why it is expected");

  auto output = s.section("output", "Where results go");
  output.text("json").host_only().help("File for the JSON result, or - for standard output");
  output.flag("progress").default_to(true).host_only().help("Report progress on standard error");
}

}  // namespace

config::Schema schema() {
  config::Schema s;
  describe_presets(s);
  describe_run(s);
  return s;
}

}  // namespace mmulab::lab
