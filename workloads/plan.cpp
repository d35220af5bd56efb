// SPDX-License-Identifier: MIT
#include "workloads/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "workloads/generator.h"
#include "workloads/limits.h"
#include "workloads/program.h"
#include "workloads/script.h"
#include "workloads/trace/replay.h"

namespace mmulab::workload {
namespace {

Draft draft_of(const config::Values& values, const PlanEnvironment& environment, Problems& problems) {
  Draft draft;
  draft.think_max = values.integer("workload.think_cycles_max");
  draft.delay = values.integer("workload.delay_cycles");
  draft.zipf_halves = static_cast<std::uint32_t>(values.integer("workload.zipf_exponent") / 500);
  const unsigned huge_order = environment.geometry.huge_order();
  if (values.text("workload.kind") == "script") draft_script(values, huge_order, draft, problems);
  else draft_generator(values, environment.cpus, environment.seed, draft, problems);
  problems.raise();
  settle_forks(draft, problems);
  problems.raise();
  check_tasks(draft, environment.cpus, problems);
  check_parts(draft, environment.geometry, problems);
  check_barriers(draft, problems);
  check_queues(draft, problems);
  lay_out_regions(draft, environment.geometry, problems);
  problems.raise();
  return draft;
}

/// Address spaces of boot first, then one for each instance of each forked task. Returns each task's first mm.
std::vector<std::uint32_t> add_mms(const Draft& draft, Plan& plan) {
  std::uint32_t roots = 0;
  for (const TaskDraft& task : draft.tasks) roots = std::max(roots, task.mm + 1);
  plan.mms.resize(roots);
  for (const RegionDraft& region : draft.regions) {
    plan.regions.push_back({region.name, MmId{region.mm}, region.first, Pages{region.base_pages()}});
    if (region.mapped) plan.mms[region.mm].vmas.push_back(record_of(region));
  }
  for (PlannedMm& mm : plan.mms)
    std::sort(mm.vmas.begin(), mm.vmas.end(),
              [](const VmaRecord& a, const VmaRecord& b) { return a.first < b.first; });
  std::vector<std::uint32_t> first_mm(draft.tasks.size());
  std::uint32_t next = roots;
  for (std::size_t t = 0; t < draft.tasks.size(); ++t) {
    const TaskDraft& task = draft.tasks[t];
    first_mm[t] = task.starter == nobody ? task.mm : next;
    if (runs_in(task, task.mm)) ++plan.mms[task.mm].users;
    if (task.starter != nobody) next += task.instances;
  }
  plan.mms.resize(next);
  for (std::size_t t = 0; t < draft.tasks.size(); ++t) {
    const TaskDraft& task = draft.tasks[t];
    if (task.starter == nobody) continue;
    const TaskDraft& starter = draft.tasks[task.starter];
    const std::uint32_t each = task.instances / starter.instances;
    for (std::uint32_t i = 0; i < task.instances; ++i) {
      const std::uint32_t of_starter = starter.starter == nobody ? 0 : i / each;
      plan.mms[first_mm[t] + i].parent = MmId{first_mm[task.starter] + of_starter};
    }
  }
  return first_mm;
}

void add_meetings(const Draft& draft, Plan& plan) {
  for (std::uint32_t b = 0; b < draft.barriers.size(); ++b)
    plan.meetings->add(static_cast<std::uint32_t>(participants(draft, b).size()));
  if (!has_warm_up(draft)) return;
  const auto all = participants(draft, nobody);
  if (!warms_up_on_shared_cpus(draft)) {
    plan.meetings->add(static_cast<std::uint32_t>(all.size()));
    return;
  }
  std::vector<Meetings::Participant> tasks;
  for (const std::uint32_t t : all) tasks.push_back({TaskId{draft.tasks[t].first_task}, CpuId{draft.tasks[t].cpu}});
  plan.meetings->add_shared(std::move(tasks), static_cast<std::uint32_t>(draft.queues.size()));
}

void add_tasks(const Draft& draft, const std::vector<std::uint32_t>& first_mm, const PlanEnvironment& environment,
               Plan& plan) {
  Compiler compiler(draft, first_mm, environment.geometry.page_shift(), environment.seed);
  for (std::uint32_t t = 0; t < draft.tasks.size(); ++t) {
    const TaskDraft& task = draft.tasks[t];
    for (std::uint32_t i = 0; i < task.instances; ++i) {
      PlannedTask planned;
      planned.name = task.instances == 1 ? task.name : fmt::format("{}.{}", task.name, i);
      planned.started_by_fork = task.starter != nobody;
      if (!task.kthread) planned.mm = MmId{first_mm[t] + (planned.started_by_fork ? i : 0)};
      planned.cpu = CpuId{task.cpu};
      planned.program = std::make_unique<OperationProgram>(compiler.compile(t, i), *plan.meetings);
      plan.tasks.push_back(std::move(planned));
    }
  }
}

}  // namespace

Plan::Plan() : meetings(std::make_unique<Meetings>()) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

void Plan::lay_out(World& world) { meetings->lay_out(world); }

void Plan::on_measured(std::function<void(const Access&)> begin) {
  if (warms_up) meetings->set_on_complete(meetings->count() - 1, std::move(begin));
}

std::string Plan::page_name(MmId mm, VirtPage page) const {
  while (mm.exists() && mm.raw() < mms.size() && mms[mm.raw()].parent.exists()) mm = mms[mm.raw()].parent;
  for (const PlannedRegion& region : regions)
    if (region.mm == mm && region.first <= page && page < region.first + region.pages)
      return fmt::format("{}+{}", region.name, (page - region.first).raw());
  return fmt::format("page {}", page.raw());
}

Plan make_plan(const config::Values& values, const PlanEnvironment& environment) {
  if (values.text("workload.kind") == "trace") return trace::replay_plan(values, environment);
  Problems problems;
  const Draft draft = draft_of(values, environment, problems);
  Plan plan;
  plan.limits = limits_of(draft, environment.geometry, problems);
  plan.limits.cpus = environment.cpus;
  problems.raise();
  const auto first_mm = add_mms(draft, plan);
  add_meetings(draft, plan);
  add_tasks(draft, first_mm, environment, plan);
  plan.files = names_of(draft.files);
  plan.warms_up = has_warm_up(draft);
  return plan;
}

}  // namespace mmulab::workload
