// SPDX-License-Identifier: MIT
// The page lock (PG_locked): a sleeping lock in the page's flags, handed over to its waiters in order. Between mmap_sem
// and i_mmap_lock in the order of locks (mm/rmap.c). Source: include/linux/pagemap.h (lock_page), mm/filemap.c
// (__lock_page, unlock_page). Left out: the hashed wait queues, whose every waiter wakes and competes. Cost:
// kernel.cost.page_ref plus the page struct's line; a sleeper pays for two context switches.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label take{"page_lock.lock", "page_ref", Ordering::atomic};
const Label give{"page_lock.unlock", "page_ref", Ordering::full};
const Label queue_up{"page_lock.wait", "page_ref", Ordering::full};
const Label woken{"page_lock.woken", "page_ref"};
const Label hand_over{"page_lock.hand_over", "page_ref", Ordering::full};

Event lock_event(EventKind kind, Location at, bool only_tried = false) {
  Event event{kind};
  event.b = only_tried ? 1 : 0;
  event.a = static_cast<std::uint64_t>(LockClass::page);
  event.location = at;
  return event;
}

}  // namespace

bool Kernel::take_page_lock(Context& ctx, Frame frame, bool only_tries) {
  const auto flags = state_.frame(frame, FrameFields::flags);
  return ctx.step(take, writes(flags), [&](Access& a) {
    const std::uint64_t now = a.read(flags);
    if ((now & frame_locked) != 0) return false;
    a.write(flags, now | frame_locked);
    emit(a, lock_event(EventKind::lock_acquired, flags.at, only_tries));
    return true;
  });
}

/// The caller holds a reference and no spinlock.
void Kernel::lock_page(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  if (take_page_lock(ctx, frame, false)) return;
  LockWait waited;
  waited.found_taken(ctx);
  sleep_on_page(ctx, frame, waited);
}

void Kernel::sleep_on_page(Context& ctx, Frame frame, const LockWait& waited) {
  const TaskId self = ctx.task();
  const auto flags = state_.frame(frame, FrameFields::flags);
  const auto head = state_.frame_wait_head(frame), tail = state_.frame_wait_tail(frame);
  const auto next = state_.task_next(self);
  const TaskId last = ctx.world().load(tail);
  const auto link = last.exists() ? state_.task_next(last) : next;
  bool retry = false;
  const bool queued =
      ctx.step(queue_up, writes(flags, head, tail, next, link, state_.task_state(self)), [&](Access& a) {
        // The lock may have come free, and the queue may have moved, since we looked.
        const std::uint64_t now = a.read(flags);
        if ((now & frame_locked) == 0) {
          a.write(flags, now | frame_locked);
          waited.report(a, LockClass::page, flags.at);
          emit(a, lock_event(EventKind::lock_acquired, flags.at));
          return false;
        }
        retry = a.keep(a.read(tail) != last);
        if (retry) return false;
        a.write(next, TaskId::none());
        if (last.exists()) a.write(link, self);
        else a.write(head, self);
        a.write(tail, self);
        a.write(state_.task_state(self), TaskState::sleeping);
        return true;
      });
  if (retry) return sleep_on_page(ctx, frame, waited);
  if (!queued) return;
  scheduler_.schedule(ctx);
  ctx.step(woken, reads(flags), [&](Access& a) {
    MMULAB_ASSERT((a.read(flags) & frame_locked) != 0, "a sleeper on a page is woken as its holder");
    waited.report(a, LockClass::page, flags.at);
    emit(a, lock_event(EventKind::lock_acquired, flags.at));
  });
}

void Kernel::unlock_page(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  const auto flags = state_.frame(frame, FrameFields::flags);
  const auto head = state_.frame_wait_head(frame), tail = state_.frame_wait_tail(frame);
  const TaskId first = ctx.step(give, writes(flags).reads(head), [&](Access& a) {
    emit(a, lock_event(EventKind::lock_released, flags.at));
    const TaskId waiter = a.read(head);
    if (!waiter.exists()) a.write(flags, a.read(flags) & ~std::uint64_t{frame_locked});
    return waiter;
  });
  if (!first.exists()) return;
  // Only a holder takes waiters away, and that is still us: others append behind the first.
  const auto next = state_.task_next(first);
  ctx.step(hand_over, writes(head, tail).reads(next), [&](Access& a) {
    const TaskId second = a.read(next);
    a.write(head, second);
    if (!second.exists()) a.write(tail, TaskId::none());
  });
  scheduler_.wake_up(ctx, first);
}

}  // namespace mmulab
