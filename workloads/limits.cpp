// SPDX-License-Identifier: MIT
#include "workloads/limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "workloads/settle.h"
#include "workloads/vma_bound.h"

namespace mmulab::workload {
namespace {

constexpr std::uint64_t frames_max = std::uint64_t{1} << 24;
constexpr std::uint64_t words_max = std::uint64_t{1} << 27;
constexpr std::uint64_t vmas_max = 4096;

/// Page tables of one mm when every region is fully mapped.
std::uint64_t tables_of(const Draft& draft, std::uint32_t mm, const TableGeometry& geometry) {
  std::vector<const RegionDraft*> regions;
  for (const RegionDraft& region : draft.regions)
    if (region.mm == mm) regions.push_back(&region);
  std::sort(regions.begin(), regions.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::uint64_t tables = 0;
  for (std::size_t level = 0; level < geometry.levels(); ++level) {
    const unsigned bits = geometry.low_bits(level + 1);
    std::uint64_t next = 0;
    for (const RegionDraft* region : regions) {
      const std::uint64_t first = std::max(next, region->first.raw() >> bits);
      const std::uint64_t end = ((region->first.raw() + region->base_pages() - 1) >> bits) + 1;
      if (end <= first) continue;
      tables += end - first;
      next = end;
    }
  }
  return tables;
}

/// Pages of one mm that are its own, not a file's.
std::uint64_t own_pages(const Draft& draft, std::uint32_t mm) {
  std::uint64_t pages = 0;
  for (const RegionDraft& region : draft.regions)
    if (region.mm == mm && (region.kind == VmaKind::anonymous || region.kind == VmaKind::file_private))
      pages += region.pages;
  return pages;
}

/// Whether any task does what `is` names.
template <class Is>
bool any_operation(const Draft& draft, const Is& is) {
  bool any = false;
  for (const TaskDraft& task : draft.tasks)
    for_each_statement(task, [&](const Statement& s, std::uint64_t) { any = any || is(s.operation.kind); });
  return any;
}

bool zaps_anything(const TaskDraft& task) {
  bool any = false;
  for_each_statement(task, [&](const Statement& s, std::uint64_t) { any = any || zaps(s.operation.kind); });
  return any;
}

/// A file's page that has left memory may wait in the gather of each task that zaps and in the hands of each fault,
/// while another frame takes its place.
std::uint64_t file_page_copies(const Draft& draft) {
  std::uint64_t tasks = 0;
  bool dropped = false;
  for (const TaskDraft& task : draft.tasks) {
    tasks += task.instances;
    for_each_statement(task, [&](const Statement& s, std::uint64_t) {
      dropped = dropped || drops_file_pages(s.operation.kind);
    });
  }
  return dropped ? 2 + tasks : 1;
}

/// A page may be mapped once and wait in one gather of each task that zaps, and of the exit.
struct Copies {
  std::uint64_t address_spaces = 0;  ///< weighted: 1 + gathers each
  std::uint64_t mms = 0;
};
Copies copies_of(const Draft& draft, std::uint32_t mm) {
  Copies copies{2, 1};
  for (const TaskDraft& task : draft.tasks) {
    if (task.mm != mm) continue;
    const std::uint64_t gathers = zaps_anything(task) ? task.instances : 0;
    if (task.starter == nobody) {
      copies.address_spaces += gathers;
    } else {
      copies.address_spaces += 2ULL * task.instances + gathers;
      copies.mms += task.instances;
    }
  }
  // unmap_mapping reaches into other address spaces.
  for (const TaskDraft& task : draft.tasks)
    if (task.mm != mm && zaps_anything(task)) copies.address_spaces += std::uint64_t{task.instances} * copies.mms;
  return copies;
}

}  // namespace

std::uint32_t vmas_of(const Draft& draft, std::uint32_t mm) {
  std::uint64_t vmas = 0;
  for (std::uint32_t r = 0; r < draft.regions.size(); ++r)
    if (draft.regions[r].mm == mm) vmas += vma_bound(draft, r);
  return static_cast<std::uint32_t>(std::min(vmas, vmas_max + 1));
}

KernelLimits limits_of(const Draft& draft, const TableGeometry& geometry, Problems& problems) {
  std::uint32_t roots = 0;
  for (const TaskDraft& task : draft.tasks) roots = std::max(roots, task.mm + 1);
  std::uint64_t tasks = 0, mms = 0, frames = 1, tables = 0, vmas = 1;
  for (const TaskDraft& task : draft.tasks) tasks += task.instances;
  for (std::uint32_t mm = 0; mm < roots; ++mm) {
    const Copies copies = copies_of(draft, mm);
    mms += copies.mms;
    frames += copies.address_spaces * own_pages(draft, mm);
    tables += copies.address_spaces * tables_of(draft, mm, geometry);
    vmas = std::max<std::uint64_t>(vmas, vmas_of(draft, mm));
  }
  KernelLimits limits;
  limits.file_pages = 1;
  for (const FileDraft& file : draft.files) {
    frames += file_page_copies(draft) * file.pages;
    limits.file_pages = std::max(limits.file_pages, static_cast<std::uint32_t>(file.pages));
  }
  // In the hands of a fault: a fresh page and one to be copied to, a fresh table.
  frames += 2 * tasks;
  tables += tasks;
  if (frames > frames_max)
    problems.add({}, fmt::format("the workload may need {} page frames, more than {}", frames, frames_max),
                 "fewer pages, or fewer forks");
  if (tables * geometry.entries_max() > words_max)
    problems.add({},
                 fmt::format("the workload may need {} page tables of {} entries", tables, geometry.entries_max()),
                 "fewer pages, or fewer forks");
  if (vmas > vmas_max)
    problems.add({},
                 fmt::format("the workload's calls may split an address space into more than {} VMAs", vmas_max),
                 "larger calls, or one task a region");
  limits.tasks = static_cast<std::uint32_t>(tasks);
  limits.mms = static_cast<std::uint32_t>(mms);
  const bool swaps = any_operation(draft, [](OperationKind kind) { return kind == OperationKind::reclaim_anon; });
  if (swaps) limits.swap_slots = static_cast<std::uint32_t>(std::min(frames + tasks, frames_max));
  else if (any_operation(draft, walks_rmap)) limits.swap_slots = 1;
  limits.lockless_walks = any_operation(draft, [](OperationKind kind) { return kind == OperationKind::gup; });
  limits.shared_tables = std::any_of(draft.regions.begin(), draft.regions.end(),
                                     [](const RegionDraft& region) { return region.shares_tables; });
  limits.demotions = any_operation(draft, [](OperationKind kind) { return kind == OperationKind::demote; });
  limits.huge_pages = std::any_of(draft.regions.begin(), draft.regions.end(),
                                  [](const RegionDraft& region) { return region.huge_order != 0; });
  limits.frames = static_cast<std::uint32_t>(std::min(frames, frames_max));
  limits.tables = static_cast<std::uint32_t>(std::min<std::uint64_t>(tables, words_max));
  limits.vmas_per_mm = static_cast<std::uint32_t>(std::min(vmas, vmas_max));
  const std::size_t sleepers = warms_up_on_shared_cpus(draft) ? participants(draft, nobody).size() : 0;
  limits.wait_queues = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(draft.queues.size() + sleepers));
  limits.files = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(draft.files.size()));
  return limits;
}

}  // namespace mmulab::workload
