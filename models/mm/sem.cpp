// SPDX-License-Identifier: MIT
// mmap_sem: a reader-writer semaphore that queues in order and hands itself over to whoever it wakes
// (lib/rwsem.c). A reader waits behind a queued writer; sem_sleep is told since when the lock was found taken.
// Left out: spinning on the owner. Cost: kernel.cost.rwsem plus its line.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label take_read{"mmap_sem.down_read", "rwsem", Ordering::atomic};
const Label take_write{"mmap_sem.down_write", "rwsem", Ordering::atomic};
const Label give_read{"mmap_sem.up_read", "rwsem", Ordering::full};
const Label give_write{"mmap_sem.up_write", "rwsem", Ordering::full};
const Label queue_up{"mmap_sem.wait", "rwsem", Ordering::full};
const Label woken{"mmap_sem.woken", "rwsem"};
const Label hand_over{"mmap_sem.hand_over", "rwsem", Ordering::full};

enum class Wait : std::uint64_t { none, read, write, granted };

Event sem_event(EventKind kind, Location at, bool write) {
  Event event{kind};
  event.a = static_cast<std::uint64_t>(LockClass::mmap_sem);
  event.b = write ? 1 : 0;
  event.location = at;
  return event;
}

}  // namespace

void Kernel::down_read(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto readers = state_.sem_readers(mm);
  const auto writer = state_.sem_writer(mm);
  const auto head = state_.sem_head(mm);
  const bool taken = ctx.step(take_read, counts(readers).reads(writer, head), [&](Access& a) {
    if (a.read(writer) || a.read(head).exists()) return false;
    a.count(readers, std::uint64_t{1});
    emit(a, sem_event(EventKind::lock_acquired, readers.at, false));
    return true;
  });
  if (taken) return;
  LockWait wait;
  wait.found_taken(ctx);
  sem_sleep(ctx, mm, false, wait);
}

void Kernel::down_write(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto readers = state_.sem_readers(mm);
  const auto writer = state_.sem_writer(mm);
  const auto head = state_.sem_head(mm);
  const bool taken = ctx.step(take_write, writes(writer).reads(readers, head), [&](Access& a) {
    if (a.read(writer) || a.read(readers) != 0 || a.read(head).exists()) return false;
    a.write(writer, true);
    emit(a, sem_event(EventKind::lock_acquired, readers.at, true));
    return true;
  });
  if (taken) return;
  LockWait wait;
  wait.found_taken(ctx);
  sem_sleep(ctx, mm, true, wait);
}

void Kernel::up_read(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto readers = state_.sem_readers(mm);
  const auto head = state_.sem_head(mm);
  const bool wake = ctx.step(give_read, counts(readers).reads(head), [&](Access& a) {
    emit(a, sem_event(EventKind::lock_released, readers.at, false));
    const bool last = a.count(readers, ~std::uint64_t{0}) == 0;
    return last && a.read(head).exists();
  });
  if (wake) sem_wake(ctx, mm);
}

void Kernel::up_write(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto readers = state_.sem_readers(mm);
  const auto writer = state_.sem_writer(mm);
  const auto head = state_.sem_head(mm);
  const bool wake = ctx.step(give_write, writes(writer).reads(head), [&](Access& a) {
    emit(a, sem_event(EventKind::lock_released, readers.at, true));
    a.write(writer, false);
    return a.read(head).exists();
  });
  if (wake) sem_wake(ctx, mm);
}

void Kernel::sem_sleep(Context& ctx, MmId mm, bool write, const LockWait& waited) {
  const TaskId self = ctx.task();
  const auto readers = state_.sem_readers(mm);
  const auto writer = state_.sem_writer(mm);
  const auto head = state_.sem_head(mm), tail = state_.sem_tail(mm);
  const auto wait = state_.task<Wait>(self, TaskFields::sem_wait);
  const auto next = state_.task_next(self);
  const TaskId last = ctx.world().load(tail);
  const auto link = last.exists() ? state_.task_next(last) : next;
  bool retry = false;
  const bool queued = ctx.step(
      queue_up, writes(readers, writer, head, tail, wait, next, link, state_.task_state(self)), [&](Access& a) {
        // The lock may have come free, and the queue may have moved, since we looked.
        if (!a.read(head).exists() && !a.read(writer) && (!write || a.read(readers) == 0)) {
          if (write) a.write(writer, true);
          else a.add(readers, std::uint64_t{1});
          waited.report(a, LockClass::mmap_sem, readers.at);
          emit(a, sem_event(EventKind::lock_acquired, readers.at, write));
          return false;
        }
        retry = a.keep(a.read(tail) != last);
        if (retry) return false;
        a.write(next, TaskId::none());
        if (last.exists()) a.write(link, self);
        else a.write(head, self);
        a.write(tail, self);
        a.write(wait, write ? Wait::write : Wait::read);
        a.write(state_.task_state(self), TaskState::sleeping);
        return true;
      });
  if (retry) return sem_sleep(ctx, mm, write, waited);
  if (!queued) return;
  scheduler_.schedule(ctx);
  ctx.step(woken, reads(wait), [&](Access& a) {
    MMULAB_ASSERT(a.read(wait) == Wait::granted, "a sleeper on mmap_sem is woken as its holder");
    waited.report(a, LockClass::mmap_sem, readers.at);
    emit(a, sem_event(EventKind::lock_acquired, readers.at, write));
  });
}

/// Grants the lock to the first waiter, and to the readers right behind it if that is a reader.
void Kernel::sem_wake(Context& ctx, MmId mm) {
  const auto readers = state_.sem_readers(mm);
  const auto writer = state_.sem_writer(mm);
  const auto head = state_.sem_head(mm), tail = state_.sem_tail(mm);
  for (;;) {
    const TaskId first = ctx.world().load(head);
    if (!first.exists()) return;
    const auto wait = state_.task<Wait>(first, TaskFields::sem_wait);
    const auto next = state_.task_next(first);
    bool granted = false, again = false;
    ctx.step(hand_over, writes(readers, writer, head, tail, wait).reads(next), [&](Access& a) {
      if (a.keep(a.read(head) != first)) { again = true; return; }
      const bool write = a.read(wait) == Wait::write;
      if (a.keep(a.read(writer) || (write && a.read(readers) != 0))) return;
      if (write) a.write(writer, true); else a.add(readers, std::uint64_t{1});
      a.write(wait, Wait::granted);
      const TaskId second = a.read(next);
      a.write(head, second);
      if (!second.exists()) a.write(tail, TaskId::none());
      granted = true;
    });
    if (again) continue;
    if (!granted) return;
    scheduler_.wake_up(ctx, first);
  }
}

}  // namespace mmulab
