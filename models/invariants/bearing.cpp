// SPDX-License-Identifier: MIT
#include "models/invariants/bearing.h"

#include "models/mm/locks.h"
#include "models/mm/port.h"
#include "models/mm/vma.h"

namespace mmulab {
namespace {

/// Whose a page-table lock is, is asked when a duplicate turns up.
Bearings of_acquisition(const Event& event) {
  const auto lock_class = static_cast<LockClass>(event.a);
  const bool of_tables = lock_class == LockClass::ptl || lock_class == LockClass::page_table;
  return bearing::lock_taken | (of_tables ? bearing::ptl_taken : bearing::nothing);
}

/// An obligation can be due until the release of one of these; who holds the others is asked of its own task only.
Bearings of_release(const Event& event) {
  switch (static_cast<LockClass>(event.a)) {
    case LockClass::mmap_sem:
    case LockClass::i_mmap:
    case LockClass::page_table:
    case LockClass::ptl: return bearing::lock_given | bearing::lock_taken;
    default: return bearing::lock_taken;
  }
}

/// In the kernel, where it is already, a cpu can be in no new way.
Bearings of_entry(const Event& event, const Execution& before) {
  const CpuRecord& cpu = before.cpu(event.cpu);
  const bool news = cpu.mode != CpuRecord::Mode::kernel ||
                    (event.kind == EventKind::entered_kernel && cpu.interrupt_pending);
  return news ? bearing::mode : bearing::nothing;
}

}  // namespace

Bearings bearing_of(const Event& event, const Execution& before) {
  switch (event.kind) {
    // Nobody listens, or only the task's own later events do; the end of all is no step's.
    case EventKind::preemption_disabled:
    case EventKind::preemption_enabled:
    case EventKind::lock_waited:
    case EventKind::switched_out:
    case EventKind::task_exited:
    case EventKind::vma_protected:
    case EventKind::ipi_sent:
    case EventKind::ipi_handled:
    case EventKind::xcall_sent:
    case EventKind::tlbie_issued:
    case EventKind::remote_wait_ended:
    case EventKind::quiescent: return bearing::nothing;
    case EventKind::entered_kernel:
    case EventKind::switched_in: return of_entry(event, before);
    case EventKind::returned_to_user:
    case EventKind::xcall_executed: return bearing::mode;
    case EventKind::irqs_disabled:
    case EventKind::irqs_enabled: return bearing::masking;
    case EventKind::ipi_delivered:
    case EventKind::xcall_accepted: return bearing::summons;
    case EventKind::lock_acquired: return of_acquisition(event);
    case EventKind::lock_released: return of_release(event);
    case EventKind::call_entered: return bearing::call_begun;
    case EventKind::call_returned: return bearing::call_ended;
    case EventKind::remote_wait_begun: return bearing::waiting;
    case EventKind::flush_begun:
    case EventKind::flush_done:
    case EventKind::batch_noted:
    case EventKind::batch_flushed: return bearing::flushing;
    case EventKind::table_allocated:
    case EventKind::table_freed:
    case EventKind::table_walked:
    case EventKind::table_cached: return bearing::tables;
    case EventKind::frame_allocated:
    case EventKind::frame_freed: return bearing::frames;
    case EventKind::pte_stored: return bearing::ptes;
    case EventKind::translation_filled: return bearing::fill;
    case EventKind::translation_used:
      return static_cast<AccessKind>(event.a) == AccessKind::store ? bearing::store : bearing::load;
    case EventKind::translation_dropped: return event.b == 0 ? bearing::drop : bearing::far_drop;
    case EventKind::tag_loaded: return bearing::tag;
    case EventKind::mm_destroyed: return bearing::mm_death;
    case EventKind::vma_unlinked:
      return static_cast<VmaKind>(event.a) == VmaKind::pfnmap ? bearing::everything : bearing::nothing;
    case EventKind::table_moved:
    case EventKind::frame_overput:
    case EventKind::hpte_stored:
    case EventKind::hpte_multiple_match:
    case EventKind::machine_check:
    case EventKind::tsb_stored:
    case EventKind::tsb_freed:
    case EventKind::tag_retired:
    case EventKind::copy_begun:
    case EventKind::copy_ended:
    case EventKind::page_dirtied:
    case EventKind::page_cleaned:
    case EventKind::page_written:
    case EventKind::page_discarded:
    case EventKind::page_lazyfreed: return bearing::copies_and_content;
    default: return bearing::everything;
  }
}

}  // namespace mmulab
