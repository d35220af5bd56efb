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
  const std::size_t mms = recording.mms.size() + recording.spare_mms.size();
  if (survey.tasks.size() > workload::tasks_max || mms > workload::tasks_max)
    refuse(values,
           fmt::format("the trace has {} tasks and {} address spaces, more than {}", survey.tasks.size(), mms,
                       workload::tasks_max),
           "a shorter trace (`mmulab trace cut`)");
  // Of an mm that is still borrowed its root table is left.
  const std::uint64_t frames = survey.frames, tables = survey.tables + recording.spare_mms.size();
  if (frames > frames_max || tables * environment.geometry.entries_max() > words_max)
    refuse(values, fmt::format("the trace may need {} page frames and {} page tables", frames, tables),
           "a shorter trace (`mmulab trace cut`)");
  KernelLimits limits;
  limits.cpus = environment.cpus;
  limits.tasks = static_cast<std::uint32_t>(survey.tasks.size());
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
  plan.tasks.resize(survey.tasks.size());
  for (std::uint32_t t = 0; t < survey.tasks.size(); ++t) {
    const TaskPlan& task = survey.tasks[t];
    workload::PlannedTask& planned = plan.tasks[recording->tasks[t].raw()];
    planned.name = task.tid == task.pid ? fmt::format("process {}", task.pid)
                                        : fmt::format("thread {} of {}", task.tid, task.pid);
    planned.started_by_fork = task.creator != no_task;
    planned.mm = recording->mms[task.mms.front()];
    planned.cpu = CpuId{t % cpus};
    planned.program = replay_program(recording, TaskNo{t});
    if (!planned.started_by_fork) ++plan.mms[planned.mm.raw()].users;
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
  std::uint32_t roots = 0, others = static_cast<std::uint32_t>(survey.roots.size());
  for (const TaskPlan& task : survey.tasks) tasks.push_back(TaskId{task.creator == no_task ? roots++ : others++});
  for (std::uint32_t mm = 0; mm < survey.parents.size(); ++mm) mms.push_back(MmId{mm});
}

workload::Plan replay_plan(const config::Values& values, const workload::PlanEnvironment& environment) {
  const auto recording =
      std::make_shared<Recording>(recording_file(values), survey_options(values, environment.geometry));
  recording->rounds = values.integer("workload.rounds");
  if (recording->rounds > 1 && recording->survey.roots.size() > 1)
    refuse(values, fmt::format("the trace begins with {} tasks, and only one can begin it again",
                               recording->survey.roots.size()), "workload.rounds = 1");
  // When a round is over, its first task has one of its mms, and each cpu may still borrow one.
  if (recording->rounds > 1)
    for (std::uint32_t n = 0; n <= environment.cpus; ++n)
      recording->spare_mms.push_back(MmId{recording->mms.size() + n});
  workload::Plan plan;
  plan.limits = limits_of(*recording, environment, values);
  plan.mms.resize(plan.limits.mms);
  add_tasks(recording, environment.cpus, plan);
  plan.timed_only = "a trace is replayed in time: `run` and `compare` do it";
  plan.tell = [recording](StatRegistry& registry) { tell(recording->counts, registry); };
  return plan;
}

}  // namespace mmulab::trace
