// SPDX-License-Identifier: MIT
// Run queues, context switches, sleeping and waking, the tick. One FIFO a cpu; a tick makes the running task yield
// to a waiting one; idle cpus poll their queue, so waking one costs a line transfer and no IPI. Source:
// kernel/sched.c of 2.6.2x, reduced to what moves tasks between cpus and mms. Left out: priorities, fairness, load
// balancing (a task moves only when a workload says so). Cost: kernel.cost.schedule, context_switch, wake_up,
// tick.
#pragma once

#include <functional>
#include <vector>

#include "models/mm/locks.h"
#include "models/mm/interrupts.h"
#include "models/mm/policy.h"

namespace mmulab {

/// What a context switch means to the address-space code.
struct SwitchHooks {
  std::function<void(Context&, MmId prev, MmId next)> switch_mm;
  /// The last reference to a dead mm is gone (mmdrop): its root table may go.
  std::function<void(Context&, MmId mm)> drop_mm;
};

class Scheduler {
 public:
  Scheduler(const KernelState& state, const Locks& locks, const KernelPolicy& policy)
      : state_(state), locks_(locks), policy_(policy) {}

  void set_switch_hooks(SwitchHooks hooks) { hooks_ = std::move(hooks); }
  /// The context that runs `task`; every task has one before the run begins.
  void set_context(TaskId task, Context& context);
  /// The dead task, which has left its cpu, starts from its beginning when it is next switched to.
  void begin_again(TaskId task);
  /// Asks for the next tick of this cpu; the timer device answers.
  void set_arm_tick(std::function<void(Context&)> arm) { arm_tick_ = std::move(arm); }

  /// Gives the cpu to the next runnable task; the caller goes on when it is chosen again. No locks held. A caller
  /// that is still running goes to the end of its queue (yield); one that has marked itself sleeping does not.
  void schedule(Context& ctx);
  /// Reschedules if somebody wants the cpu. True if it did.
  bool cond_resched(Context& ctx);
  /// The same at a point where preemption has just been enabled; only under CONFIG_PREEMPT.
  void preempt_check(Context& ctx);
  /// Makes `task` runnable on its cpu.
  void wake_up(Context& ctx, TaskId task);
  /// The body of an idle task; never returns.
  void idle(Context& ctx);
  /// The caller's task is over; never returns.
  [[noreturn]] void exit(Context& ctx);
  /// Takes or drops a reference to an mm that a cpu borrows (mmgrab, mmdrop).
  void borrow_mm(Context& ctx, MmId mm);
  void return_mm(Context& ctx, MmId mm);
  /// Handler of Vector::tick.
  void tick(Context& ctx);
  /// On return from interrupt, to user or to kernel mode.
  void interrupt_exit(Context& ctx, bool to_user);

 private:
  void switch_to(Context& ctx, TaskId next, const Conclusion& caller);
  void enqueue(Context& ctx, CpuId cpu, TaskId task);
  TaskId dequeue(Context& ctx, CpuId cpu);

  const KernelState& state_;
  const Locks& locks_;
  const KernelPolicy& policy_;
  SwitchHooks hooks_;
  std::function<void(Context&)> arm_tick_;
  std::vector<Context*> contexts_;
};

}  // namespace mmulab
