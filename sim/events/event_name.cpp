// SPDX-License-Identifier: MIT
#include "sim/events/event_name.h"

namespace mmulab {

const char* name_of(EventKind kind) {
  switch (kind) {
    case EventKind::pte_stored: return "pte_stored";
    case EventKind::frame_allocated: return "frame_allocated";
    case EventKind::frame_freed: return "frame_freed";
    case EventKind::frame_overput: return "frame_overput";
    case EventKind::table_allocated: return "table_allocated";
    case EventKind::table_moved: return "table_moved";
    case EventKind::table_shared: return "table_shared";
    case EventKind::table_unshared: return "table_unshared";
    case EventKind::table_freed: return "table_freed";
    case EventKind::vma_unlinked: return "vma_unlinked";
    case EventKind::vma_protected: return "vma_protected";
    case EventKind::mm_destroyed: return "mm_destroyed";
    case EventKind::call_entered: return "call_entered";
    case EventKind::call_returned: return "call_returned";
    case EventKind::entered_kernel: return "entered_kernel";
    case EventKind::returned_to_user: return "returned_to_user";
    case EventKind::switched_in: return "switched_in";
    case EventKind::switched_out: return "switched_out";
    case EventKind::task_exited: return "task_exited";
    case EventKind::lock_acquired: return "lock_acquired";
    case EventKind::lock_released: return "lock_released";
    case EventKind::lock_waited: return "lock_waited";
    case EventKind::irqs_disabled: return "irqs_disabled";
    case EventKind::irqs_enabled: return "irqs_enabled";
    case EventKind::preemption_disabled: return "preemption_disabled";
    case EventKind::preemption_enabled: return "preemption_enabled";
    case EventKind::remote_wait_begun: return "remote_wait_begun";
    case EventKind::remote_wait_ended: return "remote_wait_ended";
    case EventKind::ipi_sent: return "ipi_sent";
    case EventKind::ipi_delivered: return "ipi_delivered";
    case EventKind::ipi_handled: return "ipi_handled";
    case EventKind::translation_filled: return "translation_filled";
    case EventKind::translation_used: return "translation_used";
    case EventKind::translation_dropped: return "translation_dropped";
    case EventKind::table_walked: return "table_walked";
    case EventKind::table_cached: return "table_cached";
    case EventKind::tag_loaded: return "tag_loaded";
    case EventKind::tag_retired: return "tag_retired";
    case EventKind::flush_begun: return "flush_begun";
    case EventKind::flush_done: return "flush_done";
    case EventKind::hpte_stored: return "hpte_stored";
    case EventKind::hpte_multiple_match: return "hpte_multiple_match";
    case EventKind::machine_check: return "machine_check";
    case EventKind::tlbie_issued: return "tlbie_issued";
    case EventKind::tsb_stored: return "tsb_stored";
    case EventKind::tsb_freed: return "tsb_freed";
    case EventKind::xcall_sent: return "xcall_sent";
    case EventKind::xcall_accepted: return "xcall_accepted";
    case EventKind::xcall_executed: return "xcall_executed";
    case EventKind::copy_begun: return "copy_begun";
    case EventKind::copy_ended: return "copy_ended";
    case EventKind::page_dirtied: return "page_dirtied";
    case EventKind::page_cleaned: return "page_cleaned";
    case EventKind::page_written: return "page_written";
    case EventKind::page_discarded: return "page_discarded";
    case EventKind::page_lazyfreed: return "page_lazyfreed";
    case EventKind::batch_noted: return "batch_noted";
    case EventKind::batch_flushed: return "batch_flushed";
    case EventKind::measurement_begun: return "measurement_begun";
    case EventKind::quiescent: return "quiescent";
  }
  return "?";
}

const char* name_of(Call call) {
  switch (call) {
    case Call::munmap: return "munmap";
    case Call::exit: return "exit";
    case Call::dontneed: return "dontneed";
    case Call::zero_read: return "zero_read";
    case Call::unmap_mapping: return "unmap_mapping";
    case Call::fork: return "fork";
    case Call::mprotect: return "mprotect";
    case Call::mmap: return "mmap";
    case Call::touch: return "touch";
    case Call::fault: return "fault";
    case Call::madv_free: return "madv_free";
    case Call::discard: return "discard";
    case Call::protnone: return "protnone";
    case Call::migrate: return "migrate";
    case Call::migrate_vma: return "migrate_vma";
    case Call::clear_refs: return "clear_refs";
    case Call::ksm_merge: return "ksm_merge";
    case Call::reclaim_anon: return "reclaim_anon";
    case Call::truncate: return "truncate";
    case Call::writeback: return "writeback";
    case Call::page_mkclean: return "page_mkclean";
    case Call::reclaim: return "reclaim";
    case Call::mremap: return "mremap";
    case Call::gup: return "gup";
    case Call::demote: return "demote";
    case Call::clone: return "clone";
    case Call::exec: return "exec";
    case Call::wait: return "wait";
  }
  return "?";
}

}  // namespace mmulab
