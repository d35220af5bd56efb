// SPDX-License-Identifier: MIT
#include <ostream>

#include "sim/cli/common_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/matrix.h"
#include "sim/cli/verb.h"
#include "sim/cli/version.h"
#include "sim/config/load.h"
#include "sim/lab/check.h"
#include "sim/lab/schema.h"
#include "sim/results/report.h"
#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

/// Options that are keys of the configuration, so that both mean the same.
struct KeyOption {
  const char* option;
  const char* key;
};
constexpr KeyOption key_options[] = {{"engine", "check.engine"},          {"bound", "check.switches_max"},
                                     {"max-states", "check.states_max"},  {"max-time", "check.seconds_max"},
                                     {"max-memory", "check.memory_max_mib"}, {"seed", "sim.seed"}};

config::Overrides overrides(const Arguments& arguments) {
  config::Overrides all = arguments.all("set");
  for (const KeyOption& o : key_options)
    if (const auto given = arguments.text(o.option)) all.push_back(std::string(o.key) + "=" + *given);
  return all;
}

void refuse_jobs(const Arguments& arguments) {
  const std::uint64_t jobs = arguments.number("jobs").value_or(1);
  if (jobs == 0) throw config::Error(config::diagnose({}, "--jobs 0 explores nothing", "give at least 1"));
  if (jobs == 1 || arguments.has("matrix")) return;
  throw config::Error(config::diagnose({}, "every engine runs in one process: its result would depend on the jobs",
                                       "leave --jobs out, or run several configurations at once"));
}

/// FILE, or FILE.2, FILE.3 where there are several.
void write_schedules(CheckResult& result, const std::string& file) {
  for (std::size_t i = 0; i < result.counterexamples.size(); ++i) {
    ToldCounterexample& c = result.counterexamples[i];
    const std::string name = i == 0 ? file : file + "." + std::to_string(i + 1);
    write_whole(name, c.schedule);
    c.schedule_file = name;
  }
}

void refuse_matrix_options(const Arguments& arguments) {
  for (const char* option : {"output", "only", "record"})
    if (arguments.has(option))
      throw config::Error(config::diagnose({}, std::string("--") + option + " is for --matrix", "add --matrix"));
  if (arguments.positionals().empty())
    throw config::Error(config::diagnose({}, "an operand is missing: FILE", "name a configuration, or add --matrix"));
}

int check(const Arguments& arguments, Streams& streams) {
  refuse_jobs(arguments);
  if (arguments.has("matrix")) return check_matrix(arguments, overrides(arguments), streams);
  refuse_matrix_options(arguments);
  lab::CheckControl control;
  control.overrides = arguments.all("set");
  control.expect = arguments.has("expect");
  control.orders = arguments.has("coverage");
  const std::string& file = arguments.positionals().front();
  const auto values = config::load_file(lab::schema(), file, overrides(arguments));
  std::optional<std::string> target = arguments.text("json");
  if (!target && values.contains("output.json")) target = values.text("output.json");
  const JsonOutput json(target);
  const InterruptGuard interrupt;
  control.interrupt = &InterruptGuard::flag();
  CheckResult result = lab::check(values, file, control);
  result.version = version();
  if (const auto schedule = arguments.text("schedule")) write_schedules(result, *schedule);
  json.talk(streams) << report(result, json.talk_color(streams)) << std::flush;
  if (json.wanted()) json.write(to_json(result), streams);
  return exit_code(result, control.expect);
}

/// What it says of the configuration's steps holds for that configuration alone; with --set the user asks for another.
void refuse_other_scenario(const Schedule& schedule, const std::string& file, const config::Values& values) {
  if (schedule.config_hash == values.config_hash()) return;
  config::Diagnostic problem;
  problem.file = file;
  problem.line = schedule.config_line;
  problem.column = 1;
  problem.message = "the schedule belongs to another configuration";
  problem.source_line = schedule.config_hash.empty() ? "" : "config " + schedule.config_hash;
  problem.hint = schedule.scenario + " is " + values.config_hash() +
                 " now; `mmulab check` finds a new schedule, and --set performs this one nevertheless";
  throw config::Error(problem);
}

