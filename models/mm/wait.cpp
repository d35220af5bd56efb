// SPDX-License-Identifier: MIT
// A task sleeps in a system call until another one wakes it, as a reader and a writer of an unbuffered pipe do: whoever
// comes first waits for the other. The sleeper's cpu goes to others, or idles and keeps the sleeper's mm lazily. As in
// try_to_wake_up, who wakes waits until the sleeper has left its cpu (p->on_cpu). Left out: the pipe itself, several
// sleepers at one queue (the second waits for its turn), signals. Cost: kernel.cost.wake_up to enter the queue and to
// leave it, test_flag for each look, a switch.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label enqueue{"wait.sleep", "wake_up", Ordering::full};
const Label look{"wait.look", "test_flag"};
const Label on_cpu{"wait.on_cpu", "test_flag"};
const Label dequeue{"wait.wake", "wake_up", Ordering::full};
}  // namespace

void Kernel::sleep_at(Context& ctx, std::uint32_t queue) {
  enter(ctx, Call::touch, VirtPage{}, Pages{});
  const auto sleeper = state_.sleeper(queue);
  const auto state = state_.task_state(ctx.task());
  ctx.step_when(
      enqueue, writes(sleeper, state), [&](const Access& a) { return !a.read(sleeper).exists(); },
      [&](Access& a) {
        a.write(sleeper, ctx.task());
        a.write(state, TaskState::sleeping);
      });
  scheduler_.schedule(ctx);
  leave(ctx, Call::touch, VirtPage{}, Pages{});
}

TaskId Kernel::find_sleeper(Context& ctx, std::uint32_t queue) {
  const auto sleeper = state_.sleeper(queue);
  const TaskId found = ctx.step_when(
      look, reads(sleeper), [&](const Access& a) { return a.read(sleeper).exists(); },
      [&](Access& a) { return a.read(sleeper); });
  // A task that sleeps stays where it is.
  const auto running = state_.cpu_current(ctx.world().load(state_.task_cpu(found)));
  ctx.step_when(
      on_cpu, reads(running), [&](const Access& a) { return a.read(running) != found; }, [](Access&) {});
  return found;
}

void Kernel::await_at(Context& ctx, std::uint32_t queue) {
  enter(ctx, Call::touch, VirtPage{}, Pages{});
  find_sleeper(ctx, queue);
  leave(ctx, Call::touch, VirtPage{}, Pages{});
}

/// If two tasks wake at one queue, the second finds the first one's sleeper gone, and looks for another.
void Kernel::wake_at(Context& ctx, std::uint32_t queue) {
  enter(ctx, Call::touch, VirtPage{}, Pages{});
  const auto sleeper = state_.sleeper(queue);
  for (bool woken = false; !woken;) {
    const TaskId found = find_sleeper(ctx, queue);
    woken = ctx.step(dequeue, writes(sleeper), [&](Access& a) {
      if (a.read(sleeper) != found) return false;
      a.write(sleeper, TaskId::none());
      return true;
    });
    if (woken) scheduler_.wake_up(ctx, found);
  }
  leave(ctx, Call::touch, VirtPage{}, Pages{});
}

}  // namespace mmulab
