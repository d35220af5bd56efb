// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "workloads/settle.h"
#include "workloads/trace/replay.h"

namespace mmulab::trace {
namespace {

constexpr std::uint64_t frames_max = std::uint64_t{1} << 24;
constexpr std::uint64_t words_max = std::uint64_t{1} << 27;
constexpr std::uint32_t vmas_max = 4096, spare_vmas = 16;

[[noreturn]] void refuse(const config::Values& values, const std::string& what, const std::string& hint) {
  throw config::Error(config::diagnose(values.position("workload.file"), what, hint));
}

KernelLimits limits_of(const Recording& recording, const workload::PlanEnvironment& environment,
                       const config::Values& values) {
  const Survey& survey = recording.survey;
  const std::uint64_t rounds = recording.rounds;
  const std::uint64_t tasks = survey.roots.size() + (survey.tasks.size() - survey.roots.size()) * rounds;
  const std::uint64_t mms = survey.parents.size() * rounds;
  if (rounds > workload::tasks_max || tasks > workload::tasks_max || mms > workload::tasks_max)
    refuse(values,
           fmt::format("{} rounds of the trace have {} tasks and {} address spaces, more than {}", rounds, tasks, mms,
                       workload::tasks_max),
           "fewer rounds");
  // A round's exec frees what the round before has used, but others of that round may still be at work.
  const std::uint64_t frames = survey.frames * rounds, tables = survey.tables * rounds;
  if (frames > frames_max || tables * environment.geometry.entries_max() > words_max)
    refuse(values, fmt::format("the trace may need {} page frames and {} page tables", frames, tables),
           "fewer rounds, or a shorter trace (`mmulab trace cut`)");
  KernelLimits limits;
  limits.cpus = environment.cpus;
  limits.tasks = static_cast<std::uint32_t>(tasks);
  limits.mms = static_cast<std::uint32_t>(mms);
  limits.frames = static_cast<std::uint32_t>(frames);
  limits.tables = static_cast<std::uint32_t>(tables);
  // Parts of larger pages are mappings of their own.
  constexpr unsigned recorded_shift = 12;
  const std::uint32_t pieces = environment.geometry.page_shift().raw() == recorded_shift ? 1 : 3;
  limits.vmas_per_mm =
      std::min(vmas_max, std::min(vmas_max, survey.totals.mappings) * pieces + spare_vmas);
  limits.file_pages = 1;
  limits.waits_for_tasks = true;
  limits.bounded_maps = true;
  return limits;
}

void tell(const ReplayCounts& counts, StatRegistry& registry) {
  const auto enter = [&](const char* name, const char* unit, const char* description, std::uint64_t value) {
    registry.counter({name, unit, description}).add(value);
  };
  enter("trace.calls", "calls", "calls that the replay made", counts.calls);
  enter("trace.refused", "calls", "those that the kernel refused", counts.refused);
  enter("trace.rounded", "calls", "recorded calls on parts of pages, which were rounded", counts.rounded);
  enter("trace.denied", "accesses", "accesses that the kernel denied, which were skipped", counts.denied);
}

void add_tasks(const std::shared_ptr<Recording>& recording, std::uint32_t cpus, workload::Plan& plan) {
  const Survey& survey = recording->survey;
  std::vector<std::pair<TaskNo, std::uint64_t>> of(plan.limits.tasks);
  for (std::uint32_t t = 0; t < survey.tasks.size(); ++t) {
    const bool root = survey.tasks[t].creator == no_task;
    for (std::uint64_t round = 0; round < (root ? 1 : recording->rounds); ++round)
      of[recording->task(TaskNo{t}, round).raw()] = {TaskNo{t}, round};
  }
  for (std::uint32_t n = 0; n < of.size(); ++n) {
    const auto [number, round] = of[n];
    const TaskPlan& task = survey.tasks[raw(number)];
    workload::PlannedTask planned;
    planned.name = task.tid == task.pid ? fmt::format("process {}", task.pid)
                                        : fmt::format("thread {} of {}", task.tid, task.pid);
    if (recording->rounds > 1 && task.creator != no_task) planned.name += fmt::format(", round {}", round);
    planned.started_by_fork = task.creator != no_task;
    planned.mm = recording->mm(task.mms.front(), round);
    planned.cpu = CpuId{raw(number) % cpus};
    planned.program = replay_program(recording, number, round);
    if (!planned.started_by_fork) ++plan.mms[planned.mm.raw()].users;
    plan.tasks.push_back(std::move(planned));
  }
}

}  // namespace

std::string recording_file(const config::Values& values) {
  return config::path_from(values.position("workload.file"), values.text("workload.file"));
}

SurveyOptions survey_options(const config::Values& values, const TableGeometry& geometry) {
  SurveyOptions options;
  options.geometry = geometry;
  const auto chosen = [&](const char* key) { return values.contains(key) ? values.text(key) : std::string{}; };
  const std::string fetches = chosen("workload.fetches");
  options.fetches = fetches == "all" ? Fetches::all : fetches == "pages" ? Fetches::pages : Fetches::none;
  options.refuses_parts = chosen("workload.parts") == "refuse";
  return options;
}

Recording::Recording(const std::string& name, const SurveyOptions& wanted)
    : file(name), options(wanted), survey(trace::survey(file, options)) {
  std::uint32_t others = 0, roots = 0;
  for (const TaskPlan& task : survey.tasks) place.push_back(task.creator == no_task ? roots++ : others++);
}

TaskId Recording::task(TaskNo number, std::uint64_t round) const {
  const std::uint64_t at = place[raw(number)];
  if (survey.tasks[raw(number)].creator == no_task) return TaskId{at};
  return TaskId{survey.roots.size() + (survey.tasks.size() - survey.roots.size()) * round + at};
}

MmId Recording::mm(std::uint32_t number, std::uint64_t round) const {
  return MmId{survey.parents.size() * round + number};
}

workload::Plan replay_plan(const config::Values& values, const workload::PlanEnvironment& environment) {
  const auto recording =
      std::make_shared<Recording>(recording_file(values), survey_options(values, environment.geometry));
  recording->rounds = values.integer("workload.rounds");
  if (recording->rounds > 1 && recording->survey.roots.size() > 1)
    refuse(values, fmt::format("the trace begins with {} tasks, and only one can begin it again",
                               recording->survey.roots.size()), "workload.rounds = 1");
  workload::Plan plan;
  plan.limits = limits_of(*recording, environment, values);
  plan.mms.resize(plan.limits.mms);
  for (std::uint32_t mm = 0; mm < plan.limits.mms; ++mm) {
    const std::uint32_t round = mm / static_cast<std::uint32_t>(recording->survey.parents.size());
    const std::uint32_t parent =
        recording->survey.parents[mm % static_cast<std::uint32_t>(recording->survey.parents.size())];
    if (parent != Survey::no_mm) plan.mms[mm].parent = recording->mm(parent, round);
  }
  add_tasks(recording, environment.cpus, plan);
  plan.timed_only = "a trace is replayed in time: `run` and `compare` do it";
  plan.tell = [recording](StatRegistry& registry) { tell(recording->counts, registry); };
  return plan;
}

}  // namespace mmulab::trace
