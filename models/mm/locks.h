// SPDX-License-Identifier: MIT
// Spinlocks, interrupt and preemption depth. A spinlock is a word that is 0 or its holder's task id plus one;
// taking it is one step whose guard is that it is free, and disables preemption in the same step (Linux 2.6
// spin_lock; include/linux/spinlock.h). Depths belong to the task and travel with it. Cost: kernel.cost.spin_lock
// and spin_unlock, plus the transfer of the lock's line; irq_disable / irq_enable, preempt_disable /
// preempt_enable. Left out: ticket order (waiters race for the line), lockdep.
#pragma once

#include "models/mm/state.h"
#include "sim/events/stream.h"

namespace mmulab {

/// The classes of the declared partial order, outermost first (modelling.md 3, lock-order).
enum class LockClass : std::uint8_t {
  mmap_sem, page, i_mmap, anon_vma, page_table, ptl, run_queue, zone, context, context_alloc, shootdown, tlbie
};
inline constexpr std::size_t lock_classes = 12;
[[nodiscard]] const char* name_of(LockClass lock_class);

/// From an attempt that finds the lock taken until the attempt that gets it; for lock_waited.
class LockWait {
 public:
  /// An attempt of this context failed.
  void found_taken(const Context& ctx) {
    // An explorer tests guards as often as it likes.
    if (!ctx.host().keeps_time()) return;
    if (!contended_) since_ = ctx.now();
    contended_ = true;
  }
  /// In the step that acquires the lock, before lock_acquired: says how long it took, if it was not free at once.
  void report(const Access& a, LockClass lock_class, Location at) const;

 private:
  bool contended_ = false;
  Cycle since_;
};

class Locks {
 public:
  explicit Locks(const KernelState& state) : state_(state) {}

  void spin_lock(Context& ctx, Cell<std::uint64_t> lock, LockClass lock_class) const;
  void spin_unlock(Context& ctx, Cell<std::uint64_t> lock, LockClass lock_class) const;
  /// The same with interrupts off on this cpu from before the attempt until the unlock.
  void spin_lock_irq(Context& ctx, Cell<std::uint64_t> lock, LockClass lock_class) const;
  void spin_unlock_irq(Context& ctx, Cell<std::uint64_t> lock, LockClass lock_class) const;

  void irq_disable(Context& ctx) const;
  void irq_enable(Context& ctx) const;
  void preempt_disable(Context& ctx) const;
  /// Does not reschedule by itself: the scheduler's preemption point follows (Scheduler::preempt_check).
  void preempt_enable(Context& ctx) const;

 private:
  const KernelState& state_;
};

}  // namespace mmulab
