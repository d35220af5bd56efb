// SPDX-License-Identifier: MIT
// What differs between the kernels that the lab knows, apart from the gather:
// configs/kernels/{2.6.20,2.6.22,modern}. Source: linux-gather.md 1, modelling.md 1.1 (mm/memory.c, mm/madvise.c,
// mm/mprotect.c, kernel/fork.c, drivers/char/mem.c of each version).
#pragma once

#include <cstdint>

#include "sim/units/units.h"

namespace mmulab {

/// What mm->tlb_flush_pending is: nothing, a flag that the first to finish takes away (3.13 to 4.13), or a count
/// (16af97dc5a89).
enum class FlushPending : std::uint8_t { none, flag, counter };
/// When whoever moves a page looks whether a flush is pending.
enum class PendingRead : std::uint8_t {
  locked,   ///< under the PTL (8b1b436dd1cc)
  early,    ///< before it takes the PTL, whatever it finds then (until 0a2c40487f3e, a9b802500ebb)
  lockless  ///< the same, but behind a look at the pte, and good only if that is still so under the PTL
};
/// clear_refs clears the accessed bit (2.6.22), or takes the right to write away to learn of the next store
/// (soft-dirty).
enum class ClearRefs : std::uint8_t { young, soft_dirty };
/// What an unshared page table makes a zap flush before i_mmap_lock is released: nothing (3.6 to 5.15), the range
/// (a4a118f2eead), the range on lazy cpus, too.
enum class UnshareFlush : std::uint8_t { none, range, tables };
/// What becomes of an allocation that may not wait.
enum class AtomicAllocation : std::uint8_t { succeeds, fails, either };
/// When mremap flushes the place that its ptes have left.
enum class MoveFlush : std::uint8_t {
  each,           ///< each pte as it is cleared (ptep_clear_flush, until 3.1)
  at_end,         ///< once, when all are moved and no PTL is held (3.2, 7b6efc2bc4f1)
  if_dirty,       ///< the same, but before the PTLs are released if a dirty pte was moved (4.9, 5d1904204c99)
  before_unlock,  ///< always before the PTLs are released (4.19, eb66ae030829)
};

struct KernelPolicy {
  /// CONFIG_PREEMPT: kernel code may be preempted wherever no lock is held.
  bool preempt = false;
  /// MADV_DONTNEED takes mmap_sem for write (2.6.20) or for read (2.6.22 on).
  bool dontneed_takes_sem_for_write = false;
  /// read(/dev/zero) into private memory zaps and maps the zero page (drivers/char/mem.c, read_zero_pagealigned).
  bool zero_read_remaps = true;
  /// Present ptes (or swap entries) that one zap block may use up; an empty pte counts 1/4096 of that.
  std::uint32_t zap_block_ptes = 1024;
  /// The zap walk ends and restarts the gather at the end of each block (2.6); otherwise there are no blocks.
  bool zap_in_blocks = true;
  /// mprotect and fork go through a gather of their own (RFC 2007, mprotect since 2022), not flush_tlb_range /
  /// _mm.
  bool mprotect_gathers = false;
  bool fork_gathers = false;
  /// copy_pte_range looks at need_resched and the locks every so much progress (1 an empty pte, 8 a copied one).
  std::uint32_t copy_progress_units = 32;
  /// fork ends the parent's stale write rights before it returns (flush_tlb_mm in dup_mmap). False leaves that out.
  bool fork_flushes = true;
  /// A zap judges the dirty bit by its look at the pte before the clear, so that one set in between is lost. No kernel
  /// does; move_ptes did until a2ce2666aa87 (bug-museum.md E07).
  bool dirty_tested_before_clear = false;
  /// A file fault takes i_mmap_lock under the PTL to be safe from truncation, which takes them the other way round. No
  /// kernel does.
  bool fault_takes_i_mmap_lock = false;
  /// COW installs the new page only after the old translation is dead (ptep_clear_flush before set_pte_at).
  bool cow_flushes_first = true;
  /// A file fault locks the page from the cache to the pte, so that truncation and writeback exclude it (since 2.6.23,
  /// d00806b18315). 2.6.22 has truncate_count instead, which is left out.
  bool faults_lock_page = false;
  /// Shared file pages stay read-only until the first store, whose fault marks the page dirty (vma_wants_writenotify,
  /// since 2.6.19). False: as for files without dirty accounting (shm).
  bool write_notify = false;
  /// page_mkclean passes by a pte that is not present at a glance, without its PTL (until 2.6.27, 479db0bf408e).
  bool mkclean_skips_empty_ptes = false;
  MoveFlush mremap_flush = MoveFlush::each;
  /// mremap of a file holds i_mmap_lock while it moves ptes, whatever the order of the two places (until 3.6).
  bool mremap_locks_rmap = true;
  /// mremap moves a leaf table as a whole where source and destination cover one (5.0, 2c91bd4a4e2e).
  bool mremap_moves_tables = false;
  /// ... and always holds i_mmap_lock for that (5.14, 97113eb39fa7).
  bool table_move_locks_rmap = true;
  /// The zero page is an ordinary page to rmap, rss and the gather, as until 2.6.23 (557ed1fa2620 made it
  /// special).
  bool zero_page_counted = false;
  FlushPending flush_pending = FlushPending::none;
  /// ptep_clear_flush flushes for a NUMA hint if somebody's flush is pending in that mm (pte_accessible since
  /// 20841405940e): the hint itself may be what is not flushed yet. False is before.
  bool hint_heeds_pending = true;
  PendingRead pending_read = PendingRead::locked;
  /// smp_mb__before_spinlock behind the flag's store, a store barrier (af2c1401e6f9): taking the PTL is none for stores
  /// before it. 8b1b436dd1cc made it superfluous with PendingRead::locked.
  bool pending_barrier = false;
  /// A fault on a NUMA hint moves the page (migrate_misplaced_page) instead of only taking the hint away.
  bool numa_fault_migrates = false;
  /// mprotect takes the right to write from a page on the move, too (make_migration_entry_read, since there are such
  /// entries: 0697212a411c, 2.6.18), and who brings it back asks the VMA again under the PTL. No kernel leaves it out.
  bool mprotect_changes_entries = true;
  /// migrate_vma's collection flushes before it drops the PTL (60bae7370896).
  bool migrate_vma_flushes_locked = true;
  ClearRefs clear_refs = ClearRefs::young;
  bool clear_refs_takes_sem_for_write = false;
  /// clear_refs flushes what it has changed. False: the flush was left to a gather that had noted nothing
  /// (0758cd830494 to 912efa17e512).
  bool clear_refs_flushes = true;
  /// KSM flushes before it compares if somebody's flush is pending in that mm (b3a81d0841a9), though the pte is clean
  /// and read-only.
  bool ksm_heeds_pending = true;
  /// Reclaim flushes what it has unmapped before it writes a page out (try_to_unmap_flush_dirty), and before it frees
  /// pages (try_to_unmap_flush). False leaves that out; no kernel does.
  bool reclaim_flushes_before_io = true;
  bool reclaim_flushes_before_free = true;
  UnshareFlush unshare_flush = UnshareFlush::range;
  /// Unsharing waits for walks without locks before it drops its reference (1013af4f585f).
  bool unshare_waits_for_walkers = true;
  /// Pages for a gather's lists and for batches of page tables: an input, since memory may be short at any time.
  /// Either: explored, both; timed, drawn.
  AtomicAllocation atomic_allocation = AtomicAllocation::succeeds;
  /// The least time from call_rcu to the end of its grace period; explored, there is none.
  Cycles rcu_grace{1'000'000};
  /// Cycles between two ticks of a busy cpu; 0: none.
  Cycles tick;
};

}  // namespace mmulab
