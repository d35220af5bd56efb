// SPDX-License-Identifier: MIT
#include <algorithm>

#include "workloads/program.h"

namespace mmulab::workload {

Code Compiler::compile(std::uint32_t task, std::uint32_t instance) {
  const TaskDraft& draft = draft_.tasks[task];
  task_ = task;
  instance_ = instance;
  code_ = Code{};
  code_.shift = shift_;
  code_.key = derive(seed_, std::uint64_t{draft.first_task} + instance);
  append(draft.warm_up);
  if (has_warm_up(draft_) && draft.starter == nobody) {
    Instruction measured;
    measured.kind = OperationKind::barrier;
    measured.slot = static_cast<std::uint32_t>(draft_.barriers.size());
    code_.instructions.push_back(measured);
  }
  open_loop(draft.rounds);
  append(draft.body);
  close_loop();
  return std::move(code_);
}

namespace {
/// Parts have 4 KiB (ppc64).
Bytes start_of_part(const Operation& op) { return Bytes{std::uint64_t{op.part} << 12}; }
}  // namespace

void Compiler::append(const std::vector<Statement>& list) {
  for (const Statement& statement : list) {
    const Operation& op = statement.operation;
    if (op.kind == OperationKind::repeat) open_loop(op.amount);
    else if (op.kind == OperationKind::end) close_loop();
    else translate(op);
  }
}

void Compiler::open_loop(std::uint64_t times) {
  Instruction begin;
  begin.kind = OperationKind::repeat;
  begin.slot = static_cast<std::uint32_t>(open_.size());
  begin.amount = times;
  open_.push_back(code_.instructions.size());
  code_.instructions.push_back(begin);
}

void Compiler::close_loop() {
  if (code_.instructions.size() == open_.back() + 1) {  // nothing to repeat
    code_.instructions.pop_back();
    open_.pop_back();
    return;
  }
  Instruction end;
  end.kind = OperationKind::end;
  end.amount = open_.back() + 1;
  open_.pop_back();
  end.slot = static_cast<std::uint32_t>(open_.size());
  code_.instructions.push_back(end);
}

void Compiler::translate(const Operation& op) {
  Instruction into;
  into.kind = op.kind;
  into.pages = Pages{op.pages};
  into.step = Pages{op.step == 0 ? op.pages : op.step};
  into.amount = op.amount;
  if (op.kind == OperationKind::load || op.kind == OperationKind::store || op.kind == OperationKind::access)
    into.slot = stream(op);
  if (op.kind == OperationKind::barrier || waits_at_queue(op.kind)) into.slot = op.target;
  if (op.kind == OperationKind::fork) fill_fork(op, into);
  if (has_file_range(op.kind)) {
    into.file = FileId{op.target};
    into.amount = op.first;
  }
  if (has_range(op.kind)) {
    const RegionDraft& region = draft_.regions[op.target];
    into.page = region.first + Pages{op.first << region.huge_order};
    into.pages = Pages{into.pages.raw() << region.huge_order};
    into.step = Pages{into.step.raw() << region.huge_order};
    into.unit = Pages{std::uint64_t{1} << region.huge_order};
    into.record = record_of(region);
    into.within = start_of_part(op);
    if (op.kind == OperationKind::ksm_merge)
      into.other = draft_.regions[op.other_target].first + Pages{op.other_first};
    if (op.kind == OperationKind::mprotect) into.record.rights = op.rights;
    if (op.kind == OperationKind::mremap) into.to = draft_.regions[op.to].first;
  }
  code_.instructions.push_back(into);
}

void Compiler::fill_fork(const Operation& op, Instruction& into) const {
  const auto children = children_of(draft_.tasks[task_]);
  const TaskDraft& child = draft_.tasks[op.target];
  const std::uint32_t each = child.instances / draft_.tasks[task_].instances;
  into.slot =
      static_cast<std::uint32_t>(std::find(children.begin(), children.end(), op.target) - children.begin());
  into.child = TaskId{child.first_task + instance_ * each};
  into.child_mm = MmId{first_mm_[op.target] + instance_ * each};
}

std::uint32_t Compiler::stream(const Operation& op) {
  const RegionDraft& region = draft_.regions[op.target];
  const bool plain = op.kind != OperationKind::access;
  AccessStream stream;
  stream.first = VirtPage{(region.first.raw() >> region.huge_order) + op.first};
  stream.shift = PageShift{shift_.raw() + region.huge_order};
  stream.within = start_of_part(op);
  stream.visits = plain ? op.pages : op.amount;
  stream.touches = plain ? 1 : op.touches;
  stream.store_percent = op.kind == OperationKind::store ? 100 : op.store_percent;
  code_.orders.push_back(order(plain ? Pattern::sequential : op.pattern, op.pages));
  stream.order = code_.orders.back().get();
  code_.streams.push_back(stream);
  return static_cast<std::uint32_t>(code_.streams.size() - 1);
}

std::shared_ptr<const PageOrder> Compiler::order(Pattern pattern, std::uint64_t pages) {
  for (const auto& known : orders_)
    if (known->pattern() == pattern && known->pages() == pages) return known;
  const std::uint64_t key = derive(derive(seed_, ~std::uint64_t{0}), pages);
  return orders_.emplace_back(std::make_shared<PageOrder>(pattern, pages, draft_.zipf_halves, key));
}

}  // namespace mmulab::workload
