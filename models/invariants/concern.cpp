// SPDX-License-Identifier: MIT
#include "models/invariants/concern.h"

#include "models/mm/locks.h"

namespace mmulab {
namespace {

/// `count` parts from `first`.
struct Parts {
  unsigned first;
  unsigned count;
  [[nodiscard]] constexpr std::uint64_t all() const { return ((std::uint64_t{1} << count) - 1) << first; }
  [[nodiscard]] constexpr std::uint64_t one(std::uint64_t n) const { return std::uint64_t{1} << (first + n % count); }
  template <class T>
  [[nodiscard]] constexpr std::uint64_t of(T id) const { return id.exists() ? one(id.raw()) : all(); }
};

constexpr Parts cpus{0, 8};
constexpr Parts tasks{8, 10};
constexpr Parts pages{18, 14};
constexpr Parts frames{32, 14};
constexpr Parts tables{46, 8};
constexpr Parts tags{54, 6};
/// Which classes of locks are ever taken with interrupts off.
constexpr Parts deaf{60, 1};
static_assert((deaf.all() & Concern::end_of_all) == 0);

constexpr std::uint64_t everything = ~std::uint64_t{0};
/// Whoever judges a translation asks which cpus run what, and who holds which lock.
constexpr std::uint64_t statuses = cpus.all() | tasks.all();

Concern nothing() { return {}; }
Concern all() { return {everything, everything, 0}; }
Concern changes(std::uint64_t what) { return {0, what, 0}; }
/// Whoever is in the kernel can use no copy, and who calls later must leave more behind.
Concern eases(std::uint64_t what) { return {0, what, what}; }
Concern judges(std::uint64_t what) { return {statuses, what, 0}; }
/// Asks of nobody else what he is about.
Concern notes(const Event& event, std::uint64_t what) {
  return {cpus.of(event.cpu) | tasks.of(event.task), what, 0};
}
/// A copy that comes to life may be one that a call of somebody else's should have made impossible.
Concern enters(const Event& event, std::uint64_t what) { return {cpus.of(event.cpu) | tasks.all(), what, 0}; }

std::uint64_t page_of(const Event& event) { return pages.one(event.page.raw()); }

std::uint64_t pages_of(VirtPage first, std::uint64_t count) {
  if (count >= pages.count) return pages.all();
  std::uint64_t mask = 0;
  for (std::uint64_t n = 0; n < count; ++n) mask |= pages.one(first.raw() + n);
  return mask;
}

/// A page's move or death waits for the release of this very acquisition.
bool is_awaited(const Event& event, const Ledger& ledger) {
  const auto same = [&](Due due, const HeldLock& lock) {
    return due == Due::unlock_of_destination && lock.at == event.location &&
           ledger.execution().still_holds(event.task, lock);
  };
  for (const auto& [id, o] : ledger.open())
    if (same(o.due_by, o.until)) return true;
  for (const auto& [key, record] : ledger.pages())
    if (record.past.known && same(record.past.due_by, record.past.until)) return true;
  return false;
}

/// A pte was taken from under its hash entry while it was held.
bool is_remembered(const Event& event, const Ledger& ledger) {
  for (const auto& [key, record] : ledger.pages())
    for (unsigned i = 0; i < record.disturbed.ptls; ++i)
      if (record.disturbed.when.task == event.task && record.disturbed.ptl[i].at == event.location &&
          ledger.execution().still_holds(event.task, record.disturbed.ptl[i]))
        return true;
  return false;
}

Concern of_lock(const Event& event, const Ledger& ledger) {
  // What is pending belongs to an acquisition of before: a new one changes nothing for anybody else.
  if (event.kind == EventKind::lock_acquired)
    return ledger.execution().task(event.task).irqs_off ? changes(deaf.all()) : nothing();
  switch (static_cast<LockClass>(event.a)) {
    case LockClass::page_table:
    case LockClass::ptl: break;
    // dup_mmap's end is the release of what it holds for writing.
    case LockClass::mmap_sem: return event.b != 0 ? changes(tasks.of(event.task)) : nothing();
    default: return nothing();
  }
  if (is_awaited(event, ledger)) return all();
  // hpt-tracked looks at the pages whose ptes were stored.
  return {ledger.config().hash_table ? pages.all() : 0,
          is_remembered(event, ledger) ? tasks.of(event.task) : 0, 0};
}

/// Whether what it leaves behind lies within the range that its events name.
bool keeps_to_its_range(Call call) {
  switch (call) {
    case Call::fault:
    case Call::touch:
    case Call::munmap:
    case Call::mmap:
    case Call::dontneed:
    case Call::zero_read:
    case Call::mprotect:
    case Call::madv_free:
    case Call::clear_refs:
    case Call::demote: return true;
    default: return false;
  }
}

/// Somebody else may still take something away, after the call's own work, for which its return would then answer.
bool may_find_pending(const ActiveCall& call, const Ledger& ledger) {
  if (!call.mm.exists() || (!zaps(call.call) && call.call != Call::madv_free && call.denied == 0)) return false;
  for (const auto& [key, record] : ledger.pages()) {
    if (!call.covers(key.mm, key.page)) continue;
    if (record.present && record.live.born.order < call.order) return true;
    const PastObligation& past = record.past;
    if (past.known && past.was.born.order < call.order && past.opened.task != call.task) return true;
  }
  return false;
}

/// From a return on, what a call has left behind counts. Others' work after it can make that less, never more, unless
/// the call answers for what it finds, or the end of a copy is seen in it.
Concern of_return(const Event& event, const Ledger& ledger) {
  const bool in_range = keeps_to_its_range(static_cast<Call>(event.a));
  const std::uint64_t looks = statuses | frames.all();
  const std::uint64_t changes =
      tasks.of(event.task) | (in_range ? pages_of(event.page, event.b) : pages.all());
  const ActiveCall* call = ledger.execution().call_of(event.task);
  const bool hardens = call != nullptr && call->call == static_cast<Call>(event.a) && !ledger.copies_pages() &&
                       !may_find_pending(*call, ledger) && !ledger.has_noted(event.task);
  return hardens ? Concern::hardening(looks, changes) : Concern{looks, changes, 0};
}

/// Who is back in user mode can use what is left: he is judged for what was due before, others for what they make due
/// later.
Concern of_return_to_user(const Event& event, const Ledger& ledger) {
  const CpuRecord& cpu = ledger.execution().cpu(event.cpu);
  const std::uint64_t looks = statuses | pages.all() | frames.all() | tags.all();
  const bool as_before = cpu.mm_known && cpu.mm == event.mm && !cpu.tag_unused;
  return as_before ? Concern::hardening(looks, cpus.of(event.cpu)) : Concern{looks, cpus.of(event.cpu), 0};
}

/// Batch entries come to be flushed, or to their end.
Concern of_flush(const Event& event, const Ledger& ledger) {
  std::uint64_t noted = 0;
  for (const NotedEntry& n : ledger.noted())
    if (event.kind == EventKind::batch_flushed || n.task == event.task) noted |= pages.one(n.page.raw());
  return changes(noted);
}

Concern of_pte(const Event& event, const PteLayout& layout) {
  std::uint64_t touched = page_of(event);
  for (const std::uint64_t raw : {event.a, event.b})
    if (layout.is_present(Pte{raw})) touched |= frames.of(layout.frame(Pte{raw}));
  return notes(event, touched);
}

std::uint64_t translation_of(const Event& event) {
  return page_of(event) | frames.of(event.frame) | tags.of(event.tag);
}

Concern of_drop(const Event& event, const Ledger& ledger) {
  // Nothing was there, and nobody believes that there was.
  if ((event.b & Event::nothing_there) != 0 && event.a == 0 && !ledger.config().multi_hit_fatal &&
      !ledger.knows_copy(ledger.core_of_drop(event), event.page))
    return nothing();
  if (event.a == 0) return eases(page_of(event));
  return judges(pages.all() | frames.all() | tags.all() | tables.all());
}

/// A goal asks which calls are going on when one begins, and whether a cpu is deaf that an interrupt reaches.
Concern of_goals(const Event& event) {
  switch (event.kind) {
    case EventKind::call_entered: return {tasks.all(), tasks.of(event.task), 0};
    case EventKind::irqs_disabled:
    case EventKind::irqs_enabled: return changes(cpus.of(event.cpu));
    case EventKind::ipi_delivered: return {cpus.one(event.b), cpus.one(event.b), 0};
    case EventKind::translation_used: return judges(page_of(event) | frames.of(event.frame));
    default: return nothing();
  }
}

Concern of_judges(const Event& event, const Ledger& ledger) {
  switch (event.kind) {
    case EventKind::irqs_disabled:
    case EventKind::irqs_enabled:
    case EventKind::preemption_disabled:
    case EventKind::preemption_enabled:
    case EventKind::lock_waited:
    case EventKind::remote_wait_ended:
    case EventKind::ipi_sent:
    case EventKind::xcall_sent:
    // Whether a task is in a flush is asked at its own events.
    case EventKind::flush_begun:
    // No invariant asks for these.
    case EventKind::tlbie_issued:
    case EventKind::measurement_begun: return nothing();
    case EventKind::remote_wait_begun: return {deaf.all(), 0, 0};
    case EventKind::lock_acquired:
    case EventKind::lock_released: return of_lock(event, ledger);
    case EventKind::entered_kernel: return eases(cpus.of(event.cpu));
    case EventKind::call_entered: return eases(tasks.of(event.task));
    case EventKind::vma_protected: return changes(tasks.of(event.task) | pages_of(event.page, event.b));
    case EventKind::call_returned: return of_return(event, ledger);
    case EventKind::returned_to_user: return of_return_to_user(event, ledger);
    case EventKind::switched_in:
    case EventKind::switched_out:
    case EventKind::xcall_executed:
    case EventKind::ipi_handled: return changes(cpus.of(event.cpu));
    case EventKind::ipi_delivered:
    case EventKind::xcall_accepted: return changes(cpus.one(event.b));
    case EventKind::flush_done:
    case EventKind::batch_flushed: return of_flush(event, ledger);
    case EventKind::task_exited: return changes(tasks.of(event.task));
    case EventKind::pte_stored: return of_pte(event, ledger.config().pte);
    case EventKind::frame_allocated: return judges(frames.of(event.frame));
    case EventKind::frame_freed:
    case EventKind::frame_overput:
    case EventKind::page_dirtied:
    case EventKind::page_cleaned:
    case EventKind::page_written:
    case EventKind::page_discarded:
    case EventKind::page_lazyfreed: return notes(event, frames.of(event.frame));
    case EventKind::translation_used: return notes(event, translation_of(event));
    case EventKind::translation_filled:
    case EventKind::hpte_stored: return enters(event, translation_of(event));
    case EventKind::translation_dropped: return of_drop(event, ledger);
    case EventKind::hpte_multiple_match:
    case EventKind::machine_check: return judges(page_of(event));
    case EventKind::batch_noted: return notes(event, page_of(event));
    case EventKind::tsb_stored: return enters(event, page_of(event) | frames.all());
    case EventKind::copy_begun:
    case EventKind::copy_ended: return notes(event, page_of(event) | frames.all());
    case EventKind::table_allocated:
    case EventKind::table_freed:
    case EventKind::table_cached: return judges(tables.of(event.table));
    case EventKind::table_walked: return {statuses | tables.of(event.table), 0, 0};
    default: return all();
  }
}

}  // namespace

Concern concern_of(const Event& event, const Ledger& ledger, bool with_goals) {
  Concern concern = of_judges(event, ledger);
  if (with_goals) concern.add(of_goals(event));
  return concern;
}

}  // namespace mmulab
