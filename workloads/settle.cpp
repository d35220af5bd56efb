// SPDX-License-Identifier: MIT
#include "workloads/settle.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace mmulab::workload {
namespace {

constexpr std::uint64_t often_max = std::uint64_t{1} << 60;

std::uint64_t product(std::uint64_t a, std::uint64_t b) { return b != 0 && a > often_max / b ? often_max : a * b; }

void visit_list(const std::vector<Statement>& list, std::uint64_t times,
                const std::function<void(const Statement&, std::uint64_t)>& visit) {
  std::vector<std::uint64_t> outer;
  for (const Statement& statement : list) {
    if (statement.operation.kind == OperationKind::repeat) {
      outer.push_back(times);
      times = product(times, statement.operation.amount);
    } else if (statement.operation.kind == OperationKind::end) {
      times = outer.back();
      outer.pop_back();
    } else {
      visit(statement, times);
    }
  }
}

/// How often each child is forked by one instance, and where first.
struct Forks {
  std::uint64_t times = 0;
  config::Position at;
};
std::map<std::uint32_t, Forks> forks_of(const TaskDraft& task) {
  std::map<std::uint32_t, Forks> forks;
  for_each_statement(task, [&](const Statement& s, std::uint64_t times) {
    if (s.operation.kind != OperationKind::fork) return;
    Forks& child = forks[s.operation.target];
    if (child.times == 0) child.at = s.at;
    child.times = std::min(often_max, child.times + times);
  });
  return forks;
}

bool name_starters(Draft& draft, Problems& problems) {
  const std::size_t before = problems.count();
  for (std::uint32_t t = 0; t < draft.tasks.size(); ++t) {
    const auto forks = forks_of(draft.tasks[t]);
    for (const auto& [child, fork] : forks) {
      TaskDraft& task = draft.tasks[child];
      if (task.starter != nobody)
        problems.add(fork.at,
                     fmt::format("`{}` is forked by `{}` already", task.name, draft.tasks[task.starter].name),
                     "a task has one parent");
      task.starter = t;
      if (!task.warm_up.empty())
        problems.add(task.at, fmt::format("`{}` is forked by `{}`, so it takes no part in the warm-up", task.name,
                                          draft.tasks[t].name));
      if (task.mm_at.exists())
        problems.add(task.mm_at,
                     fmt::format("`{}` is forked by `{}`, so its mm is a new one", task.name, draft.tasks[t].name),
                     "leave out `mm`");
    }
    if (forks.size() > children_max)
      problems.add(draft.tasks[t].at,
                   fmt::format("`{}` forks more than {} tasks", draft.tasks[t].name, children_max));
  }
  for (std::uint32_t t = 0; t < draft.tasks.size(); ++t) {
    std::size_t steps = 0;
    for (std::uint32_t up = t; up != nobody && steps <= draft.tasks.size(); up = draft.tasks[up].starter) ++steps;
    if (steps <= draft.tasks.size()) continue;
    problems.add(draft.tasks[t].at,
                 fmt::format("`{}` would be forked by its own child or by itself", draft.tasks[t].name));
    return false;
  }
  return problems.count() == before;
}

/// Starters first.
void count_instances(Draft& draft, std::uint32_t t, std::vector<bool>& done, Problems& problems) {
  TaskDraft& task = draft.tasks[t];
  if (done[t]) return;
  done[t] = true;
  if (task.starter == nobody) return;
  count_instances(draft, task.starter, done, problems);
  const TaskDraft& starter = draft.tasks[task.starter];
  const Forks fork = forks_of(starter).at(t);
  task.mm = starter.mm;
  task.instances =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(tasks_max + 1, product(starter.instances, fork.times)));
}

std::string cpu_range(std::uint32_t cpus) { return fmt::format("this machine's cpus are 0 to {}", cpus - 1); }

void check_huge_pages(const Draft& draft, const TaskDraft& task, const Statement& s, Problems& problems) {
  for (std::uint32_t r = 0; r < draft.regions.size(); ++r) {
    const RegionDraft& region = draft.regions[r];
    if (region.huge_order == 0) continue;
    if (s.operation.kind == OperationKind::fork && region.mm == task.mm)
      problems.add(s.at, fmt::format("`{}` has huge pages, which no fork copies", region.name));
    if (has_range(s.operation.kind) && s.operation.target == r && !takes_huge_pages(s.operation.kind))
      problems.add(s.at, fmt::format("`{}` has huge pages", region.name),
                   "they are accessed, mapped, unmapped and given up; nothing else is done to them");
  }
}

