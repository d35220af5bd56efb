// SPDX-License-Identifier: MIT
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "sim/cli/common_options.h"
#include "sim/cli/configured_work.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/matrix.h"
#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"
#include "sim/cli/version.h"
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "sim/results/json.h"

namespace mmulab::cli {
namespace {

/// Budget of states for a strategy's exploration, unless another one is asked for.
constexpr std::uint64_t twin_states = 600'000;

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

ChildReply simulate(const Simulator& simulator, const config::Values& values, const std::string& file) {
  return reply_of([&] {
    lab::RunControl control;
    control.interrupt = &InterruptGuard::flag();
    RunResult result = simulator.run(values, file, control);
    if (result.version.empty()) result.version = version();
    return to_json(result);
  });
}

void fill(ComparisonPoint& point, const ChildEnd& end) {
  const WorkResult result = result_of(end);
  point.outcome = result.kind == WorkResult::Kind::refused ? PointOutcome::refused : PointOutcome::failed;
  point.reason = result.text;
  if (result.kind != WorkResult::Kind::made) return;
  const auto summary = read_summary(result.text);
  point.reason = summary ? "" : "its result was cut short";
  if (!summary) return;
  point.outcome = PointOutcome::ran;
  point.json = result.text;
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
  ChildOptions options = child_options(arguments, streams, work.size(), "strategies");
  options.timeout_seconds = arguments.number("timeout");
  const auto ends = run_in_children(work, options);
  for (std::size_t i = 0; i < ends.size(); ++i) fill(points[point_of_work[i]], ends[i]);
  return points;
}

/// X-small.toml beside X.toml is its twin for exploration; without one, the scenario itself is explored.
std::string explored_twin(const std::string& file) {
  const std::filesystem::path path(file);
  const auto twin = path.parent_path() / (path.stem().string() + "-small.toml");
  std::error_code failure;
  return std::filesystem::exists(twin, failure) ? twin.string() : file;
}

/// Every interleaving of the twin, under each strategy that the scenario itself could be run with.
void check_all(Comparison& comparison, const Arguments& arguments, Streams& streams) {
  config::Overrides more = arguments.all("set");
  more.push_back("check.states_max=" + std::to_string(arguments.number("max-states").value_or(twin_states)));
  std::vector<std::string> names;
  for (const auto& point : comparison.points) names.push_back(point.strategy);
  const auto plans = plan(lab::schema(), comparison.checked_file, names, more);
  std::vector<std::function<ChildReply()>> work;
  std::vector<std::size_t> point_of_work;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    MatrixCell& cell = comparison.points[i].checked.emplace();
    cell.outcome = CellOutcome::absent;
    cell.reason = plans[i].refusal;
    if (!plans[i].values) continue;
    point_of_work.push_back(i);
    work.emplace_back([&plans, &comparison, i] { return explore_in_child(*plans[i].values, comparison.checked_file); });
  }
  ChildOptions options = child_options(arguments, streams, work.size(), "proofs");
  options.timeout_seconds = arguments.number("timeout");
  const auto ends = run_in_children(work, options);
  for (std::size_t i = 0; i < ends.size(); ++i) fill_cell(*comparison.points[point_of_work[i]].checked, ends[i]);
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
  if (arguments.has("check") && !InterruptGuard::flag().load()) {
    comparison.checked_file = explored_twin(operands.front());
    check_all(comparison, arguments, streams);
  }
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
      "listed as refused, with the reason. With --check every interleaving of FILE's small twin (X-small.toml beside\n"
      "X.toml; else FILE itself) is explored too, and the proof stands beside the cost.\n"
      "Ends with 0 if every strategy was decided, whatever its verdict,\n"
      "else with 3.\n";
  add_set(verb.options.operands("FILE STRATEGY...", 2, SIZE_MAX));
  add_json(verb.options);
  add_plugin(verb.options);
  verb.options.flag("check", "Explore every interleaving under each strategy, too");
  verb.options.number("max-states", "With --check: budget of states for each strategy");
  verb.options.number("jobs", "Run so many at a time; by default one a core of this computer");
  verb.options.number("timeout", "Give up a strategy after so many seconds");
  verb.act = [simulator](const Arguments& arguments, Streams& streams) {
    return compare(arguments, streams, simulator);
  };
  return verb;
}

}  // namespace mmulab::cli
