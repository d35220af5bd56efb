// SPDX-License-Identifier: MIT
// System call entry and return, common to all calls; a kernel thread, whose mm is none, makes them without leaving or
// entering user mode. Cost: kernel.cost.syscall_entry, syscall_exit.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label syscall_entry{"syscall.enter", "syscall_entry", Phase::entry};
const Label syscall_exit{"syscall.return_to_user", "syscall_exit"};

Event call_event(EventKind kind, Call call, MmId mm, VirtPage first, Pages pages) {
  Event event{kind};
  event.mm = mm;
  event.page = first;
  event.a = static_cast<std::uint64_t>(call);
  event.b = pages.raw();
  return event;
}

/// Whose pages are a file's: the range lies in no address space.
bool names_file(Call call) {
  return call == Call::unmap_mapping || call == Call::truncate || call == Call::writeback || call == Call::reclaim;
}

}  // namespace

void Kernel::enter(Context& ctx, Call call, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  const auto in_user = state_.task_in_user(ctx.task());
  const MmId mm = mm_of(ctx);
  ctx.step(syscall_entry, writes(in_user), [&](Access& a) {
    a.write(in_user, false);
    emit(a, call_event(EventKind::entered_kernel, call, mm, first, pages));
    emit(a, call_event(EventKind::call_entered, call, names_file(call) ? MmId::none() : mm, first, pages));
  });
}

void Kernel::leave(Context& ctx, Call call, VirtPage first, Pages pages) {
  const Conclusion nothing(ctx);
  scheduler_.cond_resched(ctx);
  const auto in_user = state_.task_in_user(ctx.task());
  const MmId mm = mm_of(ctx);
  ctx.step(syscall_exit, writes(in_user), [&](Access& a) {
    emit(a, call_event(EventKind::call_returned, call, names_file(call) ? MmId::none() : mm, first, pages));
    if (!mm.exists()) return;
    a.write(in_user, true);
    emit(a, call_event(EventKind::returned_to_user, call, mm, first, pages));
  });
}

void Kernel::yield(Context& ctx) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::touch, VirtPage{}, Pages{});
  scheduler_.schedule(ctx);
  leave(ctx, Call::touch, VirtPage{}, Pages{});
}

}  // namespace mmulab
