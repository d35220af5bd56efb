// SPDX-License-Identifier: MIT
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "sim/cli/children.h"
#include "sim/cli/common_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"
#include "sim/cli/version.h"
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "sim/results/json.h"

namespace mmulab::cli {
namespace {

/// One strategy's configuration, or why there is none.
struct Plan {
  std::string strategy;
  std::optional<config::Values> values;
  std::string refusal;
};

bool is_known(const config::Schema& schema, const std::string& file, const std::string& strategy) {
  return config::SearchPath::beside(file).find("strategies", strategy).has_value() ||
         schema.built_in_presets("strategies").count(strategy) != 0;
}

bool loads(const config::Schema& schema, const std::string& file, const config::Overrides& overrides) {
  try {
    (void)config::load_file(schema, file, overrides);
    return true;
  } catch (const config::Error&) {
    return false;
  }
}

/// A configuration that no strategy makes right is the user's mistake and thrown; one that some strategy makes
/// right says that the others are not for this machine.
std::vector<Plan> plan(const config::Schema& schema, const std::string& file,
                       const std::vector<std::string>& strategies, const config::Overrides& overrides) {
  std::vector<Plan> plans;
  std::optional<config::Error> first;
  bool any = false;
  for (const auto& strategy : strategies) {
    config::Overrides own{"strategy=" + strategy};
    own.insert(own.end(), overrides.begin(), overrides.end());
    try {
      plans.push_back({strategy, config::load_file(schema, file, own), ""});
      any = true;
    } catch (const config::Error& error) {
      if (!is_known(schema, file, strategy)) throw;
      if (!first) first = error;
      plans.push_back({strategy, std::nullopt, error.problems().front().message});
    }
  }
  if (!any && !loads(schema, file, overrides)) throw config::Error(*first);
  return plans;
}

/// In the child. A configuration error is a refusal: the laboratory may know more than the schema.
ChildReply simulate(const Simulator& simulator, const config::Values& values, const std::string& file) {
  try {
    lab::RunControl control;
    control.interrupt = &InterruptGuard::flag();
    RunResult result = simulator.run(values, file, control);
    if (result.version.empty()) result.version = version();
    return {exit_clean, to_json(result)};
  } catch (const config::Error& error) {
    return {exit_usage, error.problems().front().message};
  } catch (const std::exception& error) {
    return {exit_internal, error.what()};
  } catch (...) {
    return {exit_internal, "an exception of unknown type"};
  }
}

void fill(ComparisonPoint& point, const ChildEnd& end) {
  point.outcome = PointOutcome::failed;
  point.reason = end.trouble;
  if (!end.exited) return;
  if (end.reply.code != exit_clean) {
    if (end.reply.code == exit_usage) point.outcome = PointOutcome::refused;
    point.reason = end.reply.text.empty() ? fmt::format("its process ended with exit code {}", end.reply.code)
                                          : end.reply.text;
    return;
  }
  const auto summary = read_summary(end.reply.text);
  if (!summary) {
    point.reason = "its result was cut short";
    return;
  }
  point.outcome = PointOutcome::ran;
  point.json = end.reply.text;
  point.summary = *summary;
}

std::vector<ComparisonPoint> run_all(const std::vector<Plan>& plans, const Arguments& arguments, Streams& streams,
                                     const Simulator& simulator) {
  std::vector<ComparisonPoint> points;
  std::vector<std::function<ChildReply()>> work;
  std::vector<std::size_t> point_of_work;
  const std::string& file = arguments.positionals().front();
  for (const Plan& plan : plans) {
    points.push_back({plan.strategy, PointOutcome::refused, plan.refusal, "", {}});
    if (!plan.values) continue;
    point_of_work.push_back(points.size() - 1);
    work.emplace_back([&simulator, &plan, &file] { return simulate(simulator, *plan.values, file); });
  }
  ChildOptions options;
  options.jobs = arguments.number("jobs").value_or(std::max(1U, std::thread::hardware_concurrency()));
  options.timeout_seconds = arguments.number("timeout");
  options.interrupt = &InterruptGuard::flag();
  if (streams.err_is_terminal)
    options.on_done = [&](std::size_t done) {
      streams.err << fmt::format("\r{} of {} strategies", done, work.size()) << (done == work.size() ? "\n" : "")
                  << std::flush;
    };
  const auto ends = run_in_children(work, options);
  for (std::size_t i = 0; i < ends.size(); ++i) fill(points[point_of_work[i]], ends[i]);
  return points;
}

int compare(const Arguments& arguments, Streams& streams, const Simulator& simulator) {
  const auto& operands = arguments.positionals();
  const JsonOutput json(arguments.text("json"));
  const auto plans =
      plan(lab::schema(), operands.front(), {operands.begin() + 1, operands.end()}, arguments.all("set"));
  Comparison comparison;
  comparison.title = operands.front();
  comparison.file = operands.front();
  comparison.version = version();
  const InterruptGuard interrupt;
  comparison.points = run_all(plans, arguments, streams, simulator);
  json.talk(streams) << comparison_table(comparison, json.talk_color(streams)) << std::flush;
  if (json.wanted()) json.write(to_json(comparison), streams);
  if (InterruptGuard::flag().load()) return exit_interrupted;
  return all_decided(comparison) ? exit_clean : exit_undecided;
}

}  // namespace

Verb compare_verb(const Simulator& simulator) {
  Verb verb;
  verb.name = "compare";
  verb.help = "Simulate one configuration under several strategies: safety and cost in one table";
  verb.details =
      "  mmulab compare FILE ppc64-2.6.20 ppc64-2.6.22 safe-deferral\n\n"
      "Each strategy runs in a process of its own. One that is not defined on the configured machine is\n"
      "listed as refused, with the reason. Ends with 0 if every strategy was decided, whatever its verdict,\n"
      "else with 3.\n";
  add_set(verb.options.operands("FILE STRATEGY...", 2, SIZE_MAX));
  add_json(verb.options);
  add_plugin(verb.options);
  verb.options.number("jobs", "Run so many at a time; by default one a core of this computer");
  verb.options.number("timeout", "Give up a strategy after so many seconds");
  verb.act = [simulator](const Arguments& arguments, Streams& streams) {
    return compare(arguments, streams, simulator);
  };
  return verb;
}

}  // namespace mmulab::cli
