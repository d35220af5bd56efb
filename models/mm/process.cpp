// SPDX-License-Identifier: MIT
// Tasks that share an mm, change it, and wait for each other. Source: kernel/fork.c (copy_mm with CLONE_VM,
// mm_release's vfork_done), fs/exec.c (exec_mmap: the new mm is loaded with interrupts off before the old one is
// put), kernel/exit.c (do_wait, exit_notify, release_task). Left out: the program that exec maps (mmap calls of its own
// do that), signals, thread groups (who execs leaves its mm's other threads alone), zombies. Cost: kernel.cost.mm_init,
// test_flag, wake_up.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label new_mm{"fork.mm_init", "mm_init", Ordering::full};
const Label new_task{"fork.task_init", "mm_init", Ordering::full};
const Label share_mm{"clone.share_mm", "page_ref", Ordering::full};
const Label change_mm{"exec.change_mm", "mm_init", Ordering::full};
const Label look{"wait.look_at_task", "test_flag", Ordering::full};
const Label release{"wait.release_task", "test_flag", Ordering::full};
const Label look_at_mm{"fork.look_at_mm", "test_flag"};
const Label tell{"exit.tell_waiter", "test_flag", Ordering::full};
}  // namespace

void Kernel::open_mm(Context& ctx, MmId mm) {
  const auto users = state_.mm_users(mm);
  const auto count = state_.mm_count(mm);
  ctx.step(new_mm, writes(users, count), [&](Access& a) {
    MMULAB_ASSERT(a.read(users) == 0 && a.read(count) == 0,
                  "a child gets an mm that nobody uses and no cpu borrows");
    a.write(users, std::uint64_t{1});
    a.write(count, std::uint64_t{1});
  });
  port_.init_mm(ctx, mm);
}

void Kernel::start(Context& ctx, TaskId child, MmId mm) {
  const auto mm_of_child = state_.task_mm(child);
  const auto state_of_child = state_.task_state(child);
  ctx.step(new_task, writes(mm_of_child, state_of_child), [&](Access& a) {
    a.write(mm_of_child, mm);
    a.write(state_of_child, TaskState::sleeping);
  });
  scheduler_.wake_up(ctx, child);
}

Outcome Kernel::clone(Context& ctx, TaskId child) {
  const Conclusion nothing(ctx);
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::clone, VirtPage{}, Pages{});
  const auto users = state_.mm_users(mm);
  ctx.step(share_mm, writes(users), [&](Access& a) { a.write(users, a.read(users) + 1); });
  start(ctx, child, mm);
  leave(ctx, Call::clone, VirtPage{}, Pages{});
  return Outcome::ok;
}

Outcome Kernel::exec(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const MmId old = mm_of(ctx);
  enter(ctx, Call::exec, VirtPage{}, state_.geometry().user_pages());
  open_mm(ctx, mm);
  locks_.irq_disable(ctx);
  strategy_.switch_out(ctx, old);
  port_.switch_mm(ctx, old, mm);
  strategy_.switch_in(ctx, mm);
  const auto own = state_.task_mm(ctx.task());
  const auto active = state_.cpu_active_mm(ctx.cpu());
  ctx.step(change_mm, writes(own, active), [&](Access& a) {
    a.write(own, mm);
    a.write(active, mm);
    Event out{EventKind::switched_out};
    out.mm = old;
    emit(a, out);
    Event in{EventKind::switched_in};
    in.mm = mm;
    emit(a, in);
  });
  locks_.irq_enable(ctx);
  if (state_.limits().waits_for_tasks) come_to(ctx, TaskStage::left);
  leave_mm(ctx, old);
  leave(ctx, Call::exec, VirtPage{}, state_.geometry().user_pages());
  return Outcome::ok;
}

Outcome Kernel::wait_for(Context& ctx, TaskId task, TaskStage stage) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::wait, VirtPage{}, Pages{});
  const auto come = state_.task_stage(task);
  const auto waiter = state_.task_waiter(task);
  const auto state = state_.task_state(ctx.task());
  for (bool sleeps = true; sleeps;) {
    sleeps = ctx.step(look, writes(waiter, state).reads(come), [&](Access& a) {
      const bool other_waits = a.read(waiter).exists() && a.read(waiter) != ctx.task();
      if (a.read(come) >= stage || other_waits) return false;
      a.write(waiter, ctx.task());
      a.write(state, TaskState::sleeping);
      return true;
    });
    if (sleeps) scheduler_.schedule(ctx);
  }
  leave(ctx, Call::wait, VirtPage{}, Pages{});
  return Outcome::ok;
}

bool Kernel::reap(Context& ctx, TaskId task) {
  const auto state = state_.task_state(task);
  enter(ctx, Call::wait, VirtPage{}, Pages{});
  const bool begun = ctx.step(look, reads(state), [&](Access& a) { return a.read(state) != TaskState::unused; });
  if (begun) {
    await_end(ctx, task);
    release_task(ctx, task);
  }
  leave(ctx, Call::wait, VirtPage{}, Pages{});
  return begun;
}

void Kernel::await_end(Context& ctx, TaskId task) {
  const auto come = state_.task_stage(task);
  const auto reaper = state_.task_reaper(task);
  const auto state = state_.task_state(ctx.task());
  for (bool sleeps = true; sleeps;) {
    sleeps = ctx.step(look, writes(reaper, state).reads(come), [&](Access& a) {
      if (a.read(come) == TaskStage::over) return false;
      a.write(reaper, ctx.task());
      a.write(state, TaskState::sleeping);
      return true;
    });
    if (sleeps) scheduler_.schedule(ctx);
  }
}

/// The task has told that it is over, and may have a little way to go yet.
void Kernel::release_task(Context& ctx, TaskId task) {
  const auto come = state_.task_stage(task);
  const auto state = state_.task_state(task);
  const auto running = state_.cpu_current(ctx.world().load(state_.task_cpu(task)));
  for (bool released = false; !released;) {
    released = ctx.step(release, writes(state, come).reads(running), [&](Access& a) {
      if (a.read(state) != TaskState::dead || a.read(running) == task) return false;
      a.write(state, TaskState::unused);
      a.write(come, TaskStage::begun);
      return true;
    });
    if (!released) scheduler_.schedule(ctx);
  }
  scheduler_.begin_again(task);
}

bool Kernel::is_unused(Context& ctx, MmId mm) {
  const auto users = state_.mm_users(mm);
  const auto count = state_.mm_count(mm);
  return ctx.step(look_at_mm, reads(users, count), [&](Access& a) { return a.read(users) == 0 && a.read(count) == 0; });
}

void Kernel::come_to(Context& ctx, TaskStage stage) {
  const Conclusion nothing(ctx);
  const auto come = state_.task_stage(ctx.task());
  const auto waiter = state_.task_waiter(ctx.task());
  const auto reaper = state_.task_reaper(ctx.task());
  TaskId who_reaps;
  const TaskId found = ctx.step(tell, writes(come, waiter, reaper), [&](Access& a) {
    a.write(come, stage);
    if (stage == TaskStage::over) who_reaps = a.keep(a.exchange(reaper, TaskId::none()));
    return a.exchange(waiter, TaskId::none());
  });
  if (found.exists()) scheduler_.wake_up(ctx, found);
  if (who_reaps.exists()) scheduler_.wake_up(ctx, who_reaps);
}

}  // namespace mmulab