void check_regions_of(const Draft& draft, const TaskDraft& task, Problems& problems) {
  for_each_statement(task, [&](const Statement& s, std::uint64_t) {
    check_huge_pages(draft, task, s, problems);
    if (s.operation.kind == OperationKind::writeback || s.operation.kind == OperationKind::reclaim)
      for (const RegionDraft& region : draft.regions)
        if (region.shares_tables && region.file == s.operation.target)
          problems.add(s.at, fmt::format("`{}` shares its page tables, so its pages stay in memory", region.name));
    if (!has_range(s.operation.kind)) return;
    const auto check = [&](const RegionDraft& region) {
      if (region.mm != task.mm)
        problems.add(s.at, fmt::format("`{}` runs in mm {}, and `{}` lies in mm {}", task.name, task.mm, region.name,
                                       region.mm));
    };
    const RegionDraft& target = draft.regions[s.operation.target];
    check(target);
    if (!target.shares_tables) return;
    const bool whole = s.operation.first == 0 && s.operation.pages == target.pages && s.operation.step == 0;
    const bool accesses = s.operation.kind <= OperationKind::access || s.operation.kind == OperationKind::gup;
    if (!takes_shared_tables(s.operation.kind) || (!accesses && !whole))
      problems.add(s.at, fmt::format("`{}` shares its page tables", target.name),
                   "such a region is accessed, pinned, given up, mapped or unmapped as a whole");
    if (s.operation.kind == OperationKind::ksm_merge) check(draft.regions[s.operation.other_target]);
  });
}

}  // namespace

void check_parts(const Draft& draft, const TableGeometry& geometry, Problems& problems) {
  if (geometry.part_order() != 0) return;
  for (const TaskDraft& task : draft.tasks)
    for_each_statement(task, [&](const Statement& s, std::uint64_t) {
      if (s.operation.kind == OperationKind::demote || s.operation.part != 0)
        problems.add(s.at, "pages of this machine have no parts", "pages of 64 KiB have them (ppc64, page_shift = 16)");
    });
}

namespace {

std::uint64_t meetings_of(const TaskDraft& task, std::uint32_t barrier) {
  std::uint64_t meetings = 0;
  for_each_statement(task, [&](const Statement& s, std::uint64_t times) {
    if (s.operation.kind == OperationKind::barrier && s.operation.target == barrier) meetings += times;
  });
  return meetings;
}

/// Barriers spin: who waits keeps his cpu.
void check_cpus(const Draft& draft, const std::vector<std::uint32_t>& tasks, const std::string& where,
                const config::Position& at, Problems& problems) {
  std::map<std::uint32_t, std::uint32_t> on_cpu;
  for (const std::uint32_t t : tasks) {
    const auto [other, alone] = on_cpu.emplace(draft.tasks[t].cpu, t);
    if (alone) continue;
    problems.add(at.exists() ? at : draft.tasks[t].cpu_at,
                 fmt::format("`{}` and `{}` share cpu {} and cannot meet {}", draft.tasks[other->second].name,
                             draft.tasks[t].name, draft.tasks[t].cpu, where),
                 "who waits there keeps its cpu");
    return;
  }
}

}  // namespace

void for_each_statement(const TaskDraft& task, const std::function<void(const Statement&, std::uint64_t)>& visit) {
  visit_list(task.warm_up, 1, visit);
  visit_list(task.body, task.rounds, visit);
}

std::vector<std::uint32_t> children_of(const TaskDraft& task) {
  std::vector<std::uint32_t> children;
  for_each_statement(task, [&](const Statement& s, std::uint64_t) {
    if (s.operation.kind != OperationKind::fork) return;
    if (std::find(children.begin(), children.end(), s.operation.target) == children.end())
      children.push_back(s.operation.target);
  });
  return children;
}

void settle_forks(Draft& draft, Problems& problems) {
  if (!name_starters(draft, problems)) return;
  std::vector<bool> done(draft.tasks.size(), false);
  std::uint64_t tasks = 0;
  for (std::uint32_t t = 0; t < draft.tasks.size(); ++t) count_instances(draft, t, done, problems);
  for (TaskDraft& task : draft.tasks) {
    task.first_task = static_cast<std::uint32_t>(tasks);
    tasks += task.instances;
    if (tasks <= tasks_max) continue;
    problems.add(task.at, fmt::format("with `{}` the workload has more than {} tasks", task.name, tasks_max),
                 "every fork starts a task of its own: fewer rounds");
    return;
  }
}

static void check_kthread(const TaskDraft& task, Problems& problems) {
  if (task.starter != nobody)
    problems.add(task.at, fmt::format("`{}` is a kernel thread, which nobody forks", task.name));
  for (const auto* list : {&task.warm_up, &task.body})
    for (const Statement& s : *list)
      if (!is_for_kthreads(s.operation.kind))
        problems.add(s.at, fmt::format("`{}` is a kernel thread, which has no pages and no children", task.name),
                     "sleep, wake, await, yield, barriers, delays, and calls on files");
}

