// SPDX-License-Identifier: MIT
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "sim/cli/common_options.h"
#include "sim/cli/configured_work.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/progress.h"
#include "sim/cli/simulator.h"
#include "sim/cli/sweep_batch.h"
#include "sim/cli/sweep_work.h"
#include "sim/cli/verb.h"
#include "sim/cli/version.h"
#include "sim/lab/schema.h"
#include "sim/results/quantity.h"

namespace mmulab::cli {
namespace {

/// Points that are tried to say how long a sweep takes, and for how long each at most.
constexpr std::uint64_t tried_seconds = 10;

std::optional<std::uint64_t> limit(const Arguments& arguments, const char* option, const sweep::Plan& plan,
                                   const char* key) {
  if (const auto given = arguments.number(option)) return given;
  if (plan.sketch().contains(key)) return plan.sketch().integer(key);
  return {};
}

ChildOptions options_of(const Arguments& arguments, Streams& streams, const sweep::Plan& plan) {
  ChildOptions options = child_options(arguments, streams, 0, "points");
  options.on_done = {};
  options.timeout_seconds = limit(arguments, "timeout", plan, "sweep.seconds_max");
  options.memory_mib = limit(arguments, "max-memory", plan, "sweep.memory_max_mib");
  for (const char* option : {"jobs", "timeout", "max-memory"})
    if (arguments.number(option) == std::uint64_t{0})
      throw config::Error(config::diagnose({}, fmt::format("--{} 0 lets no point run", option), "give at least 1"));
  return options;
}

std::string folder_of(const Arguments& arguments) {
  if (const auto given = arguments.text("output")) return *given;
  return std::filesystem::path(arguments.positionals().front()).stem().string() + ".sweep";
}

std::uint64_t points_of(const sweep::Plan& plan, const sweep::Shard& shard) {
  return (plan.points() + shard.count - shard.index) / shard.count;
}

std::string line_of(const sweep::Point& point) {
  std::string line = fmt::format("{}", point.number);
  for (const auto& [key, value] : point.parameters) line += fmt::format("  {}={}", key, value);
  return line;
}

struct Estimate {
  double seconds = 0;  // of a point
  std::string grounds;
};

/// What the folder's log says; else the first, the middle and the last point are tried.
Estimate estimate(const sweep::Plan& plan, const std::string& file, const std::string& folder, ChildOptions options,
                  const Simulator& simulator) {
  Estimate found;
  const auto logged = sweep::logged_seconds(folder);
  for (const double seconds : logged) found.seconds += seconds / static_cast<double>(logged.size());
  if (!logged.empty()) {
    found.grounds = fmt::format("the mean of {} points in {}", logged.size(), folder);
    return found;
  }
  std::vector<ChildWork> work;
  sweep::Points points(plan);
  while (const auto point = points.next()) {
    if (point->number != 1 && point->number != (plan.points() + 1) / 2 && point->number != plan.points()) continue;
    auto settled = plan.settle(*point);
    if (settled.values)
      work.emplace_back([&, s = std::move(settled)] {
        return reply_of([&] { return make_point(s, plan.record().verb, file, simulator).json; });
      });
  }
  options.timeout_seconds = tried_seconds;
  options.complaint_bytes = 1;
  options.jobs = 1;
  bool cut = false;
  for (const ChildEnd& end : run_in_children(work, options)) {
    found.seconds += end.seconds / static_cast<double>(work.size());
    cut = cut || !end.exited;
  }
  found.grounds = fmt::format("the first, middle and last point, tried now{}",
                              cut ? ", of which one took too long: a lower bound" : "");
  return found;
}

/// As many as asked for, else as a cluster's tasks should have.
std::uint64_t shards_of(const Arguments& arguments, const sweep::Plan& plan) {
  const std::uint64_t shards = arguments.number("shards").value_or(shards_for(plan.points()));
  if (shards == 0 || shards > plan.points())
    throw config::Error(config::diagnose({}, fmt::format("{} points cannot be in {} shards", plan.points(), shards)));
  return shards;
}

/// How --slurm and --emit would share the points out.
std::string shards_line(std::uint64_t points, std::uint64_t shards, double seconds_of_point) {
  const std::uint64_t least = points / shards, most = (points + shards - 1) / shards;
  return fmt::format("{} {} of {}{} points, about {} each with --jobs 1: --shard i/{} takes points i, i+{}, ...; "
                     "all may share one --output\n",
                     shards, shards == 1 ? "shard" : "shards", grouped(least),
                     most == least ? "" : " or " + grouped(most),
                     duration_text(seconds_of_point * static_cast<double>(most)), shards, shards);
}

int dry_run(const Arguments& arguments, Streams& streams, const sweep::Plan& plan, const Simulator& simulator) {
  const std::string& file = arguments.positionals().front();
  const auto shard = arguments.has("shard") ? sweep::parse_shard(*arguments.text("shard")) : sweep::Shard{};
  const ChildOptions options = options_of(arguments, streams, plan);
  const std::uint64_t shards = shards_of(arguments, plan);
  sweep::Points points(plan);
  while (const auto point = points.next())
    if (shard.takes(point->number)) streams.out << line_of(*point) << "\n";
  streams.out.flush();
  const InterruptGuard interrupt;
  const Estimate found = estimate(plan, file, folder_of(arguments), options, simulator);
  const std::uint64_t count = points_of(plan, shard);
  const double total = found.seconds * static_cast<double>(count) / static_cast<double>(options.jobs);
  streams.err << fmt::format("{} points of `{}`{}, about {} with --jobs {} ({})\n", grouped(count), plan.record().verb,
                             shard.whole() ? "" : fmt::format(" in shard {}/{}", shard.index, shard.count),
                             duration_text(total), options.jobs, found.grounds);
  if (shard.whole()) streams.err << shards_line(count, shards, found.seconds);
  return exit_clean;
}

void tell(const SweepTally& tally, const sweep::Store& store, std::uint64_t total, Streams& streams) {
  for (const std::string& trouble : tally.troubles) streams.err << trouble << "\n";
  std::string line = fmt::format(
      "{} points in {}: {} clean, {} violated or vacuous, {} undecided, {} refused, {} failed", grouped(tally.points()),
      store.folder(), grouped(tally.clean), grouped(tally.violated), grouped(tally.undecided), grouped(tally.refused),
      grouped(tally.failed));
  if (tally.kept > 0 || tally.damaged > 0 || tally.retried > 0)
    line += fmt::format("; {} kept{}, {} made again after failing, {} after damage", grouped(tally.kept),
                        tally.renamed == 0 ? "" : fmt::format(" ({} from other parameters)", grouped(tally.renamed)),
                        grouped(tally.retried), grouped(tally.damaged));
  if (tally.points() < total)
    line += fmt::format("; {} not done: --resume goes on from here", grouped(total - tally.points()));
  streams.out << line << "\n" << std::flush;
}

SweepProgress::Style style_of(const Streams& streams, const sweep::Plan& plan) {
  if (!plan.sketch().flag("output.progress")) return SweepProgress::Style::none;
  return streams.err_is_terminal ? SweepProgress::Style::line : SweepProgress::Style::log;
}

int sweep_points(const Arguments& arguments, Streams& streams, const sweep::Plan& plan, const Simulator& simulator) {
  const auto shard = arguments.has("shard") ? sweep::parse_shard(*arguments.text("shard")) : sweep::Shard{};
  const ChildOptions options = options_of(arguments, streams, plan);
  const std::uint64_t total = points_of(plan, shard);
  sweep::Store store(folder_of(arguments), plan.record(),
                     arguments.has("resume") ? sweep::Begin::resume : sweep::Begin::anew, shard);
  for (const std::string& change : store.changes()) streams.err << "changed since: " << change << "\n";
  if (!store.changes().empty()) streams.err << "Points that are still in the plan are kept, and none is deleted\n";
  const InterruptGuard interrupt;
  SweepProgress progress(streams.err, style_of(streams, plan), total, ProgressLine::wall_clock());
  sweep::Rankings rankings;
  std::function<void(const sweep::PointRecord&)> on_record;
  if (arguments.has("vary-confidence"))
    on_record = [&](const sweep::PointRecord& record) { rankings.add(record); };
  SweepWork work({plan, store, simulator, arguments.positionals().front()}, shard, options, progress, on_record);
  work.run();
  tell(work.tally(), store, total, streams);
  if (on_record && shard.whole() && work.tally().points() == total) streams.out << rankings.text() << std::flush;
  if (InterruptGuard::flag().load()) return exit_interrupted;
  return work.tally().failed > 0 ? exit_undecided : exit_clean;
}

/// Words that name the same sweep again, wherever they are said.
std::vector<std::string> words_of(const Arguments& arguments) {
  std::error_code failure;
  std::vector<std::string> words = {std::filesystem::read_symlink("/proc/self/exe", failure).string(), "sweep",
                                    arguments.positionals().front(), "--output", folder_of(arguments)};
  for (const char* option : {"set", "vary", "plugin"})
    for (const auto& value : arguments.all(option)) words.insert(words.end(), {std::string("--") + option, value});
  for (const char* option : {"vary-confidence", "timeout", "max-memory"})
    if (const auto value = arguments.text(option)) words.insert(words.end(), {std::string("--") + option, *value});
  return words;
}

int batch(const Arguments& arguments, Streams& streams, const sweep::Plan& plan) {
  if (arguments.has("shard"))
    throw config::Error(config::diagnose({}, "a script makes the shards itself", "leave --shard out; --shards N"));
  SweepBatch batch;
  batch.name = std::filesystem::path(arguments.positionals().front()).stem().string();
  batch.words = words_of(arguments);
  batch.folder = folder_of(arguments);
  batch.points = plan.points();
  batch.shards = shards_of(arguments, plan);
  if (arguments.has("slurm")) submit_to_slurm(batch, streams.err);
  else streams.out << (*arguments.text("emit") == "slurm" ? slurm_script(batch) : parallel_script(batch));
  return exit_clean;
}

/// What would be taken and then not heeded is refused.
void check_options(const Arguments& arguments) {
  std::vector<std::string> instead;
  for (const char* option : {"dry-run", "emit", "slurm"})
    if (arguments.has(option)) instead.push_back(option);
  if (instead.size() > 1)
    throw config::Error(config::diagnose({}, fmt::format("--{} and --{} exclude one another", instead[0], instead[1]),
                                         "leave one of them out"));
  if (arguments.has("shards") && (instead.empty() || arguments.has("shard")))
    throw config::Error(config::diagnose({}, "--shards says how many there are to be in a script",
                                         "add --dry-run, --emit or --slurm; --shard i/n runs one of them"));
}

int sweep_act(const Arguments& arguments, Streams& streams, const Simulator& simulator) {
  check_options(arguments);
  const config::Schema schema = lab::schema();
  sweep::PlanOptions options;
  options.set = arguments.all("set");
  options.vary = arguments.all("vary");
  options.vary_confidence = arguments.text("vary-confidence").value_or("");
  options.version = version();
  const sweep::Plan plan(schema, arguments.positionals().front(), options);
  if (arguments.has("emit") || arguments.has("slurm")) return batch(arguments, streams, plan);
  return arguments.has("dry-run") ? dry_run(arguments, streams, plan, simulator)
                                  : sweep_points(arguments, streams, plan, simulator);
}

}  // namespace

Verb sweep_verb(const Simulator& simulator) {
  Verb verb;
  verb.name = "sweep";
  verb.help = "Simulate or check a configuration at many points, and lose nothing to a crash";
  verb.details =
      "  mmulab sweep PLAN                     all points, into PLAN.sweep/\n"
      "  mmulab sweep FILE --vary strategy=per-pte,linux-modern --vary machine.cores=1..64*2\n"
      "  mmulab sweep PLAN --dry-run           the numbered points, and how long they will take\n"
      "  mmulab sweep PLAN --resume            what is missing, damaged or has failed\n"
      "  mmulab sweep PLAN --shard 2/8         points 2, 10, 18, ...\n"
      "  mmulab sweep PLAN --vary-confidence low=x0.5,x2\n"
      "  mmulab sweep PLAN --slurm             as an array of jobs\n\n"
      "PLAN is a configuration with a [sweep] section. Each point runs in a process of its own; one that crashes\n"
      "or exceeds --timeout or --max-memory is a failed row. Ends with 0 if every point was decided or refused,\n"
      "3 if some failed, 130 if interrupted. docs/sweep.md explains plans and the folder.\n";
  add_set(verb.options.operands("PLAN", 1, 1));
  add_plugin(verb.options);
  verb.options.texts("vary", "KEY=VALUES", "An axis: KEY=A,B or KEY=1..64, 1..64+9, 1..64*2; may be repeated")
      .text("vary-confidence", "L=xF,xF", "Scale constants (low=x0.5,x2), and say which rankings survive")
      .text("output", "FOLDER", "Where the points go; by default PLAN.sweep")
      .flag("resume", "Go on with the sweep in the folder")
      .flag("dry-run", "Print the points instead")
      .text("shard", "I/N", "Only points I, I+N, I+2N, ...")
      .choice("emit", {"slurm", "parallel"}, "Print a script that runs the sweep in shards")
      .flag("slurm", "Submit it to Slurm")
      .number("shards", "With --emit, --slurm, --dry-run: so many; by default one for a hundred points")
      .number("jobs", "Run so many at a time; by default one a core of this computer")
      .number("timeout", "Give up a point after so many seconds (sweep.seconds_max)")
      .number("max-memory", "Give up a point that needs more than so many MiB (sweep.memory_max_mib)");
  verb.act = [simulator](const Arguments& arguments, Streams& streams) {
    return sweep_act(arguments, streams, simulator);
  };
  return verb;
}

}  // namespace mmulab::cli
