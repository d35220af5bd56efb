// SPDX-License-Identifier: MIT
// What follows from a draft as a whole: who forks whom and how often, which tasks meet where, where regions lie.
// Every count is static, because loops have constant bounds.
#pragma once

#include <functional>

#include "models/mm/geometry.h"
#include "workloads/draft.h"

namespace mmulab::workload {

inline constexpr std::uint32_t tasks_max = 4096;
inline constexpr std::size_t children_max = 8;

/// Calls visit(statement, times) for every statement of the task, with how often one instance performs it
/// (saturating).
void for_each_statement(const TaskDraft& task, const std::function<void(const Statement&, std::uint64_t)>& visit);
/// The tasks that `task` forks, in the order of their first mention.
std::vector<std::uint32_t> children_of(const TaskDraft& task);

/// Fills in starters, instances and numbers; a forked task gets its ancestor's mm.
void settle_forks(Draft& draft, Problems& problems);
/// Every task exists on a cpu, runs in an mm that has a task at boot, and names regions of that mm only.
void check_tasks(const Draft& draft, std::uint32_t cpus, Problems& problems);
/// Parts of pages are named only where pages have some.
void check_parts(const Draft& draft, const TableGeometry& geometry, Problems& problems);
/// Every barrier is met by several tasks, equally often, each on a cpu of its own.
void check_barriers(const Draft& draft, Problems& problems);
/// Whoever sleeps is woken, by a task on another cpu.
void check_queues(const Draft& draft, Problems& problems);
/// Gives every region its place.
void lay_out_regions(Draft& draft, const TableGeometry& geometry, Problems& problems);

[[nodiscard]] bool has_warm_up(const Draft& draft);
/// Whether some of those who warm up share a cpu.
[[nodiscard]] bool warms_up_on_shared_cpus(const Draft& draft);
/// The tasks that take part in a barrier, or (nobody) in the end of the warm-up.
[[nodiscard]] std::vector<std::uint32_t> participants(const Draft& draft, std::uint32_t barrier);

}  // namespace mmulab::workload
