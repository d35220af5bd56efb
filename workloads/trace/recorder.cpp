// SPDX-License-Identifier: MIT
#include "workloads/trace/recorder.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"

namespace mmulab::trace {
namespace {
constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t implicit_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t ranges_max = 1U << 18;
constexpr std::uint64_t mappings_max = 65530;  // Linux's default of vm.max_map_count
}  // namespace

void Place::fail(const std::string& what, const std::string& hint) const {
  throw config::Error(config::diagnose({}, fmt::format("`{}`, {} {}: {}", *file, unit, at, what), hint));
}

// ------------------------------------------------------------------------------------------------ mappings

Space::Space(const Space& other) : brk(other.brk), ranges_(other.ranges_), in_all_(other.in_all_) {
  in_all_ += ranges_.size();
}

void Space::split(std::uint64_t at) {
  auto next = ranges_.upper_bound(at);
  if (next == ranges_.begin()) return;
  auto range = std::prev(next);
  if (range->first == at || range->second <= at) return;
  ranges_.emplace_hint(next, at, range->second);
  ++in_all_;
  range->second = at;
}

void Space::unmap(std::uint64_t first, std::uint64_t end) {
  split(first);
  split(end);
  const auto from = ranges_.lower_bound(first), to = ranges_.lower_bound(end);
  if (from == to) return;
  in_all_ -= static_cast<std::uint64_t>(std::distance(from, to));
  ranges_.erase(from, to);
  shrank = true;
}

bool Space::map(std::uint64_t first, std::uint64_t end) {
  const auto next = ranges_.upper_bound(first);
  const bool before = next != ranges_.begin() && std::prev(next)->second > first;
  const bool taken = before || (next != ranges_.end() && next->first < end);
  if (taken) unmap(first, end);
  ranges_[first] = end;
  ++in_all_;
  return taken;
}

bool Space::around(std::uint64_t at, std::uint64_t& first, std::uint64_t& end) const {
  const auto next = ranges_.upper_bound(at);
  first = 0;
  end = next == ranges_.end() ? address_end : next->first;
  if (next == ranges_.begin()) return false;
  const auto range = std::prev(next);
  if (range->second <= at) {
    first = range->second;
    return false;
  }
  first = range->first;
  end = range->second;
  return true;
}

// ------------------------------------------------------------------------------------------------ tasks

TaskNo Recorder::add(std::uint32_t tid, std::uint32_t pid, TaskNo creator, std::shared_ptr<Space> space) {
  if (tasks_.size() == tasks_max) place_.fail(fmt::format("more than {} tasks", tasks_max));
  if (ranges_ > ranges_max) place_.fail(fmt::format("more than {} mappings in all address spaces", ranges_max));
  tasks_.push_back({std::move(space), tid, pid, creator, false});
  return writer_.add_task(tid, pid);
}

TaskNo Recorder::begin(std::uint32_t tid, std::uint32_t pid) {
  return add(tid, pid, no_task, std::make_shared<Space>(ranges_));
}

void Recorder::name(TaskNo task, std::uint32_t tid) {
  tasks_[raw(task)].tid = tid;
  for (std::uint32_t n = 0; n < tasks_.size(); ++n) {
    if (tasks_[n].pid != 0) continue;
    tasks_[n].pid = tid;
    writer_.name(TaskNo{n}, tasks_[n].tid, tid);
  }
}

TaskNo Recorder::create(TaskNo creator, CallKind kind, std::uint32_t tid, std::uint32_t pid) {
  const std::shared_ptr<Space> space = tasks_[raw(creator)].space;
  TraceCall call;
  call.kind = kind;
  call.child = add(tid, pid, creator, kind == CallKind::fork ? std::make_shared<Space>(*space) : space);
  const TaskNo before = acting_;
  act(creator);
  put(call);
  if (before != no_task) act(before);
  return call.child;
}

void Recorder::act(TaskNo task) {
  acting_ = task;
  if (tasks_[raw(task)].over) place_.fail("a task acts that is over");
  space_ = tasks_[raw(task)].space.get();
  if (space_ != known_in_) known_.fill(0);
  known_in_ = space_;
  buffer_ = &writer_.turn_to(task);
}

void Recorder::exec() {
  tasks_[raw(acting_)].space = std::make_shared<Space>(ranges_);
  known_in_ = nullptr;
  TraceCall call;
  call.kind = CallKind::execve;
  put(call);
  act(acting_);
}

void Recorder::exit() {
  Task& task = tasks_[raw(acting_)];
  if (task.over) return;
  TraceCall call;
  call.kind = CallKind::exit;
  put(call);
  task.over = true;
  // The ids are needed still, the mappings are not.
  task.space = nullptr;
  known_in_ = nullptr;
  writer_.end(acting_);
  acting_ = no_task;
  space_ = nullptr;
  buffer_ = nullptr;
}

void Recorder::wait(TaskNo child) {
  if (is_over(child)) wait_ahead(child);
}

void Recorder::wait_ahead(TaskNo child) {
  const TaskNo by = tasks_[raw(child)].creator;
  if (by == no_task || pid(by) != pid(acting_)) return;
  TraceCall call;
  call.kind = CallKind::wait;
  call.child = child;
  put(call);
}

// ------------------------------------------------------------------------------------------------ calls

void Recorder::put(const TraceCall& call) {
  writer_.call(call);
  buffer_ = &writer_.turn_to(acting_);
}

void Recorder::check(std::uint64_t first, std::uint64_t length) const {
  if (first <= address_end && length <= address_end && first + length <= address_end) return;
  place_.fail(fmt::format("{:#x} and {:#x} bytes are beyond user space", first, length),
              fmt::format("user addresses end at {:#x}", address_end));
}

/// A page that no call has mapped.
void Recorder::look(std::uint64_t va) {
  check(va, 1);
  std::uint64_t first = 0, end = 0;
  if (!space_->around(va, first, end)) {
    TraceCall call;
    call.kind = CallKind::mmap;
    call.flags = readable | writable | executable | implicit;
    call.first = std::max(first, va / implicit_bytes * implicit_bytes);
    call.length = std::min(end, (va / implicit_bytes + 1) * implicit_bytes) - call.first;
    follow(call);
    put(call);
  }
  known_[va / page_bytes % known_pages] = va / page_bytes + 1;
}

/// What the call does to the mappings.
void Recorder::follow(TraceCall& call) {
  Space& space = *space_;
  const std::uint64_t end = call.first + call.length;
  switch (call.kind) {
    case CallKind::mmap:
      if (space.map(call.first, end)) call.flags |= fixed;
      break;
    case CallKind::munmap: space.unmap(call.first, end); break;
    case CallKind::mprotect:
      space.split(call.first);
      space.split(end);
      break;
    case CallKind::mremap:
      if (call.to != call.first) space.unmap(call.first, end);
      else if (call.to_length < call.length) space.unmap(call.to + call.to_length, end);
      if (call.to != call.first || call.to_length > call.length) space.map(call.to, call.to + call.to_length);
      break;
    case CallKind::brk:
      if (call.to > call.first) space.map(call.first, call.to);
      else space.unmap(call.to, call.first);
      break;
    default: break;
  }
  if (space.shrank) known_.fill(0);
  space.shrank = false;
  mappings_ = std::max(mappings_, static_cast<std::uint32_t>(space.mappings()));
  if (space.mappings() > mappings_max) place_.fail(fmt::format("more than {} mappings", mappings_max));
  if (ranges_ > ranges_max) place_.fail(fmt::format("more than {} mappings in all address spaces", ranges_max));
}

void Recorder::call(TraceCall call) {
  const auto up = [](std::uint64_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; };
  check(call.first, call.length);
  check(call.to, call.to_length);
  if (call.first % page_bytes != 0 || call.to % page_bytes != 0)
    place_.fail(fmt::format("{} at {:#x}, which is no page's beginning", name_of(call.kind), call.first));
  call.length = up(call.length);
  call.to_length = up(call.to_length);
  if (call.length == 0 && call.kind != CallKind::brk) return;
  follow(call);
  put(call);
}

void Recorder::brk(std::uint64_t end) {
  check(end, 0);
  const std::uint64_t before = space_->brk;
  space_->brk = end;
  TraceCall call;
  call.kind = CallKind::brk;
  call.first = (before + page_bytes - 1) / page_bytes * page_bytes;
  call.to = (end + page_bytes - 1) / page_bytes * page_bytes;
  if (before == 0 || call.first == call.to) return;
  follow(call);
  put(call);
}

}  // namespace mmulab::trace
