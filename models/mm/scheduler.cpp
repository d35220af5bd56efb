// SPDX-License-Identifier: MIT
#include "models/mm/scheduler.h"

namespace mmulab {
namespace {

const Label pick{"sched.pick", "schedule"};
const Label put_back{"sched.enqueue", "schedule"};
const Label change_current{"sched.switch", "context_switch", Ordering::release};
const Label look{"sched.need_resched", "test_flag"};
const Label wake{"sched.wake_up", "wake_up"};
const Label die{"sched.exit", "schedule"};
const Label idle_wait{"sched.idle", "test_flag"};
const Label grab{"mm.grab", "page_ref", Ordering::atomic};
const Label drop{"mm.drop", "page_ref", Ordering::full};
const Label tick_work{"sched.tick", "tick"};

Event mm_event(EventKind kind, MmId mm) {
  Event event{kind};
  event.mm = mm;
  return event;
}

}  // namespace

void Scheduler::set_context(TaskId task, Context& context) {
  if (contexts_.size() <= task.raw()) contexts_.resize(task.raw() + 1, nullptr);
  contexts_[task.raw()] = &context;
}

void Scheduler::begin_again(TaskId task) { contexts_[task.raw()]->begin_again(); }

/// rq_lock held.
void Scheduler::enqueue(Context& ctx, CpuId cpu, TaskId task) {
  const Conclusion nothing(ctx);
  const auto head = state_.rq_head(cpu), tail = state_.rq_tail(cpu);
  const auto length = state_.rq_length(cpu);
  const TaskId last = ctx.step(
      put_back, writes(head, tail, length, state_.task_next(task), state_.task_state(task)), [&](Access& a) {
        a.write(state_.task_next(task), TaskId::none());
        a.write(state_.task_state(task), TaskState::runnable);
        if (!a.read(head).exists()) a.write(head, task);
        a.add(length, std::uint64_t{1});
        return a.exchange(tail, task);
      });
  if (last.exists())
    ctx.step(put_back, writes(state_.task_next(last)), [&](Access& a) { a.write(state_.task_next(last), task); });
}

/// rq_lock held. None if the queue is empty.
TaskId Scheduler::dequeue(Context& ctx, CpuId cpu) {
  Conclusion only(ctx);
  const auto head = state_.rq_head(cpu), tail = state_.rq_tail(cpu);
  const auto length = state_.rq_length(cpu);
  const TaskId first = ctx.step(pick, reads(head), [&](Access& a) { return a.read(head); });
  if (!first.exists()) return only(first);
  ctx.step(pick, writes(head, tail, length).reads(state_.task_next(first)), [&](Access& a) {
    const TaskId next = a.read(state_.task_next(first));
    a.write(head, next);
    if (!next.exists()) a.write(tail, TaskId::none());
    a.write(length, a.read(length) - 1);
  });
  return only(first);
}

void Scheduler::schedule(Context& ctx) {
  const Conclusion nothing(ctx);
  locks_.irq_disable(ctx);
  const CpuId cpu = ctx.cpu();
  locks_.spin_lock(ctx, state_.rq_lock(cpu), LockClass::run_queue);
  const TaskId self = ctx.task();
  const TaskId idle_task = ctx.world().load(state_.cpu_idle_task(cpu));
  TaskId next = dequeue(ctx, cpu);
  const bool runnable =
      ctx.step(look, writes(state_.task_need_resched(self)).reads(state_.task_state(self)), [&](Access& a) {
        a.write(state_.task_need_resched(self), false);
        return a.read(state_.task_state(self)) == TaskState::running;
      });
  if (!next.exists()) next = runnable ? self : idle_task;
  if (next != self && runnable && self != idle_task) enqueue(ctx, cpu, self);
  if (next != self) {
    switch_to(ctx, next, nothing);
  } else {
    // Woken before it had left the cpu: it is its own successor.
    if (!runnable)
      ctx.step(put_back, writes(state_.task_state(self)),
               [&](Access& a) { a.write(state_.task_state(self), TaskState::running); });
    locks_.spin_unlock(ctx, state_.rq_lock(cpu), LockClass::run_queue);
  }
  locks_.irq_enable(ctx);
}

/// rq_lock held, interrupts off; returns on the far side, as the same task, perhaps on another cpu. What the caller
/// knew on this side is of no use there.
void Scheduler::switch_to(Context& ctx, TaskId next, const Conclusion& caller) {
  const CpuId cpu = ctx.cpu();
  const TaskId self = ctx.task();
  const auto next_mm_cell = state_.task_mm(next);
  const auto active = state_.cpu_active_mm(cpu);
  const auto own_mm_cell = state_.task_mm(self);
  MmId prev_mm, next_mm, own_mm;
  ctx.step(change_current, reads(next_mm_cell, active, own_mm_cell), [&](Access& a) {
    next_mm = a.keep(a.read(next_mm_cell));
    prev_mm = a.keep(a.read(active));
    own_mm = a.keep(a.read(own_mm_cell));
  });
  // A kernel thread runs in whatever mm is there; the borrower keeps its root table alive.
  if (own_mm.exists() && !next_mm.exists()) borrow_mm(ctx, own_mm);
  if (hooks_.switch_mm) hooks_.switch_mm(ctx, prev_mm, next_mm);
  if (!own_mm.exists() && next_mm.exists() && prev_mm.exists()) return_mm(ctx, prev_mm);
  const auto state_of_next = state_.task_state(next);
  const auto cpu_of_next = state_.task_cpu(next);
  const auto lock = state_.rq_lock(cpu);
  const auto depth = state_.task_preempt_off(self);
  ctx.step(change_current, writes(state_.cpu_current(cpu), active, state_of_next, cpu_of_next, lock, depth),
           [&](Access& a) {
             a.write(state_.cpu_current(cpu), next);
             if (next_mm.exists()) a.write(active, next_mm);
             a.write(state_of_next, TaskState::running);
             a.write(cpu_of_next, cpu);
             Event released{EventKind::lock_released};
             released.a = static_cast<std::uint64_t>(LockClass::run_queue);
             released.location = lock.at;
             emit(a, released);
             a.write(lock, std::uint64_t{0});
             a.write(depth, a.read(depth) - 1);
             if (a.read(depth) == 0) emit(a, Event{EventKind::preemption_enabled});
             emit(a, mm_event(EventKind::switched_out, prev_mm));
             emit(a, mm_event(EventKind::switched_in, next_mm));
           });
  if (next != ctx.world().load(state_.cpu_idle_task(cpu)) && arm_tick_) arm_tick_(ctx);
  caller.forget_all_but();
  ctx.host().switch_task(ctx, *contexts_[next.raw()]);
}

void Scheduler::borrow_mm(Context& ctx, MmId mm) {
  const auto count = state_.mm_count(mm);
  ctx.step(grab, writes(count), [&](Access& a) { a.add(count, std::uint64_t{1}); });
}

void Scheduler::return_mm(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto count = state_.mm_count(mm);
  const bool last = ctx.step(drop, writes(count), [&](Access& a) {
    a.write(count, a.read(count) - 1);
    return a.read(count) == 0;
  });
  if (last && hooks_.drop_mm) hooks_.drop_mm(ctx, mm);
}

bool Scheduler::cond_resched(Context& ctx) {
  Conclusion only(ctx);
  const auto flag = state_.task_need_resched(ctx.task());
  const bool wanted = ctx.step(look, reads(flag), [&](Access& a) { return a.read(flag); });
  if (wanted) schedule(ctx);
  return only(wanted);
}

void Scheduler::preempt_check(Context& ctx) {
  if (!policy_.preempt) return;
  if (ctx.world().load(state_.task_preempt_off(ctx.task())) == 0) cond_resched(ctx);
}

void Scheduler::wake_up(Context& ctx, TaskId task) {
  const Conclusion nothing(ctx);
  locks_.irq_disable(ctx);
  const CpuId cpu = ctx.world().load(state_.task_cpu(task));
  locks_.spin_lock(ctx, state_.rq_lock(cpu), LockClass::run_queue);
  const bool asleep = ctx.step(wake, reads(state_.task_state(task)), [&](Access& a) {
    return a.read(state_.task_state(task)) == TaskState::sleeping;
  });
  if (asleep) enqueue(ctx, cpu, task);
  locks_.spin_unlock(ctx, state_.rq_lock(cpu), LockClass::run_queue);
  locks_.irq_enable(ctx);
}

void Scheduler::idle(Context& ctx) {
  for (;;) {
    const Conclusion nothing(ctx);
    const auto length = state_.rq_length(ctx.cpu());
    ctx.step_when(idle_wait, reads(length), [&](const Access& a) { return a.read(length) != 0; }, [](Access&) {});
    schedule(ctx);
  }
}

void Scheduler::exit(Context& ctx) {
  ctx.step(die, writes(state_.task_state(ctx.task())), [&](Access& a) {
    a.write(state_.task_state(ctx.task()), TaskState::dead);
    emit(a, Event{EventKind::task_exited});
  });
  schedule(ctx);
  assertion_failed("a dead task is never chosen", "scheduler", __FILE__, __func__);
}

void Scheduler::tick(Context& ctx) {
  const auto length = state_.rq_length(ctx.cpu());
  const auto flag = state_.task_need_resched(ctx.task());
  ctx.step(tick_work, reads(length).writes(flag), [&](Access& a) {
    if (a.read(length) != 0) a.write(flag, true);
  });
  if (ctx.task() != ctx.world().load(state_.cpu_idle_task(ctx.cpu())) && arm_tick_) arm_tick_(ctx);
}

void Scheduler::interrupt_exit(Context& ctx, bool to_user) {
  const World& world = ctx.world();
  const TaskId self = ctx.task();
  if (world.load(state_.task_preempt_off(self)) != 0 || self == world.load(state_.cpu_idle_task(ctx.cpu())))
    return;
  if (to_user || policy_.preempt) cond_resched(ctx);
}

}  // namespace mmulab
