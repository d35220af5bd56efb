// SPDX-License-Identifier: MIT
#include "workloads/generator_parts.h"

namespace mmulab::workload {

void OperationList::think() {
  if (draft_.think_max == 0) return;
  Operation op;
  op.kind = OperationKind::think;
  op.amount = draft_.think_max;
  add(op);
}

void OperationList::access(std::uint32_t region) {
  Operation op;
  op.kind = OperationKind::access;
  op.target = region;
  op.pages = draft_.regions[region].pages;
  op.amount = options_.visits == 0 ? op.pages : options_.visits;
  op.pattern = options_.pattern;
  op.touches = options_.touches;
  op.store_percent = options_.store_percent;
  add(op);
}

void OperationList::each(OperationKind kind, std::uint32_t region, std::uint64_t first, std::uint64_t pages) {
  call(kind, region, first, pages);
}

void OperationList::call(OperationKind kind, std::uint32_t region, std::uint64_t first, std::uint64_t pages,
                         std::uint64_t step) {
  Operation op;
  op.kind = kind;
  op.target = region;
  op.first = first;
  op.pages = pages;
  op.step = step;
  add(op);
}

void OperationList::mprotect(std::uint32_t region, std::uint64_t first, std::uint64_t pages, Rights rights,
                             std::uint64_t step) {
  call(OperationKind::mprotect, region, first, pages, step);
  list_.back().operation.rights = rights;
}

void OperationList::fork(std::uint32_t task) { call(OperationKind::fork, task, 0, 0); }
void OperationList::plain(OperationKind kind) { call(kind, 0, 0, 0); }

void OperationList::repeat(std::uint64_t times) {
  plain(OperationKind::repeat);
  list_.back().operation.amount = times;
}
void OperationList::end() { plain(OperationKind::end); }

std::uint32_t add_region(Draft& draft, std::string name, std::uint64_t pages, std::uint32_t mm, VmaKind kind) {
  RegionDraft region;
  region.name = std::move(name);
  region.pages = pages;
  region.mm = mm;
  region.kind = kind;
  if (kind != VmaKind::anonymous) {
    region.file = draft.file(region.name);
    draft.files[region.file].pages = pages;
  }
  draft.regions.push_back(region);
  return static_cast<std::uint32_t>(draft.regions.size() - 1);
}

std::uint32_t add_task(Draft& draft, const GeneratorOptions& options, std::string name, std::uint32_t n,
                       const OperationList& round, std::uint32_t mm) {
  TaskDraft task;
  task.name = std::move(name);
  task.mm = mm;
  task.cpu = options.cpus[n % options.cpus.size()];
  task.rounds = options.rounds;
  task.body = round.statements();
  if (options.warm_up_rounds != 0) {
    OperationList warm_up(options, draft);
    warm_up.repeat(options.warm_up_rounds);
    task.warm_up = warm_up.take();
    task.warm_up.insert(task.warm_up.end(), task.body.begin(), task.body.end());
    OperationList close(options, draft);
    close.end();
    task.warm_up.push_back(close.statements().front());
  }
  draft.tasks.push_back(task);
  return static_cast<std::uint32_t>(draft.tasks.size() - 1);
}

void add_bystanders(Draft& draft, const GeneratorOptions& options, std::uint32_t region) {
  for (std::uint32_t b = 0; b < options.bystanders; ++b) {
    OperationList round(options, draft);
    round.think();
    for (std::size_t pass = 0; pass < options.call_pages.size(); ++pass) round.access(region);
    add_task(draft, options, "bystander" + std::to_string(b), options.threads + b, round);
  }
}

}  // namespace mmulab::workload
