// SPDX-License-Identifier: MIT
#include "models/mm/interrupts.h"

namespace mmulab {
namespace {
const Label enter{"irq.enter", "irq_entry", Phase::entry, Ordering::atomic};
const Label leave{"irq.exit", "irq_exit", Ordering::atomic};
const Label resume_user{"irq.return_to_user", "irq_exit", Ordering::atomic};
}  // namespace

void KernelInterrupts::take(Context& ctx) {
  const auto depth = state_.task_irqs_off(ctx.task());
  const auto in_user = state_.task_in_user(ctx.task());
  const auto pending = state_.cpu_pending(ctx.cpu());
  const bool from_user = ctx.world().load(in_user);
  const Conclusion each(ctx);
  for (;;) {
    // However often an interrupt comes before the last one's return.
    each.forget_all_but(from_user);
    const std::uint64_t taken = ctx.step_uninterrupted(enter, writes(depth, in_user, pending), [&](Access& a) {
      a.add(depth, std::uint64_t{1});
      if (from_user && a.exchange(in_user, false)) emit(a, Event{EventKind::entered_kernel});
      emit(a, Event{EventKind::irqs_disabled});
      return a.exchange(pending, std::uint64_t{0});
    });
    for (std::size_t v = 0; v < vectors; ++v)
      if ((taken >> v & 1) != 0 && handlers_[v]) handlers_[v](ctx);
    const bool more = ctx.step(leave, writes(depth).reads(pending), [&](Access& a) {
      a.write(depth, a.read(depth) - 1);
      emit(a, Event{EventKind::irqs_enabled});
      return a.read(pending) != 0;
    });
    if (!more) break;
  }
  if (on_exit_) on_exit_(ctx, from_user);
  if (!from_user) return;
  ctx.step(resume_user, writes(in_user), [&](Access& a) {
    a.write(in_user, true);
    Event back{EventKind::returned_to_user};
    back.mm = ctx.world().load(state_.task_mm(ctx.task()));
    emit(a, back);
  });
}

}  // namespace mmulab
