// SPDX-License-Identifier: MIT
// exit: the last user of an mm tears it down (kernel/exit.c exit_mm, mm/mmap.c exit_mmap). The gather covers the
// whole mm and is told so. The task then runs no mm until it is gone (its cpu borrows whatever it had).
#include "models/mm/kernel.h"

namespace mmulab {
namespace {
const Label release_mm{"exit.mm_release", "mm_init", Ordering::full};
const Label drop_mm_label{"mm.free_root", "mm_init", Ordering::full};
const Label gone{"exit.mm_destroyed", "mm_init"};
}  // namespace

void Kernel::exit(Context& ctx) {
  const MmId mm = mm_of(ctx);
  enter(ctx, Call::exit, VirtPage{}, state_.geometry().user_pages());
  if (!mm.exists()) scheduler_.exit(ctx);
  const auto own = state_.task_mm(ctx.task());
  // exit_mm: the task is a lazy user from here on, the mm loses a user afterwards. A switch in between would return
  // what has not been borrowed yet, so interrupts are off.
  locks_.irq_disable(ctx);
  scheduler_.borrow_mm(ctx, mm);
  ctx.step(release_mm, writes(own), [&](Access& a) { a.write(own, MmId::none()); });
  port_.switch_mm(ctx, mm, MmId::none());
  locks_.irq_enable(ctx);
  leave_mm(ctx, mm);
  if (state_.limits().waits_for_tasks) come_to(ctx, TaskStage::over);
  scheduler_.exit(ctx);
}

/// mmput.
void Kernel::leave_mm(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto users = state_.mm_users(mm);
  const bool last = ctx.step(release_mm, writes(users), [&](Access& a) {
    a.write(users, a.read(users) - 1);
    return a.read(users) == 0;
  });
  if (!last) return;
  exit_mmap(ctx, mm);
  scheduler_.return_mm(ctx, mm);
}

void Kernel::exit_mmap(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  strategy_.mm_dying(ctx, mm);
  Gather g;
  g.mm = mm;
  g.kind = GatherKind::exit;
  g.outer = OuterLock::none;
  g.full_mm = true;
  g.end = VirtPage{} + state_.geometry().user_pages();
  strategy_.begin(ctx, g);
  for (std::uint32_t n = 0, vmas = vma_count(ctx, mm); n < vmas; ++n) {
    VmaRecord vma;
    const VmaId id = state_.vma_of(mm, n);
    read_vma(ctx, id, vma);
    unmap_vma(ctx, g, id, vma.first, vma.end);
  }
  while (vma_count(ctx, mm) != 0) remove_vma(ctx, mm, state_.vma_of(mm, 0));
  free_page_tables(ctx, g, {VirtPage{}, g.end}, {VirtPage{}, g.end});
  strategy_.end(ctx, g);
  port_.destroy_mm(ctx, mm);
  ctx.step(gone, reads(state_.mm_rss(mm)), [&](Access& a) {
    Event event{EventKind::mm_destroyed};
    event.mm = mm;
    event.a = a.read(state_.mm_rss(mm));
    emit(a, event);
  });
}

void Kernel::drop_mm(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto root_cell = state_.mm_root(mm);
  const TableId root = ctx.step(drop_mm_label, writes(root_cell),
                                [&](Access& a) { return a.exchange(root_cell, TableId::none()); });
  if (root.exists()) free_table(ctx, root, state_.geometry().levels() - 1);
}

}  // namespace mmulab
