// SPDX-License-Identifier: MIT
// Who runs where, in which mode, inside which call, with which locks: what the ledger knows of cpus and tasks,
// from events alone. Source: the meaning of `usable` in modelling.md 3. Left out: nested interrupts (the kernel
// has none).
#pragma once

#include <vector>

#include "models/mm/locks.h"
#include "sim/check/copy_on_write.h"
#include "sim/check/remembers.h"
#include "sim/events/event.h"

namespace mmulab {

[[nodiscard]] const char* call_name(Call call);
/// After its return nothing of what was mapped in its range may be reachable.
[[nodiscard]] bool zaps(Call call);
/// It shows another frame in a page's place, behind its owner's back.
[[nodiscard]] bool replaces(Call call);

/// A point of the history: when, who, inside which call.
struct Moment {
  bool known = false;
  std::uint64_t order = 0;  ///< number of the event; 0 is before all
  Cycle cycle;
  CpuId cpu;
  TaskId task;
  bool in_call = false;
  Call call{};
  std::uint64_t call_order = 0;  ///< identifies the call
};

struct HeldLock {
  LockClass lock_class{};
  Location at;
  std::uint64_t order = 0;  ///< identifies this acquisition
  bool irqs_off = false;
  bool for_reading = false;  ///< mmap_sem: others may read, too
};

struct ActiveCall {
  Call call{};
  TaskId task;
  MmId mm;
  VirtPage first;
  std::uint64_t pages = 0;
  std::uint64_t order = 0;
  std::uint64_t revoked = 0;  ///< present ptes that it has cleared
  std::uint64_t lowered = 0;  ///< ptes whose rights it has lowered
  std::uint64_t denied = 0;   ///< rights that its range has no longer (mprotect)
  VirtPage last_revoked;      ///< the last page whose pte it has cleared
  [[nodiscard]] bool covers(MmId m, VirtPage page) const {
    return m == mm && page >= first && page.raw() - first.raw() < pages;
  }
};

struct TaskRecord {
  std::vector<ActiveCall> calls;  ///< innermost last
  std::vector<HeldLock> locks;
  bool irqs_off = false;
  bool flushing = false;
  std::uint64_t last_flush_done = 0;
};

struct CpuRecord {
  enum class Mode : std::uint8_t { unknown, user, kernel };
  Mode mode = Mode::unknown;  ///< unknown: it runs user code since before the first event
  bool mm_known = false;
  MmId mm;  ///< of the task in user mode
  Tag tag;  ///< loaded
  MmId tag_mm;
  bool tag_unused = false;  ///< loaded since it was last in user mode
  bool irqs_off = false;
  bool interrupt_pending = false;  ///< delivered, not yet taken
  std::uint32_t xcalls_pending = 0;
};

class Execution {
 public:
  /// Takes note of `event`; `order` is its number. Returned calls and released locks are gone afterwards.
  void apply(const Event& event, std::uint64_t order);

  [[nodiscard]] const CpuRecord& cpu(CpuId cpu) const {
    return cpu.raw() < cpus_.size() ? cpus_[cpu.raw()] : no_cpu_;
  }
  [[nodiscard]] const TaskRecord& task(TaskId t) const {
    return t.raw() < tasks_.size() ? *tasks_[t.raw()] : no_task_;
  }
  [[nodiscard]] std::uint32_t tasks() const { return static_cast<std::uint32_t>(tasks_.size()); }
  [[nodiscard]] Moment moment(const Event& event, std::uint64_t order) const;
  /// The innermost call of the task, or null.
  [[nodiscard]] const ActiveCall* call_of(TaskId t) const;
  [[nodiscard]] ActiveCall* call_to_change(TaskId t);
  [[nodiscard]] bool call_is_active(TaskId t, std::uint64_t call_order) const;
  /// The task holds this very acquisition still.
  [[nodiscard]] bool still_holds(TaskId t, const HeldLock& lock) const;
  /// Who holds the lock at `at`; none if nobody.
  [[nodiscard]] TaskId holder_of(Location at) const;

  /// What the event ended: set by apply for call_returned and lock_released.
  [[nodiscard]] const ActiveCall& finished_call() const { return finished_; }
  [[nodiscard]] const HeldLock& released_lock() const { return released_; }

  /// Is user code running on the cpu, or about to, with no accepted interrupt due first?
  [[nodiscard]] bool runs_user(CpuId c) const;
  /// Would an entry tagged `tag` of `mm` answer on that cpu?
  [[nodiscard]] bool answers(CpuId c, Tag tag, MmId mm) const;
  [[nodiscard]] bool runs_mm(CpuId c, MmId mm) const;

  void mix_into(StateHash& hash) const;

 private:
  CpuRecord& cpu_at(CpuId c);
  TaskRecord& task_at(TaskId t);
  void apply_mode(const Event& event);
  void apply_lock(const Event& event, std::uint64_t order);
  void apply_call(const Event& event, std::uint64_t order);
  void apply_interrupt(const Event& event);

  std::vector<CpuRecord> cpus_;
  std::vector<CopyOnWrite<TaskRecord>> tasks_;
  CpuRecord no_cpu_;
  TaskRecord no_task_;
  ActiveCall finished_;
  HeldLock released_;
};

}  // namespace mmulab
