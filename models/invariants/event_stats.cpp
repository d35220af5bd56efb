// SPDX-License-Identifier: MIT
#include "models/invariants/event_stats.h"

#include <algorithm>

namespace mmulab {

const char* flush_reason_name(FlushReason reason) {
  static constexpr std::array<const char*, 12> names = {
      "each",      "full",    "mm_change", "leave_lazy",     "before_unlock", "after_unlock",
      "zap_block", "end_vma", "end",       "context_switch", "classic",       "force"};
  return names[static_cast<std::size_t>(reason)];
}

const char* call_stat_name(Call call) {
  static constexpr std::array<const char*, 15> names = {
      "munmap", "exit",  "dontneed", "zero_read", "unmap_mapping", "fork",         "mprotect",
      "mmap",   "touch", "fault",    "truncate",  "writeback",     "page_mkclean", "reclaim",
      "mremap"};
  return names[static_cast<std::size_t>(call)];
}

EventStats::EventStats(StatRegistry& r) : registry_(r) {
  for (std::size_t c = 0; c < calls; ++c) {
    const std::string name = call_stat_name(static_cast<Call>(c));
    call_latency_[c] = &r.histogram({"call." + name + ".latency", "cycles", "from entry to return of " + name});
  }
  for (std::size_t i = 0; i < reasons; ++i) {
    const std::string name = flush_reason_name(static_cast<FlushReason>(i));
    flushes_[i] = &r.counter({"flush." + name + ".count", "1", "flushes because of " + name});
    flushed_pages_[i] = &r.counter({"flush." + name + ".pages", "pages", "pages of those that name a range"});
  }
  make_lock_statistics();
  preempt_off_ = &r.histogram({"preempt_off", "cycles", "stretches with preemption off"});
  irqs_off_ = &r.histogram({"irqs_off", "cycles", "stretches of a cpu with interrupts off"});
  remote_wait_ = &r.histogram({"remote_wait.time", "cycles", "an initiator waits for other cpus"});
  remote_cpus_ = &r.histogram({"remote_wait.cpus", "cpus", "cpus waited for at once"});
  batch_ = &r.histogram({"batch.size", "entries", "entries of a batch when it is flushed"});
  batch_depth_ = &r.gauge({"batch.depth", "entries", "most entries pending on one cpu"});
  ipis_ = &r.counter({"ipi.sent", "1", "interprocessor interrupts sent"});
  tlbies_ = &r.counter({"tlbie.issued", "1", "broadcast invalidations issued"});
  xcalls_ = &r.counter({"xcall.sent", "1", "cross calls sent"});
  drops_ = &r.counter({"translation.drops", "1", "invalidations that took effect on a core"});
  frames_freed_ = &r.counter({"frame.freed", "frames", "frames given back to the allocator"});
  context_switches_ = &r.counter({"context_switches", "1", "tasks switched in"});
}

void EventStats::make_lock_statistics() {
  for (std::size_t c = 0; c < lock_classes; ++c) {
    const std::string name = name_of(static_cast<LockClass>(c));
    const std::string base = "lock." + name;
    locks_[c].acquired = &registry_.counter({base + ".acquired", "1", "acquisitions of " + name});
    locks_[c].contended =
        &registry_.counter({base + ".contended", "1", "acquisitions that found " + name + " taken"});
    locks_[c].wait =
        &registry_.histogram({base + ".wait", "cycles", "from finding " + name + " taken to having it"});
    locks_[c].held = &registry_.histogram({base + ".held", "cycles", "from acquisition to release of " + name});
  }
}

void EventStats::follow(Ledger& ledger, StatRegistry& registry) {
  Histogram& window = registry.histogram(
      {"window", "cycles", "from a pte's change to the death of its last copy, for ptes that had copies"});
  ledger.on_settled([this, &window](const Obligation& o, Cycle now) {
    if (o.opened.known && o.opened.cycle >= begun_ && now >= o.opened.cycle)
      window.add((now - o.opened.cycle).raw());
  });
}

void EventStats::begin_anew(Cycle now) {
  registry_.reset();
  tasks_.clear();
  cpus_irqs_off_.clear();
  begun_ = now;
}

EventStats::Task& EventStats::task(const Event& event) {
  if (event.task.raw() >= tasks_.size()) tasks_.resize(event.task.raw() + std::size_t{1});
  return tasks_[event.task.raw()];
}

EventStats::Open& EventStats::irqs_off(const Event& event) {
  if (event.cpu.raw() >= cpus_irqs_off_.size()) cpus_irqs_off_.resize(event.cpu.raw() + std::size_t{1});
  return cpus_irqs_off_[event.cpu.raw()];
}

void EventStats::on_event(const Event& event) {
  if (event.kind == EventKind::measurement_begun) return begin_anew(event.cycle);
  if (!event.task.exists()) return count(event);
  switch (event.kind) {
    case EventKind::call_entered:
    case EventKind::call_returned: return on_call(event);
    case EventKind::task_exited: return return_from(task(event), Call::exit, event.cycle);
    case EventKind::lock_waited:
    case EventKind::lock_acquired:
    case EventKind::lock_released: return on_lock(event);
    case EventKind::preemption_disabled: return begin(task(event).preempt_off, event);
    case EventKind::preemption_enabled: return end(task(event).preempt_off, event, *preempt_off_);
    case EventKind::irqs_disabled: return begin(irqs_off(event), event);
    case EventKind::irqs_enabled: return end(irqs_off(event), event, *irqs_off_);
    case EventKind::remote_wait_begun: remote_cpus_->add(event.a); return begin(task(event).remote_wait, event);
    case EventKind::remote_wait_ended: return end(task(event).remote_wait, event, *remote_wait_);
    default: return count(event);
  }
}

void EventStats::count(const Event& event) {
  switch (event.kind) {
    case EventKind::flush_done:
      if (event.a >= reasons) return;
      flushes_[event.a]->add();
      flushed_pages_[event.a]->add(event.b);
      return;
    case EventKind::ipi_sent: return ipis_->add();
    case EventKind::tlbie_issued: return tlbies_->add();
    case EventKind::xcall_sent: return xcalls_->add();
    case EventKind::translation_dropped: return drops_->add();
    case EventKind::frame_freed: return frames_freed_->add();
    case EventKind::switched_in: return context_switches_->add();
    case EventKind::batch_noted: return batch_depth_->set(event.a);
    case EventKind::batch_flushed:
      batch_depth_->set(0);
      return batch_->add(event.a);
    default: return;
  }
}

void EventStats::on_call(const Event& event) {
  const auto call = static_cast<Call>(event.a);
  if (event.kind == EventKind::call_returned) return return_from(task(event), call, event.cycle);
  task(event).calls.push_back({call, event.cycle});
}

void EventStats::return_from(Task& task, Call call, Cycle now) {
  while (!task.calls.empty()) {
    const Entered innermost = task.calls.back();
    task.calls.pop_back();
    if (innermost.call != call) continue;
    call_latency_[static_cast<std::size_t>(call)]->add((now - innermost.since).raw());
    return;
  }
}

void EventStats::on_lock(const Event& event) {
  const Lock& lock = locks_[event.a];
  auto& held = task(event).locks;
  if (event.kind == EventKind::lock_waited) {
    if (event.cycle < begun_ + Cycles{event.b}) return;
    lock.contended->add();
    lock.wait->add(event.b);
    return;
  }
  if (event.kind == EventKind::lock_acquired) {
    lock.acquired->add();
    held.push_back({event.a, event.location, event.cycle});
    return;
  }
  const auto found = std::find_if(held.rbegin(), held.rend(), [&](const Held& h) {
    return h.lock_class == event.a && h.at == event.location;
  });
  if (found == held.rend()) return;
  lock.held->add((event.cycle - found->since).raw());
  held.erase(std::next(found).base());
}

}  // namespace mmulab
