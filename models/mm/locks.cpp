// SPDX-License-Identifier: MIT
#include "models/mm/locks.h"

#include <array>

namespace mmulab {
namespace {

using Word = Cell<std::uint64_t>;

// One of each for each spinlock's class, each where it can be told from the others; mmap_sem and the page lock, the
// first classes, are none (sem.cpp, page_lock.cpp).
const Label lock_i_mmap{"i_mmap_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_anon_vma{"anon_vma_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_page_table{"page_table_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_ptl{"ptl.lock", "spin_lock", Ordering::atomic};
const Label lock_rq{"rq_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_zone{"zone_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_context{"context_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_ctx_alloc{"ctx_alloc_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_shootdown{"shootdown_lock.lock", "spin_lock", Ordering::atomic};
const Label lock_tlbie{"tlbie_lock.lock", "spin_lock", Ordering::atomic};
const Label unlock_i_mmap{"i_mmap_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_anon_vma{"anon_vma_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_page_table{"page_table_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_ptl{"ptl.unlock", "spin_unlock", Ordering::release};
const Label unlock_rq{"rq_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_zone{"zone_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_context{"context_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_ctx_alloc{"ctx_alloc_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_shootdown{"shootdown_lock.unlock", "spin_unlock", Ordering::release};
const Label unlock_tlbie{"tlbie_lock.unlock", "spin_unlock", Ordering::release};
const Label* const lock_labels[] = {
    &lock_i_mmap, &lock_anon_vma, &lock_page_table, &lock_ptl, &lock_rq, &lock_zone, &lock_context,
    &lock_ctx_alloc, &lock_shootdown, &lock_tlbie};
const Label* const unlock_labels[] = {
    &unlock_i_mmap, &unlock_anon_vma, &unlock_page_table, &unlock_ptl, &unlock_rq, &unlock_zone, &unlock_context,
    &unlock_ctx_alloc, &unlock_shootdown, &unlock_tlbie};
const Label irq_off{"irq.disable", "irq_disable"};
const Label irq_on{"irq.enable", "irq_enable"};
const Label preempt_off{"preempt.disable", "preempt_disable"};
const Label preempt_on{"preempt.enable", "preempt_enable"};

std::size_t spinlock_number(LockClass lock_class) {
  MMULAB_ASSERT(lock_class >= LockClass::i_mmap, "mmap_sem and the page lock are no spinlocks");
  return static_cast<std::size_t>(lock_class) - static_cast<std::size_t>(LockClass::i_mmap);
}

/// One deeper; says so if this was the outermost.
void deepen(Access& a, Word depth, EventKind outermost) {
  if (a.add(depth, std::uint64_t{1}) == 1) emit(a, Event{outermost});
}
void rise(Access& a, Word depth, EventKind outermost) {
  const std::uint64_t left = a.read(depth) - 1;
  a.write(depth, left);
  if (left == 0) emit(a, Event{outermost});
}
Event lock_event(EventKind kind, LockClass lock_class, Location at) {
  Event event{kind};
  event.a = static_cast<std::uint64_t>(lock_class);
  event.location = at;
  return event;
}

}  // namespace

const char* name_of(LockClass lock_class) {
  static constexpr std::array<const char*, lock_classes> names = {
      "mmap_sem", "page_lock", "i_mmap_lock",  "anon_vma_lock",  "page_table_lock", "ptl",
      "rq_lock",  "zone_lock", "context_lock", "ctx_alloc_lock", "shootdown_lock",  "tlbie_lock"};
  return names[static_cast<std::size_t>(lock_class)];
}

void LockWait::report(const Access& a, LockClass lock_class, Location at) const {
  if (!contended_) return;
  Event event = lock_event(EventKind::lock_waited, lock_class, at);
  event.b = (a.context().now() - since_).raw();
  emit(a, event);
}

void Locks::spin_lock(Context& ctx, Word lock, LockClass lock_class) const {
  const Word depth = state_.task_preempt_off(ctx.task());
  LockWait wait;
  const auto is_free = [&](const Access& a) {
    if (a.read(lock) == 0) return true;
    wait.found_taken(ctx);
    return false;
  };
  ctx.step_when(*lock_labels[spinlock_number(lock_class)], writes(lock, depth), is_free,
                [&](Access& a) {
                  a.write(lock, std::uint64_t{ctx.task().raw()} + 1);
                  deepen(a, depth, EventKind::preemption_disabled);
                  wait.report(a, lock_class, lock.at);
                  emit(a, lock_event(EventKind::lock_acquired, lock_class, lock.at));
                });
}

void Locks::spin_unlock(Context& ctx, Word lock, LockClass lock_class) const {
  const Word depth = state_.task_preempt_off(ctx.task());
  ctx.step(*unlock_labels[spinlock_number(lock_class)], writes(lock, depth), [&](Access& a) {
    MMULAB_ASSERT(a.read(lock) == std::uint64_t{ctx.task().raw()} + 1, "only the holder unlocks");
    emit(a, lock_event(EventKind::lock_released, lock_class, lock.at));
    a.write(lock, std::uint64_t{0});
    rise(a, depth, EventKind::preemption_enabled);
  });
}

void Locks::spin_lock_irq(Context& ctx, Word lock, LockClass lock_class) const {
  irq_disable(ctx);
  spin_lock(ctx, lock, lock_class);
}

void Locks::spin_unlock_irq(Context& ctx, Word lock, LockClass lock_class) const {
  spin_unlock(ctx, lock, lock_class);
  irq_enable(ctx);
}

void Locks::irq_disable(Context& ctx) const {
  const Word depth = state_.task_irqs_off(ctx.task());
  ctx.step(irq_off, writes(depth), [&](Access& a) { deepen(a, depth, EventKind::irqs_disabled); });
}

void Locks::irq_enable(Context& ctx) const {
  const Word depth = state_.task_irqs_off(ctx.task());
  ctx.step(irq_on, writes(depth), [&](Access& a) { rise(a, depth, EventKind::irqs_enabled); });
}

void Locks::preempt_disable(Context& ctx) const {
  const Word depth = state_.task_preempt_off(ctx.task());
  ctx.step(preempt_off, writes(depth), [&](Access& a) { deepen(a, depth, EventKind::preemption_disabled); });
}

void Locks::preempt_enable(Context& ctx) const {
  const Word depth = state_.task_preempt_off(ctx.task());
  ctx.step(preempt_on, writes(depth), [&](Access& a) { rise(a, depth, EventKind::preemption_enabled); });
}

}  // namespace mmulab
