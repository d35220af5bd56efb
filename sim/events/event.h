// SPDX-License-Identifier: MIT
// What the models say happened: the one ordered stream that checkers, statistics and traces watch. A model emits
// an event inside the step that makes it true; it never reads the stream back, and no checker reads a model.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/state/cell.h"
#include "sim/units/units.h"

namespace mmulab {

/// System calls and faults whose entry and return the stream reports.
enum class Call : std::uint8_t {
  munmap,
  exit,
  dontneed,
  zero_read,
  unmap_mapping,
  fork,
  mprotect,
  mmap,
  touch,
  fault,
  madv_free,
  discard,
  protnone,
  migrate,
  migrate_vma,
  clear_refs,
  ksm_merge,
  reclaim_anon,
  truncate,
  writeback,
  page_mkclean,  ///< not a call of its own, but it has obligations of its own: inside writeback and reclaim
  reclaim,
  mremap,
  gup,
  demote,
  clone,
  exec,
  wait
};
inline constexpr std::size_t call_kinds = 28;

enum class EventKind : std::uint8_t {
  // frames, tables, ptes
  pte_stored,       ///< mm, page, location; a = old pte, b = new pte
  frame_allocated,  ///< frame; mm and page of the anonymous owner, mm none for a file; a = 1 for a device's, never
                    ///< written back
  frame_freed,      ///< frame: its generation is over, it may be given to another owner
  frame_overput,    ///< frame: a reference was dropped that nobody held; it stays free
  table_allocated,  ///< table, mm; a = level
  table_moved,      ///< table, mm, page; a = the page that its first entry maps from now on, b = pages
  table_shared,     ///< table, mm, page, location: another mm (or the first) uses the leaf table from page on; a = its
                    ///< entries, the first of them at location
  table_unshared,   ///< table, mm, page; a = entries: the mm no longer uses it; location: under this lock, which covers
                    ///< the flush
  table_freed,      ///< table: reusable from here on; a = level
  vma_unlinked,     ///< mm, page; a = VmaKind, b = pages
  vma_protected,    ///< mm, page; a = rights (1 write, 2 exec) from here on, b = pages
  mm_destroyed,     ///< mm; a = pages that its rss still counts
  // calls and modes
  call_entered,   ///< a = Call, mm, page; b = pages
  call_returned,  ///< the same
  entered_kernel,
  returned_to_user,
  switched_in,
  switched_out,
  task_exited,  ///< mm
  // locks, interrupts
  lock_acquired,  ///< a = LockClass, location; mmap_sem: b = 1 for write; page: b = 1 if it was only tried
  lock_released,  ///< the same
  lock_waited,    ///< a = LockClass, location; b = cycles from finding it taken to having it; before lock_acquired
  irqs_disabled,
  irqs_enabled,
  preemption_disabled,
  preemption_enabled,  ///< outermost transitions of the task
  remote_wait_begun,   ///< a = number of cpus waited for
  remote_wait_ended,
  ipi_sent,
  ipi_delivered,
  ipi_handled,  ///< a = vector, b = peer cpu
  // copies of translations
  translation_filled,   ///< mm, page, frame, tag, location = structure; a = structure, b = rights bits
  translation_used,     ///< mm, page, frame; a = AccessKind, b = rights bits
  translation_dropped,  ///< page, tag; a = 0 page, 1 tag, 2 all but global, 3 all; b = core + 1 if not this cpu's,
                        ///< plus nothing_there if it is known that there was no such copy
  table_walked,         ///< mm, page, table: hardware, or gup without a lock, read an entry of this table; a = level
  table_cached,         ///< mm, page, tag, table: a walk cache now leads to this table; a = its level
  tag_loaded,           ///< tag, mm
  tag_retired,          ///< tag: may name another mm from here on
  flush_begun,
  flush_done,  ///< mm; a = FlushReason, b = pages, 0 = all
  // ppc64
  hpte_stored,          ///< location = dword 0; a = old, b = new dword 0; mm, page, tag = context, frame
  hpte_multiple_match,  ///< mm, page; a, b = locations of dword 0
  machine_check,        ///< mm, page
  tlbie_issued,         ///< mm, page
  // sparc64
  tsb_stored,  ///< mm, page, location; a = tag, b = data
  tsb_freed,   ///< mm, location = first word; a = words: looked up no more, reusable
  xcall_sent,
  xcall_accepted,
  xcall_executed,  ///< a = kind, b = peer cpu
  // content
  copy_begun,
  copy_ended,  ///< mm, page, frame = source; copy_ended: a = target frame
  page_dirtied,
  page_cleaned,    ///< frame: the dirty flag is taken away, for a write to come
  page_written,    ///< frame: what it holds now is on its backing
  page_discarded,  ///< frame; discarded: a = 1 if it has backing, 2 if its owner has given it up (page_lazyfreed)
  page_lazyfreed,  ///< frame: its content may go unless there is another store
  // strategy
  batch_noted,        ///< mm, page; a = entries pending on this cpu
  batch_flushed,      ///< a = entries flushed
  measurement_begun,  ///< every task has warmed up: statistics begin here
  quiescent,  ///< everything has finished; a = 1 if address spaces are left; b = root tables that idle cpus borrow
};

/// One event; fields that a kind does not name are left at their defaults.
struct Event {
  static constexpr std::uint64_t nothing_there = std::uint64_t{1} << 32;

  Event() = default;
  explicit Event(EventKind what) : kind(what) {}

  EventKind kind{};
  AgentId agent;
  CpuId cpu;
  TaskId task;
  Cycle cycle;
  MmId mm;
  Frame frame;
  Tag tag;
  TableId table;
  VirtPage page;
  Location location;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  /// hpte_stored, translation_filled, _used, _dropped: a translation of less than a page (ppc64: 4 KiB of 64 KiB) has
  /// its number there, plus 1.
  std::uint8_t part = 0;
  /// hpte_stored: log2 of the base pages that the entry translates.
  std::uint8_t order = 0;
};

}  // namespace mmulab
