// SPDX-License-Identifier: MIT
// The ledger's view of pte stores, frames and copies of content.
#include <algorithm>

#include "models/invariants/ledger.h"

namespace mmulab {
namespace {

Due due_of(const Moment& m) { return m.in_call ? due_of(m.call) : Due::free_of_frame; }

PastObligation past_of(const Obligation& o) {
  return {true, o.was, o.change, o.lost, o.opened, o.due_by, o.until, o.replaced_by};
}

}  // namespace

FrameRecord& Ledger::frame_at(Frame f) {
  auto& frames = state_.frames.write();
  if (f.raw() >= frames.size()) frames.resize(f.raw() + std::size_t{1});
  return frames[f.raw()];
}

/// The record of a page whose pte holds `now`; what happened before our eyes opened is taken over.
PageRecord& Ledger::record_of(MmId mm, VirtPage page, Pte now) {
  const auto [it, fresh] = state_.pages.write().try_emplace({mm, page});
  PageRecord& record = it->second;
  if (!fresh && record.raw == now) return record;
  const bool present = config_.pte.is_present(now);
  const bool same = present == record.present && (!present || config_.pte.frame(now) == record.live.frame);
  record.raw = now;
  if (same && !fresh) {
    if (present) record.live.rights = rights_of(config_.pte, now);
    return record;
  }
  record.present = present;
  if (!present) return record;
  record.lineage = state_.next_lineage++;
  const Frame f = config_.pte.frame(now);
  record.live = {mm, page, f, frame_at(f).generation, rights_of(config_.pte, now), record.lineage, Moment{}};
  ++frame_at(f).live_maps;
  return record;
}

void Ledger::on_pte_stored(const Event& event) {
  const Pte old{event.a}, now{event.b};
  PageRecord& record = record_of(event.mm, event.page, old);
  const PteLayout& layout = config_.pte;
  const bool was = record.present, is = layout.is_present(now);
  const bool other = was && is && layout.frame(now) != record.live.frame;
  const Moment here = moment(event);
  // MADV_FREE gives up what was stored until now.
  const bool gives_up = here.in_call && here.call == Call::madv_free;
  if (was && old.has(layout.dirty) && !gives_up && (!is || other || !now.has(layout.dirty)))
    uncover(record.live.frame, event);
  const bool in_fault = here.in_call && replaces(here.call);
  if (was && (!is || other)) {
    const bool replaces = other && in_fault;
    end_instance(record, event, replaces ? Change::replaced : Change::revoked,
                 replaces ? layout.frame(now) : Frame::none());
  }
  if (was && is && !other) change_in_place(record, event, old, now);
  record.raw = now;
  if (is && now.has(layout.dirty)) frame_at(layout.frame(now)).uncovered = false;  // the pte says it again
  if (is && (!was || other)) begin_instance(record, event, now);
}

/// Every pte of the table leaves its page and comes to another one, dirty bit and all.
void Ledger::on_table_moved(const Event& event) {
  for (std::uint64_t n = 0; n < event.b; ++n) {
    const auto it = state_.pages.write().find({event.mm, event.page + Pages{n}});
    if (it == state_.pages->end() || !it->second.present) continue;
    const Pte pte = it->second.raw;
    end_instance(it->second, event, Change::revoked);
    it->second.raw = Pte{};
    Event there = event;
    there.page = VirtPage{event.a + n};
    PageRecord& record = record_of(event.mm, there.page, Pte{});
    record.raw = pte;
    begin_instance(record, there, pte);
  }
}

/// Remembers who made the pte's content questionable, and under which page locks.
void Ledger::disturb(PageRecord& record, const Event& event) {
  record.disturbed = Disturbance{moment(event), {}, 0, record.raw.has(config_.pte.dirty)};
  for (const HeldLock& lock : state_.execution.task(event.task).locks)
    if ((lock.lock_class == LockClass::ptl || lock.lock_class == LockClass::page_table) &&
        record.disturbed.ptls < 2)
      record.disturbed.ptl[record.disturbed.ptls++] = lock;
}

Obligation Ledger::obligation_of(const PageRecord& record, const Event& event, Change change) const {
  Obligation o;
  o.was = record.live;
  o.change = change;
  o.lost = record.live.rights;
  o.opened = moment(event);
  o.due_by = change == Change::replaced ? Due::replacement : due_of(o.opened);
  if (change == Change::replaced || change == Change::freed) {
    o.due = true;
    o.due_since = o.opened;
  }
  return o;
}

void Ledger::end_instance(PageRecord& record, const Event& event, Change change, Frame replaced_by) {
  Obligation o = obligation_of(record, event, change);
  o.replaced_by = replaced_by;
  record.past = past_of(o);
  record.present = false;
  if (!is_dead(record.live)) --frame_at(record.live.frame).live_maps;
  disturb(record, event);
  if (ActiveCall* call = state_.execution.call_to_change(event.task)) {
    ++call->revoked;
    call->last_revoked = record.live.page;
  }
  open_obligation(std::move(o));
}

bool Ledger::continues(const PageRecord& record, const Event& event, Frame f) const {
  const Disturbance& d = record.disturbed;
  if (!d.when.known || d.when.task != event.task || record.live.frame != f || is_dead(record.live)) return false;
  if (d.ptls == 0) return d.when.in_call && state_.execution.call_is_active(event.task, d.when.call_order);
  for (unsigned i = 0; i < d.ptls; ++i)
    if (!state_.execution.still_holds(event.task, d.ptl[i])) return false;
  return true;
}

void Ledger::begin_instance(PageRecord& record, const Event& event, Pte now) {
  const Frame f = config_.pte.frame(now);
  const bool continued = continues(record, event, f);
  if (!continued) {
    record.lineage = state_.next_lineage++;
  } else if ((record.live.rights & ~rights_of(config_.pte, now)) != 0) {
    if (ActiveCall* call = state_.execution.call_to_change(event.task)) ++call->lowered;
  }
  record.present = true;
  record.live = {event.mm,       event.page,   f, frame_at(f).generation, rights_of(config_.pte, now),
                 record.lineage, moment(event)};
  ++frame_at(f).live_maps;
  mark_replaced(record, event);
  mark_moved(record, event);
  settle_reinstated(record, event);
  if (continued && record.disturbed.dirty && !now.has(config_.pte.dirty))
    open_obligation(obligation_of(record, event, Change::cleaned));
  finish_copy(event, f);
}

void Ledger::change_in_place(PageRecord& record, const Event& event, Pte old, Pte now) {
  const std::uint64_t before = record.live.rights, after = rights_of(config_.pte, now);
  const std::uint64_t lost = before & ~after;
  const bool cleaned = old.has(config_.pte.dirty) && !now.has(config_.pte.dirty);
  if (config_.hash_table && old.has(config_.hash.hashpte) && !now.has(config_.hash.hashpte))
    disturb(record, event);
  if (lost != 0 || cleaned) {
    Obligation o = obligation_of(record, event, lost != 0 ? Change::lowered : Change::cleaned);
    o.lost = lost;
    record.past = past_of(o);
    if (lost != 0)
      if (ActiveCall* call = state_.execution.call_to_change(event.task)) ++call->lowered;
    open_obligation(std::move(o));
  }
  record.live.rights = after;
  record.raw = now;
  if ((after & ~before) != 0 || (!cleaned && now.has(config_.pte.dirty))) settle_reinstated(record, event);
}

/// A fault that cleared the pte itself and now shows another frame has replaced the old instance.
void Ledger::mark_replaced(PageRecord& record, const Event& event) {
  const ActiveCall* call = state_.execution.call_of(event.task);
  if (call == nullptr || !replaces(call->call)) return;
  const auto by_this_fault = [&](Change change, const Moment& opened, const Instance& was) {
    return change == Change::revoked && opened.task == event.task && opened.in_call &&
           opened.call_order == call->order && was.mm == event.mm && was.frame != record.live.frame;
  };
  PastObligation& past = record.past;
  if (past.known && by_this_fault(past.change, past.opened, past.was)) {
    happened_.replaced = true;
    past.change = Change::replaced;
    past.due_by = Due::replacement;
    past.replaced_by = record.live.frame;
  }
  for (const std::uint64_t id : open_at(event.page)) {
    Obligation& o = to_change(id);
    if (!by_this_fault(o.change, o.opened, o.was)) continue;
    o.change = Change::replaced;
    o.due_by = Due::replacement;
    o.replaced_by = record.live.frame;
    make_due(o, event);
  }
}

/// mremap has set the pte that it took from another page: from the moment at which somebody else may take the new one
/// away, which nothing but the destination's lock prevents, nobody may use the old one. That lock is the inner one.
void Ledger::mark_moved(const PageRecord& record, const Event& event) {
  const ActiveCall* call = state_.execution.call_of(event.task);
  if (call == nullptr || call->call != Call::mremap || call->last_revoked == event.page) return;
  const auto old = state_.pages.write().find({event.mm, call->last_revoked});
  const auto& locks = state_.execution.task(event.task).locks;
  if (old == state_.pages->end() || old->second.present || locks.empty()) return;
  PastObligation& past = old->second.past;
  if (!past.known || past.was.frame != record.live.frame || past.opened.call_order != call->order) return;
  past.due_by = Due::unlock_of_destination;
  past.until = locks.back();
  for (const std::uint64_t id : open_at(call->last_revoked)) {
    Obligation& o = to_change(id);
    if (o.was.mm != event.mm || o.opened.order != past.opened.order) continue;
    o.due_by = past.due_by;
    o.until = past.until;
  }
}

/// The pte shows the same frame again: old copies are as good as new ones, but for rights that it has no longer.
void Ledger::settle_reinstated(const PageRecord& record, const Event& event) {
  const Instance& live = record.live;
  const bool dirty = record.raw.has(config_.pte.dirty);
  for (const std::uint64_t id : open_at(event.page)) {
    Obligation& o = to_change(id);
    if (o.was.mm != live.mm || o.was.frame != live.frame) continue;
    if (o.change == Change::cleaned) {
      if (dirty) settle(id, event);
      continue;
    }
    o.lost = (o.change == Change::lowered ? o.lost : o.was.rights) & ~live.rights;
    if (o.lost == 0) {
      settle(id, event);
      continue;
    }
    o.change = Change::lowered;
    o.hptes.clear();
    o.tsbs.clear();
    collect_copies(o);
    settle_if_bare(id, event);
  }
  PastObligation& past = state_.pages.write().at({live.mm, live.page}).past;
  if (!past.known || past.was.frame != live.frame) return;
  past.lost = past.was.rights & ~live.rights;
  past.change = Change::lowered;
  past.known = past.lost != 0;
}

void Ledger::finish_copy(const Event& event, Frame target) {
  if (state_.watches->empty()) return;
  auto& watches = state_.watches.write();
  const auto watch = std::find_if(watches.begin(), watches.end(), [&](const CopyWatch& w) {
    return (w.all || (w.mm == event.mm && w.page == event.page)) && w.task == event.task && w.source != target;
  });
  if (watch == watches.end()) return;
  happened_.copy_finished = true;
  happened_.copy = *watch;
  // A page that moves may have other mappings, which come to see the copy later.
  if (!watch->all) watches.erase(watch);
}

void Ledger::on_copy(const Event& event) {
  finish_copies(event.task);
  const Moment here = moment(event);
  // In a fault somebody copies for himself, unless it moves the page: then no pte shows the source any more.
  const bool all = (here.in_call && here.call != Call::fault) || frame_at(event.frame).live_maps == 0;
  state_.watches.write().push_back({event.mm, event.page, event.frame, event.task, all, here, false, Moment{}});
}

void Ledger::finish_copies(TaskId task) {
  if (state_.watches->empty()) return;
  auto& watches = state_.watches.write();
  watches.erase(std::remove_if(watches.begin(), watches.end(), [&](const CopyWatch& w) { return w.task == task; }),
                watches.end());
}

/// The frame's content is newer than its backing, and what said so is gone.
void Ledger::uncover(Frame f, const Event& event) {
  FrameRecord& record = frame_at(f);
  if (record.dirty || record.writing || record.unbacked || record.uncovered) return;
  record.uncovered = true;
  record.uncovered_since = moment(event);
}

void Ledger::on_frame(const Event& event) {
  FrameRecord& record = frame_at(event.frame);
  record.allocated_seen = true;
  record.anonymous = event.mm.exists();
  record.unbacked = record.anonymous || event.a == 1;
  record.dirty = record.writing = record.uncovered = record.lazyfree = false;
}

void Ledger::on_frame_freed(const Event& event) {
  const bool mapped = frame_at(event.frame).live_maps != 0;
  std::vector<PageRecord*> still;
  if (mapped)
    for (auto& [key, record] : state_.pages.write())
      if (record.present && record.live.frame == event.frame && !is_dead(record.live)) still.push_back(&record);
  std::sort(still.begin(), still.end(), [](const PageRecord* a, const PageRecord* b) {
    return a->live.mm != b->live.mm ? a->live.mm < b->live.mm : a->live.page < b->live.page;
  });
  FrameRecord& record = frame_at(event.frame);
  const std::uint64_t generation = record.generation + 1;
  record = FrameRecord{};
  record.generation = generation;
  record.freed = moment(event);
  for (PageRecord* page : still) {
    const Obligation o = obligation_of(*page, event, Change::freed);
    page->past = past_of(o);
    open_obligation(o);
  }
}

void Ledger::on_page_state(const Event& event) {
  FrameRecord& record = frame_at(event.frame);
  switch (event.kind) {
    case EventKind::page_dirtied:
      record.dirty = true;
      record.uncovered = false;
      if (record.lazyfree) record.unbacked = true;
      record.lazyfree = false;
      return;
    case EventKind::page_cleaned:
      record.dirty = false;
      record.writing = true;
      return;
    case EventKind::page_written:
      // What was stored until now is in the snapshot. That is the backing of an anonymous page: its swap slot.
      record.writing = record.uncovered = record.lazyfree = false;
      if (record.anonymous) record.unbacked = false;
      return;
    case EventKind::page_lazyfreed:
      record.lazyfree = true;
      record.dirty = record.uncovered = record.unbacked = false;
      return;
    default: return;  // discarded: the invariant judges
  }
}

}  // namespace mmulab