int replay(const Arguments& arguments, Streams& streams) {
  const std::string& file = arguments.positionals().front();
  const Schedule schedule = read_schedule(config::read_source(file)->text, file);
  std::vector<std::string> set = schedule.overrides;
  for (const std::string& more : arguments.all("set")) set.push_back(more);
  const auto values = config::load_file(lab::schema(), schedule.scenario, set);
  if (arguments.all("set").empty()) refuse_other_scenario(schedule, file, values);
  const std::uint64_t break_at = arguments.number("break-at").value_or(0);
  if (arguments.has("break-at") && arguments.has("timed"))
    throw config::Error(config::diagnose({}, "--break-at counts explored steps; the timed machine has cycles",
                                         "leave --timed out"));
  if (break_at > schedule.steps.size() || (break_at == 0 && arguments.has("break-at")))
    throw config::Error(config::diagnose({}, "the schedule has no step " + std::to_string(break_at),
                                         "it has " + std::to_string(schedule.steps.size())));
  if (arguments.has("timed")) {
    // The explored machine says where it is stale.
    static_cast<void>(lab::replay(values, schedule.scenario, schedule, file, 0));
    RunResult timed = lab::replay_timed(values, schedule.scenario, schedule, lab::RunControl{});
    timed.version = version();
    streams.out << report(timed, streams.out_color) << std::flush;
    return exit_code(timed, false);
  }
  CheckResult result = lab::replay(values, schedule.scenario, schedule, file, break_at);
  result.counterexamples.front().schedule_file = file;
  streams.out << report(result, streams.out_color) << std::flush;
  return exit_code(result, false);
}

}  // namespace

Verb check_verb() {
  Verb verb;
  verb.name = "check";
  verb.help = "Explore every interleaving of a configuration: a proof, or a counterexample";
  verb.details =
      "  mmulab check FILE                     proves it, or shows the shortest story it finds\n"
      "  mmulab check FILE --schedule S        writes the counterexample's schedule, for `mmulab replay S`\n"
      "  mmulab check FILE --bound 2           only schedules with at most two context switches\n"
      "  mmulab check FILE --engine bfs        a shortest schedule, or how deep it has looked\n"
      "  mmulab check --matrix                 every strategy, architecture and caller: docs/verdicts.md\n\n"
      "Ends with 0 if proved (within the bound, if one is given), 1 if violated or vacuous, 3 if a budget was\n"
      "used up before. With --expect it looks for every violation that the file lists. docs/check.md explains.\n";
  add_matrix(add_set(verb.options.operands("FILE", 0, 1)));
  add_json(verb.options);
  add_expect(verb.options);
  add_plugin(verb.options);
  verb.options.text("engine", "NAME", "auto, bfs, dfs, dpor, pct, random, urw (check.engine)")
      .text("bound", "K", "At most so many context switches (check.switches_max)")
      .text("max-states", "N", "Budget of states (check.states_max)")
      .text("max-time", "SECONDS", "Budget of wall time (check.seconds_max)")
      .text("max-memory", "MIB", "Budget of memory (check.memory_max_mib)")
      .text("seed", "N", "Seed of the random engines (sim.seed)")
      .number("jobs", "Cells at a time of --matrix; else only 1: every engine runs in one process")
      .text("schedule", "FILE", "Write the counterexample's schedule there")
      .flag("coverage", "Say in which orders dependent steps followed each other");
  for (const KeyOption& o : key_options) verb.options.stands_for(o.option, o.key);
  verb.act = check;
  return verb;
}

Verb replay_verb() {
  Verb verb;
  verb.name = "replay";
  verb.help = "Perform a recorded schedule again, step by step";
  verb.details =
      "  mmulab replay SCHEDULE                the counterexample, as `check` told it\n"
      "  mmulab replay SCHEDULE --timed        in the timed machine, with cycles\n"
      "  gdb --args mmulab replay SCHEDULE --break-at 17    stops before step 17\n\n"
      "A schedule that the model no longer follows is refused, at the step where it differs (2).\n";
  add_set(verb.options.operands("SCHEDULE", 1, 1));
  add_plugin(verb.options);
  verb.options.flag("timed", "In the timed machine, which follows the schedule: with cycles");
  verb.options.number("break-at", "Stop for a debugger before this step (SIGTRAP)");
  verb.act = replay;
  return verb;
}

}  // namespace mmulab::cli
