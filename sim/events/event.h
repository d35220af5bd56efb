// SPDX-License-Identifier: MIT
// What the models say happened: the one ordered stream that checkers, statistics and traces watch. A model emits an
// event inside the step that makes it true; it never reads the stream back, and no checker reads a model.
#pragma once

#include <cstdint>

#include "sim/state/cell.h"
#include "sim/units/units.h"

namespace mmulab {

enum class EventKind : std::uint8_t {
  // kernel: translations and frames.  page = vpn, mm = whose
  pte_stored,        ///< a = old pte, b = new pte, location = the pte
  frame_allocated,   ///< frame
  frame_freed,       ///< frame; it may be given to another owner from here on
  table_freed,       ///< table: reusable from here on; a = level
  obligation_opened, ///< translations of `page` must die; a = Obligation
  // kernel: calls and modes
  call_entered,      ///< a = Call; page..page+b is its range
  call_returned,     ///< a = Call; page..page+b is its range
  entered_kernel, returned_to_user, switched_in, went_idle,
  lock_acquired,     ///< a = LockClass, location = the lock
  lock_released,
  irqs_disabled, irqs_enabled, preemption_disabled, preemption_enabled,
  remote_wait_begun, ///< a = number of cpus waited for
  remote_wait_ended,
  ipi_sent, ipi_delivered, ipi_handled,   ///< a = vector, b = peer cpu
  // hardware: copies of translations.  a = slot word location or copy id, frame, b = rights
  translation_filled, translation_used, translation_dropped,
  tag_loaded,        ///< tag, mm
  flush_begun, flush_done,  ///< a = FlushReason, b = pages
  // ppc64
  hpte_stored,       ///< location = dword 0; a = old dword 0, b = new dword 0
  hpte_multiple_match,
  tlbie_issued,
  // sparc64
  tsb_stored, xcall_sent, xcall_accepted, xcall_executed,
  // copying
  copy_begun, copy_ended, page_dirtied, page_cleaned, page_discarded,
  // strategy
  batch_noted,       ///< a = entries now pending on this cpu
  batch_flushed,     ///< a = entries flushed
  quiescent,         ///< everything has finished; nothing is in flight
};

/// One event; fields that a kind does not name are left at their defaults.
struct Event {
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
};

}  // namespace mmulab
