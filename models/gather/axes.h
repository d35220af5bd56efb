// SPDX-License-Identifier: MIT
// The axes that a gather strategy fills (modelling.md 2). Every historical design is a choice on each of them; the
// presets in configs/strategies/ are such choices, and a strategy that needs more overrides hooks in its own file.
#pragma once

#include <cstdint>

namespace mmulab {

/// What is noted about a translation that must die.
enum class Recorder : std::uint8_t {
  none,   ///< only that something must be flushed: the whole mm dies
  batch,  ///< (page, old pte) entries
  range,  ///< the least range that covers them, and whether tables were freed
};
/// Who owns the record.
enum class RecordScope : std::uint8_t { cpu, task };
/// When a pte change is recorded instead of being flushed on the spot.
enum class RecordActive : std::uint8_t { always, lazy_mmu, at_once };

/// Moments at which what is recorded is flushed. Combined as bits.
enum Trigger : std::uint32_t {
  on_batch_full = 1U << 0,  ///< at once; without it a full batch stops the walk and is flushed behind the unlock
  on_leave_lazy = 1U << 1,
  on_before_unlock = 1U << 2,  ///< the thread's hook, in sections that belong to a gather
  on_after_unlock = 1U << 3,
  on_end_vma = 1U << 5,
  on_end = 1U << 6,
  on_context_switch = 1U << 7,
  on_classic_flush = 1U << 8,  ///< flush_tlb_mm / range / page flush whatever this cpu has pending
  on_set_over_present = 1U << 9,
  on_clear_young = 1U << 10,
  on_dirty_file_page = 1U << 11,  ///< force, before the unlock (1cf35d47712d)
  on_end_pfnmap_vma = 1U << 12,   ///< a driver's pages are not the gather's to pin (b67fbebd4cf9)
};

enum class PageHome : std::uint8_t { cpu, stack, stack_then_page, chain };
enum class WhenFull : std::uint8_t {
  flush_inside,  ///< flush and free where it fills up, under the PTL
  stop,          ///< leave the loop, flush after the unlock
};
enum class FreePages : std::uint8_t {
  immediately,   ///< when put, before any flush
  before_flush,  ///< queued, but freed before the flush (sparc64-2.6.22)
  after_flush,
};
enum class FreeTables : std::uint8_t {
  immediately,
  after_flush,
  rcu,  ///< in batches, behind a grace period; one by one behind an IPI if there is no page for a batch
};
enum class Pin : std::uint8_t { none, preempt_off };
enum class BlockBreak : std::uint8_t { nothing, end_and_begin, flush };
enum class Settle : std::uint8_t {
  none,
  /// Another gather of this mm is open at the end: flush everything (today's rule). Where ptes are recorded one by one:
  /// at every flush, flush what others have recorded of this mm too; nobody waits.
  flush_mm_when_nested,
  wait_when_nested,      ///< the same, but wait until the others have flushed
};
/// Reclaim's unmapping: every pte by itself, or one flush for many (the slot beside the gather).
enum class Reclaim : std::uint8_t { per_page, batch };
/// How an mm remembers what reclaim has put off.
enum class Batched : std::uint8_t { none, flag, generations };
/// A safe deferral broken on purpose: what it must not leave out (modelling.md 5).
enum class DeferralFault : std::uint8_t {
  none,
  set_strips,        ///< tombstones: set_pte forgets the slot
  updates_in_place,  ///< tombstones: a fault takes the old entry for its own, whatever frame it leads to
  unpublished,       ///< nobody learns what is pending
  one_group,         ///< settling inserts: only the primary group is searched
  insert_waits,      ///< settling inserts: the inserter waits for the flusher
};
/// What the death of a whole mm flushes.
enum class FullMm : std::uint8_t {
  flush,
  flush_first,  ///< before anything is taken down, and nothing later: nobody uses it any more (s390 until 02a8f3abb708)
  nothing
};

struct GatherAxes {
  Recorder recorder = Recorder::none;
  RecordScope scope = RecordScope::cpu;
  RecordActive active = RecordActive::always;
  std::uint32_t batch_entries = 192;
  std::uint32_t triggers = on_batch_full | on_end;

  bool wait = true;           ///< backend: the initiator waits until the translations are dead
  bool by_reference = false;  ///< backend: receivers read the initiator's batch when they get round to it
  /// The hash or TSB entry dies with the pte, under the PTL; only the TLBs are flushed later (safe-deferral).
  bool split_invalidate = false;
  /// ppc64: clear leaves the slot behind, marked; a hash fault that finds the mark removes that entry first.
  bool tombstones = false;
  /// ppc64: before it inserts, a hash fault removes whatever entry answers for the page while anything is pending.
  bool settles_inserts = false;
  DeferralFault fault = DeferralFault::none;
  /// mprotect keeps the software bits that say where the hash entry is (closes D2).
  bool modify_in_place = false;

  PageHome pages = PageHome::cpu;
  std::uint32_t list_entries = 506;
  std::uint32_t extra_entries = 512;  ///< of one more page, or of each page of a chain
  std::uint32_t chain_pages = 19;
  WhenFull when_full = WhenFull::flush_inside;
  bool room_before_clear = false;     ///< fullness is tested before the pte is cleared (hugh-stack)
  FreePages free_pages = FreePages::after_flush;
  FreeTables free_tables = FreeTables::after_flush;
  std::uint32_t table_batch_entries = 509;
  /// rcu: what walks of hardware keep is flushed before a batch, or a table without one, is handed on (d86564a2f085).
  bool table_free_flushes = true;
  /// rcu: an mm with one user frees its tables at once (until a6f572084fbe).
  bool single_user_frees_tables = false;
  /// A dirty shared page keeps its map count until the forced flush, so that page_mkclean comes to wait for the PTL
  /// (5df397dec7c4).
  bool delays_rmap = false;
  Pin pin = Pin::preempt_off;
  BlockBreak block_break = BlockBreak::end_and_begin;
  Settle settle = Settle::none;
  FullMm full_mm = FullMm::flush;
  Reclaim reclaim = Reclaim::per_page;
  Batched batched = Batched::generations;

  /// Callers beyond munmap that go through the gather, whatever the kernel version does.
  bool covers_fork = false;
  bool covers_mprotect = false;
  /// The strategy claims that this cpu's batch is empty whenever a PTL is released (checked).
  bool promises_empty_at_unlock = false;
};

}  // namespace mmulab