void check_tasks(const Draft& draft, std::uint32_t cpus, Problems& problems) {
  std::uint32_t mms = 0;
  for (const TaskDraft& task : draft.tasks) mms = std::max(mms, task.mm + 1);
  std::vector<bool> has_task(mms, false);
  for (const TaskDraft& task : draft.tasks)
    if (runs_in(task, task.mm)) has_task[task.mm] = true;
  for (const TaskDraft& task : draft.tasks) {
    if (task.cpu >= cpus) problems.add(task.cpu_at, fmt::format("there is no cpu {}", task.cpu), cpu_range(cpus));
    if (task.mm > 0 && !has_task[task.mm - 1])
      problems.add(task.mm_at, fmt::format("mm {} is used, and no task runs in mm {}", task.mm, task.mm - 1));
    if (task.kthread) check_kthread(task, problems);
    else check_regions_of(draft, task, problems);
  }
  if (mms == 1 && !has_task[0])
    problems.add(draft.tasks[0].at, "every task is a kernel thread", "at least one has an address space");
  for (const RegionDraft& region : draft.regions)
    if (region.mm >= mms)
      problems.add(region.at, fmt::format("no task runs in mm {}, where `{}` lies", region.mm, region.name));
}

void check_barriers(const Draft& draft, Problems& problems) {
  for (std::uint32_t b = 0; b < draft.barriers.size(); ++b) {
    const BarrierDraft& barrier = draft.barriers[b];
    const auto tasks = participants(draft, b);
    if (tasks.size() == 1)
      problems.add(barrier.at,
                   fmt::format("only `{}` comes to the barrier `{}`", draft.tasks[tasks[0]].name, barrier.name));
    for (const std::uint32_t t : tasks) {
      const TaskDraft &task = draft.tasks[t], &first = draft.tasks[tasks[0]];
      const std::uint64_t here = meetings_of(task, b), there = meetings_of(first, b);
      if (here != there)
        problems.add(barrier.at, fmt::format("`{}` comes to the barrier `{}` {} times, `{}` {} times", first.name,
                                             barrier.name, there, task.name, here));
      if (task.instances != 1)
        problems.add(barrier.at,
                     fmt::format("`{}` is forked {} times, so it cannot meet others", task.name, task.instances));
    }
    check_cpus(draft, tasks, "at the barrier `" + barrier.name + "`", barrier.at, problems);
  }
}

void check_queues(const Draft& draft, Problems& problems) {
  for (std::uint32_t q = 0; q < draft.queues.size(); ++q) {
    const QueueDraft& queue = draft.queues[q];
    std::uint64_t sleeps = 0, wakes = 0;
    std::map<std::uint32_t, std::uint32_t> sleeper_on;
    for (std::uint32_t t = 0; t < draft.tasks.size(); ++t)
      for_each_statement(draft.tasks[t], [&](const Statement& s, std::uint64_t times) {
        if (s.operation.kind != OperationKind::sleep || s.operation.target != q) return;
        sleeps += times * draft.tasks[t].instances;
        sleeper_on.emplace(draft.tasks[t].cpu, t);
      });
    for (const TaskDraft& task : draft.tasks)
      for_each_statement(task, [&](const Statement& s, std::uint64_t times) {
        const OperationKind kind = s.operation.kind;
        if (!waits_at_queue(kind) || kind == OperationKind::sleep || s.operation.target != q) return;
        if (kind == OperationKind::wake) wakes += times * task.instances;
        const auto found = sleeper_on.find(task.cpu);
        if (found == sleeper_on.end()) return;
        problems.add(s.at,
                     fmt::format("`{}` and `{}` share cpu {}", draft.tasks[found->second].name, task.name, task.cpu),
                     "who waits for a sleeper keeps its cpu");
      });
    if (sleeps != wakes)
      problems.add(queue.at, fmt::format("tasks sleep at `{}` {} times, and are woken {} times", queue.name, sleeps,
                                         wakes));
  }
}

bool has_warm_up(const Draft& draft) {
  return std::any_of(draft.tasks.begin(), draft.tasks.end(),
                     [](const TaskDraft& t) { return !t.warm_up.empty(); });
}

bool warms_up_on_shared_cpus(const Draft& draft) {
  std::set<std::uint32_t> cpus;
  const auto all = participants(draft, nobody);
  return has_warm_up(draft) &&
         std::any_of(all.begin(), all.end(), [&](std::uint32_t t) { return !cpus.insert(draft.tasks[t].cpu).second; });
}

std::vector<std::uint32_t> participants(const Draft& draft, std::uint32_t barrier) {
  std::vector<std::uint32_t> tasks;
  for (std::uint32_t t = 0; t < draft.tasks.size(); ++t) {
    const TaskDraft& task = draft.tasks[t];
    if (barrier == nobody ? task.starter == nobody : meetings_of(task, barrier) != 0) tasks.push_back(t);
  }
  return tasks;
}

}  // namespace mmulab::workload
