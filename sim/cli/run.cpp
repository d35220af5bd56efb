// SPDX-License-Identifier: MIT
#include <ostream>

#include "sim/cli/common_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/progress.h"
#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"
#include "sim/cli/version.h"
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "sim/results/json.h"
#include "sim/results/report.h"

namespace mmulab::cli {
namespace {

std::optional<std::string> json_target(const Arguments& arguments, const config::Values& values) {
  if (const auto given = arguments.text("json")) return given;
  if (values.contains("output.json")) return values.text("output.json");
  return {};
}

/// The cycle at which the run ends at the latest.
Cycle last_cycle(const config::Values& values, Cycle until) {
  if (!values.contains("sim.max_cycles")) return until;
  return std::min(until, Cycle{values.integer("sim.max_cycles")});
}

RunResult simulate(const Arguments& arguments, const config::Values& values, const Simulator& simulator,
                   Streams& streams) {
  lab::RunControl control;
  control.until = Cycle{arguments.number("until").value_or(never.raw())};
  control.log_from = Cycle{arguments.number("log-from").value_or(never.raw())};
  if (arguments.number("log-from")) control.log = &streams.err;
  const InterruptGuard interrupt;
  control.interrupt = &InterruptGuard::flag();
  ProgressLine progress(streams.err, last_cycle(values, control.until));
  if (streams.err_is_terminal && control.log == nullptr && values.flag("output.progress"))
    control.heartbeat = [&](Cycle now) { progress.beat(now); };
  RunResult result = simulator.run(values, arguments.positionals().front(), control);
  progress.clear();
  if (result.version.empty()) result.version = version();
  return result;
}

int run(const Arguments& arguments, Streams& streams, const Simulator& simulator) {
  const auto values = config::load_file(lab::schema(), arguments.positionals().front(), arguments.all("set"));
  const JsonOutput json(json_target(arguments, values));
  const RunResult result = simulate(arguments, values, simulator, streams);
  const bool expect = arguments.has("expect");
  json.talk(streams) << report(result, json.talk_color(streams),
                               expect ? Expectations::judged : Expectations::remarked)
                     << std::flush;
  if (json.wanted()) json.write(to_json(result), streams);
  return exit_code(result, expect);
}

}  // namespace

Verb run_verb(const Simulator& simulator) {
  Verb verb;
  verb.name = "run";
  verb.help = "Simulate one configuration to the cycle, and report";
  verb.details =
      "  mmulab run FILE                       a report for people\n"
      "  mmulab run FILE --json -              JSON on stdout, the report on stderr\n"
      "  mmulab run FILE --set sim.seed=2      another seed\n"
      "  mmulab run FILE --log-from 48000      every event from a cycle on, on stderr\n\n"
      "Ends with 0 if clean, 1 if violated or vacuous, 3 if a limit of the configuration cut it. With --expect:\n"
      "0 if exactly the violations occurred that the file expects. SIGINT ends the run early and keeps its\n"
      "results (130). docs/results.md explains the report and the JSON.\n";
  add_set(verb.options.operands("FILE", 1, 1));
  add_json(verb.options);
  add_until(verb.options);
  add_log_from(verb.options);
  add_expect(verb.options);
  add_plugin(verb.options);
  verb.act = [simulator](const Arguments& arguments, Streams& streams) {
    return run(arguments, streams, simulator);
  };
  return verb;
}

}  // namespace mmulab::cli
