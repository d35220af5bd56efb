// SPDX-License-Identifier: MIT
#include "models/invariants/execution.h"

#include <algorithm>
#include <array>

namespace mmulab {

const char* call_name(Call call) {
  switch (call) {
    case Call::munmap: return "munmap";
    case Call::exit: return "exit";
    case Call::dontneed: return "madvise(DONTNEED)";
    case Call::zero_read: return "read(/dev/zero)";
    case Call::unmap_mapping: return "unmap_mapping_range";
    case Call::fork: return "fork";
    case Call::mprotect: return "mprotect";
    case Call::mmap: return "mmap";
    case Call::touch: return "touch";
    case Call::fault: return "page fault";
    case Call::madv_free: return "madvise(FREE)";
    case Call::discard: return "reclaim of lazily freed pages";
    case Call::protnone: return "change_prot_numa";
    case Call::migrate: return "page migration";
    case Call::migrate_vma: return "migrate_vma";
    case Call::clear_refs: return "clear_refs";
    case Call::ksm_merge: return "KSM";
    case Call::reclaim_anon: return "reclaim";
    case Call::truncate: return "truncate";
    case Call::writeback: return "writeback";
    case Call::page_mkclean: return "page_mkclean";
    case Call::reclaim: return "reclaim";
    case Call::mremap: return "mremap";
    case Call::gup: return "get_user_pages";
    case Call::demote: return "demote_segment_4k";
    case Call::clone: return "clone";
    case Call::exec: return "execve";
    case Call::wait: return "wait4";
  }
  return "?";
}

bool zaps(Call call) {
  return call == Call::munmap || call == Call::exit || call == Call::dontneed || call == Call::zero_read ||
         call == Call::unmap_mapping || call == Call::truncate || call == Call::mmap ||
         call == Call::mremap || call == Call::exec;
}

bool replaces(Call call) {
  return call == Call::fault || call == Call::migrate || call == Call::migrate_vma || call == Call::ksm_merge ||
         call == Call::gup;
}

CpuRecord& Execution::cpu_at(CpuId c) {
  if (c.raw() >= cpus_.size()) cpus_.resize(c.raw() + std::size_t{1});
  return cpus_[c.raw()];
}

TaskRecord& Execution::task_at(TaskId t) {
  if (t.raw() >= tasks_.size()) tasks_.resize(t.raw() + std::size_t{1});
  return tasks_[t.raw()].write();
}

void Execution::apply(const Event& event, std::uint64_t order) {
  switch (event.kind) {
    case EventKind::returned_to_user:
    case EventKind::entered_kernel:
    case EventKind::switched_in:
    case EventKind::translation_used:
    case EventKind::tag_loaded: return apply_mode(event);
    case EventKind::lock_acquired:
    case EventKind::lock_released: return apply_lock(event, order);
    case EventKind::call_entered:
    case EventKind::call_returned: return apply_call(event, order);
    case EventKind::vma_protected:
      if (ActiveCall* call = call_to_change(event.task)) call->denied |= ~event.a & std::uint64_t{3};
      return;
    case EventKind::irqs_disabled:
    case EventKind::irqs_enabled:
    case EventKind::ipi_delivered:
    case EventKind::xcall_accepted:
    case EventKind::xcall_executed: return apply_interrupt(event);
    case EventKind::flush_begun:
      if (event.task.exists()) task_at(event.task).flushing = true;
      return;
    case EventKind::flush_done:
      if (!event.task.exists()) return;
      task_at(event.task).flushing = false;
      task_at(event.task).last_flush_done = order;
      return;
    default: return;
  }
}

void Execution::apply_mode(const Event& event) {
  if (!event.cpu.exists()) return;
  CpuRecord& cpu = cpu_at(event.cpu);
  switch (event.kind) {
    case EventKind::returned_to_user:
      cpu.mode = CpuRecord::Mode::user;
      cpu.mm = event.mm;
      cpu.mm_known = event.mm.exists();
      cpu.tag_unused = false;
      return;
    case EventKind::entered_kernel:
      cpu.mode = CpuRecord::Mode::kernel;
      cpu.interrupt_pending = false;
      return;
    case EventKind::switched_in: cpu.mode = CpuRecord::Mode::kernel; return;
    case EventKind::translation_used:
      // Tasks may start in user mode without an event; an access proves it.
      if (cpu.mode != CpuRecord::Mode::unknown) return;
      cpu.mode = CpuRecord::Mode::user;
      cpu.mm = event.mm;
      cpu.mm_known = event.mm.exists();
      return;
    case EventKind::tag_loaded:
      cpu.tag = event.tag;
      cpu.tag_mm = event.mm;
      cpu.tag_unused = true;
      return;
    default: return;
  }
}

void Execution::apply_lock(const Event& event, std::uint64_t order) {
  if (!event.task.exists()) return;
  TaskRecord& task = task_at(event.task);
  const auto lock_class = static_cast<LockClass>(event.a);
  if (event.kind == EventKind::lock_acquired) {
    const bool for_reading = lock_class == LockClass::mmap_sem && event.b == 0;
    task.locks.push_back({lock_class, event.location, order, task.irqs_off, for_reading});
    return;
  }
  released_ = HeldLock{lock_class, event.location, 0, task.irqs_off, false};
  const auto held = std::find_if(task.locks.rbegin(), task.locks.rend(), [&](const HeldLock& l) {
    return l.lock_class == lock_class && l.at == event.location;
  });
  if (held == task.locks.rend()) return;
  released_ = *held;
  task.locks.erase(std::next(held).base());
}

void Execution::apply_call(const Event& event, std::uint64_t order) {
  if (!event.task.exists()) return;
  TaskRecord& task = task_at(event.task);
  const auto call = static_cast<Call>(event.a);
  if (event.kind == EventKind::call_entered) {
    task.calls.push_back({call, event.task, event.mm, event.page, event.b, order, 0, 0, 0, VirtPage{}});
    return;
  }
  finished_ = ActiveCall{call, event.task, event.mm, event.page, event.b, order, 0, 0, 0, VirtPage{}};
  // A call that ended without telling (a task that exits inside it) goes with the one around it.
  while (!task.calls.empty()) {
    const ActiveCall innermost = task.calls.back();
    task.calls.pop_back();
    if (innermost.call != call) continue;
    finished_ = innermost;
    return;
  }
}

void Execution::apply_interrupt(const Event& event) {
  switch (event.kind) {
    case EventKind::irqs_disabled:
    case EventKind::irqs_enabled: {
      const bool off = event.kind == EventKind::irqs_disabled;
      if (event.task.exists()) task_at(event.task).irqs_off = off;
      if (!event.cpu.exists()) return;
      cpu_at(event.cpu).irqs_off = off;
      if (off) cpu_at(event.cpu).interrupt_pending = false;
      return;
    }
    case EventKind::ipi_delivered: cpu_at(CpuId{event.b}).interrupt_pending = true; return;
    case EventKind::xcall_accepted: ++cpu_at(CpuId{event.b}).xcalls_pending; return;
    case EventKind::xcall_executed:
      if (event.cpu.exists() && cpu_at(event.cpu).xcalls_pending != 0) --cpu_at(event.cpu).xcalls_pending;
      return;
    default: return;
  }
}

Moment Execution::moment(const Event& event, std::uint64_t order) const {
  Moment m{true, order, event.cycle, event.cpu, event.task, false, Call{}, 0};
  if (const ActiveCall* call = call_of(event.task)) {
    m.in_call = true;
    m.call = call->call;
    m.call_order = call->order;
  }
  return m;
}

ActiveCall* Execution::call_to_change(TaskId t) { return call_of(t) == nullptr ? nullptr : &task_at(t).calls.back(); }

const ActiveCall* Execution::call_of(TaskId t) const {
  const TaskRecord& record = task(t);
  return record.calls.empty() ? nullptr : &record.calls.back();
}

bool Execution::call_is_active(TaskId t, std::uint64_t call_order) const {
  const auto& calls = task(t).calls;
  return std::any_of(calls.begin(), calls.end(), [&](const ActiveCall& c) { return c.order == call_order; });
}

bool Execution::still_holds(TaskId t, const HeldLock& lock) const {
  const auto& locks = task(t).locks;
  return std::any_of(locks.begin(), locks.end(),
                     [&](const HeldLock& l) { return l.at == lock.at && l.order == lock.order; });
}

TaskId Execution::holder_of(Location at) const {
  for (std::uint32_t t = 0; t < tasks_.size(); ++t)
    for (const HeldLock& lock : tasks_[t]->locks)
      if (lock.at == at) return TaskId{t};
  return TaskId::none();
}

bool Execution::runs_user(CpuId c) const {
  const CpuRecord& record = cpu(c);
  return record.mode != CpuRecord::Mode::kernel && !record.interrupt_pending && record.xcalls_pending == 0;
}

bool Execution::runs_mm(CpuId c, MmId mm) const {
  const CpuRecord& record = cpu(c);
  return !record.mm_known || record.mm == mm;
}

bool Execution::answers(CpuId c, Tag tag, MmId mm) const {
  const CpuRecord& record = cpu(c);
  if (tag.exists() && record.tag.exists()) return tag == record.tag;
  return runs_mm(c, mm);
}

namespace {

std::array<std::uint64_t, 3> words_of(const CpuRecord& c) {
  return {static_cast<std::uint64_t>(c.mode) | std::uint64_t{c.mm_known} << 4 | std::uint64_t{c.irqs_off} << 5 |
              std::uint64_t{c.interrupt_pending} << 6 | std::uint64_t{c.xcalls_pending} << 8,
          std::uint64_t{c.mm.raw()} << 32 | c.tag.raw(), c.tag_mm.raw() | std::uint64_t{c.tag_unused} << 32};
}

}  // namespace

/// Of whom nothing has been heard yet nothing is told, either.
void Execution::mix_into(StateHash& hash) const {
  for (std::uint32_t n = 0; n < cpus_.size(); ++n) {
    if (words_of(cpus_[n]) == words_of(no_cpu_)) continue;
    StateHash known = hash.element();
    known.mix(hash.name(CpuId{n}));
    for (const std::uint64_t word : words_of(cpus_[n])) known.mix(word);
    hash.mix_unordered(known);
  }
  for (std::uint32_t n = 0; n < tasks_.size(); ++n) {
    const TaskRecord& t = *tasks_[n];
    if (!t.irqs_off && !t.flushing && t.calls.empty() && t.locks.empty()) continue;
    StateHash busy = hash.element();
    busy.mix(hash.name(TaskId{n}));
    busy.mix(std::uint64_t{t.irqs_off} | std::uint64_t{t.flushing} << 1 | t.calls.size() << 8 |
             t.locks.size() << 32);
    for (const ActiveCall& c : t.calls) {
      busy.mix(static_cast<std::uint64_t>(c.call) | std::uint64_t{c.mm.raw()} << 32 |
               std::uint64_t{c.revoked != 0} << 8 | c.denied << 9);
      busy.mix(c.first.raw());
      busy.mix(c.pages);
      if (c.call == Call::mremap) busy.mix(c.last_revoked.raw());
    }
    for (const HeldLock& l : t.locks)
      busy.mix(static_cast<std::uint64_t>(l.lock_class) | std::uint64_t{l.irqs_off} << 8 |
               hash.name(l.at) << 16);
    hash.mix_unordered(busy);
  }
}

}  // namespace mmulab
