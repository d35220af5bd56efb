// SPDX-License-Identifier: MIT
// The hooks through which a gather strategy acts; nothing else in the kernel knows it. modelling.md section 2
// gives each hook's meaning and the locks and preemption state in which the kernel calls it; the comments repeat
// the latter. The defaults do nothing, but for pte_op and put_page, whose default is the plain accessor and an
// immediate free.
#pragma once

#include "models/mm/port.h"
#include "models/mm/vma.h"

namespace mmulab {

class Kernel;

enum class GatherKind : std::uint8_t {
  unmap,
  exit,
  truncate,
  dontneed,
  zero_read,
  fork,
  mprotect,
  mremap,
  clear_refs,
  madv_free,
  protnone
};

/// What a gather may do while it runs: which sleeping or spinning lock surrounds it.
enum class OuterLock : std::uint8_t { mmap_sem_write, mmap_sem_read, i_mmap_lock, none };

/// One gather, from begin to end. Lives on the kernel stack; the page lists live in the World (see GatherStore).
struct Gather {
  MmId mm;
  GatherKind kind = GatherKind::unmap;
  OuterLock outer = OuterLock::mmap_sem_write;
  VirtPage first;
  VirtPage end;
  bool full_mm = false;

  // The strategy's own, between hooks.
  bool need_flush = false;
  bool freed_tables = false;
  bool stopped = false;        ///< put_page or room said stop since the last after_unlock
  bool unshared = false;       ///< a page table that others share was let go, and nothing flushed since
  bool force_flush = false;    ///< a dirty shared page was cleared under this PTL
  bool delayed_rmaps = false;  ///< its list holds pages, from `first_delayed` on, whose map count it still owes
  bool attached = false;       ///< a lazily attached list, and with it the pin, is held
  bool nested = false;         ///< another gather of this mm was open at begin or end
  VirtPage range_first{~std::uint64_t{0}};
  VirtPage range_end;
  Location list;               ///< its list in the page store
  std::uint32_t capacity = 0;
  std::uint32_t first_delayed = 0;
  std::uint32_t table_batch = 0;  ///< of page tables that wait for RCU; 0: none
};

inline void remember(History& history, const Gather& g) {
  history.learn(g.mm);
  history.learn(std::uint64_t{g.need_flush} | std::uint64_t{g.freed_tables} << 1 | std::uint64_t{g.stopped} << 2 |
                std::uint64_t{g.force_flush} << 3 | std::uint64_t{g.attached} << 4 | std::uint64_t{g.nested} << 5 |
                std::uint64_t{g.delayed_rmaps} << 6 | std::uint64_t{g.first_delayed} << 7 |
                std::uint64_t{g.unshared} << 40);
  history.learn(g.range_first);
  history.learn(g.range_end);
  history.learn(g.list);
  history.learn(g.capacity);
  history.learn(g.table_batch);
}

enum class Room : std::uint8_t { go, stop };
enum class PageVerdict : std::uint8_t { ok, stop };
enum class AfterUnlock : std::uint8_t { go_on, flush_and_go_on, restart };
enum class Budget : std::uint8_t { go, stop };
enum class LockBreakReason : std::uint8_t { block_used, need_resched, contention };

/// The page locks that a section covers: one for zap and mprotect, two for fork and mremap.
struct PtlPair {
  Cell<std::uint64_t> first;
  Cell<std::uint64_t> second;
  bool two = false;
};

struct NoteArguments {
  MmId mm;
  VirtPage page;
  Pte old_pte;
  Pte new_pte;
  bool dirty_file_page = false;
};

/// flush_tlb_mm / flush_tlb_range / flush_tlb_page, called after the fact by fork, mprotect and rmap.
struct ClassicFlush {
  Invalidation::Scope scope = Invalidation::Scope::mm;
  MmId mm;
  VirtPage first;
  VirtPage end;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  /// As Port::treats_cpus_alike.
  [[nodiscard]] virtual bool treats_cpus_alike() const { return false; }

  /// Start of a gather. mmap_sem or i_mmap_lock; no PTL.
  virtual void begin(Context&, Gather&) {}
  /// Around the pages of one VMA. No PTL; end_vma before the VMA is unlinked.
  virtual void start_vma(Context&, Gather&, const VmaRecord&) {}
  virtual void end_vma(Context&, Gather&, const VmaRecord&) {}
  /// Just after the PTL was taken (lazy-mmu enter). `g` may be null (fork, mprotect in 2.6).
  virtual void locked(Context&, Gather* g, MmId, const PtlPair&) { (void)g; }
  /// Someone else's pending flush of [first, end). PTL held, before ptes are read.
  virtual void settle(Context&, MmId, VirtPage first, VirtPage end) { (void)first, (void)end; }
  /// Is there room for n more pages? PTL held; must not sleep.
  virtual Room room(Context&, Gather&, std::uint32_t n) { (void)n; return Room::go; }
  /// Changes one pte and returns the old one. PTL held; `g` null when called from fault, rmap, 2.6 mprotect and
  /// fork.
  virtual Pte pte_op(Context&, Gather* g, const PteRequest&) = 0;
  /// Records the obligation that pte_op made. PTL held, same preemption-off section.
  virtual void note(Context&, Gather&, const NoteArguments&) {}
  /// Does put_page take the map count of a dirty shared page over, to drop it behind the flush?
  [[nodiscard]] virtual bool delays_rmap() const { return false; }
  /// Queues or frees a page whose last mapping here is gone. PTL held, atomic. `delayed_rmap`: its map count is the
  /// strategy's to drop (Kernel::remove_rmap), before the PTL is released.
  virtual PageVerdict put_page(Context&, Gather&, Frame, bool delayed_rmap) = 0;
  /// Frees a page-table page. VMAs unlinked; no PTL of a leaf table.
  virtual void put_table(Context&, Gather&, std::size_t level, TableId, VirtPage) = 0;
  /// Just before the PTL is released (lazy-mmu leave, the thread's hook). PTL held.
  virtual void before_unlock(Context&, Gather* g, MmId) { (void)g; }
  /// Just after. No PTL; atomic if i_mmap_lock is held.
  virtual AfterUnlock after_unlock(Context&, Gather&) { return AfterUnlock::go_on; }
  /// `progress` ptes looked at since the PTL was taken. PTL held.
  virtual Budget budget(Context&, Gather&, std::uint32_t progress) { (void)progress; return Budget::go; }
  /// What has been noted is flushed now, and nothing freed. No PTL; perhaps i_mmap_lock.
  virtual void flush(Context&, Gather&) {}
  /// The walk's block is used up, or somebody wants the cpu or a lock. No PTL.
  virtual void lock_break(Context&, Gather&, LockBreakReason) {}
  /// The last flush and free. As begin.
  virtual void end(Context&, Gather&) {}
  /// flush_tlb_{mm,range,page}. mprotect, fork: mmap_sem write, no PTL; rmap: PTL.
  virtual void classic_flush(Context&, const ClassicFlush&) {}
  /// Context switch away from `mm`. Interrupts off: must not wait for IPIs.
  virtual void switch_out(Context&, MmId) {}
  virtual void switch_in(Context&, MmId) {}
  /// mm_users reached zero; no locks.
  virtual void mm_dying(Context&, MmId) {}
  /// Asked by COW, migration, KSM: could a copy of this pte be cached? That pte's PTL held.
  [[nodiscard]] virtual bool may_be_cached(Context&, MmId, VirtPage, Pte) { return true; }
  /// A pte that maps a page to be reclaimed has been cleared: true if its flush is put off until rmap_flush, false if
  /// the caller must flush now. PTL held; `dirty`: stores may still be on their way through old translations.
  virtual bool rmap_note(Context&, MmId, bool dirty) { (void)dirty; return false; }
  /// Whatever this task's rmap_note has put off, is flushed; with `dirty_only`, only if it noted a dirty pte. No PTL.
  virtual void rmap_flush(Context&, bool dirty_only) { (void)dirty_only; }
  /// Before the hash fault inserts (ppc64): nothing pending may answer for `page`. Interrupts off, BUSY set.
  virtual void hash_fault(Context&, MmId, VirtPage) {}

  /// Entries (va, old pte) noted and not yet invalidated; a hook for reports and for batch-empty-at-unlock.
  [[nodiscard]] virtual bool promises_empty_at_unlock() const { return false; }
};

}  // namespace mmulab
