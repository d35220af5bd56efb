// SPDX-License-Identifier: MIT
// Copies of ended instances in TLBs: who has them, who uses them, when they die.
#include <algorithm>

#include "models/invariants/ledger.h"

namespace mmulab {
namespace {

/// Does a TLB copy with these rights (event bits) owe the obligation anything?
bool concerns(const Obligation& o, std::uint64_t copy_rights) {
  switch (o.change) {
    case Change::lowered:
      return (o.lost & right_read) != 0 || (o.lost & copy_rights & (right_write | right_exec)) != 0;
    case Change::cleaned: return (copy_rights & 4) != 0;
    default: return true;
  }
}

/// The same for an entry of a table, whose rights include read.
bool concerns_entry(const Obligation& o, std::uint64_t rights) {
  if (o.change == Change::cleaned) return false;
  return o.change != Change::lowered || (o.lost & rights) != 0;
}

}  // namespace

Ledger::Ids Ledger::open_at(VirtPage page) const {
  const auto it = state_.open_by_page->find(page.raw());
  return it == state_.open_by_page->end() ? Ids{} : it->second;
}

void Ledger::collect_copies(Obligation& o) const {
  o.tlb.clear();
  stream_.census(o.was.mm, o.was.page, census_);
  for (const TranslationCopy& c : census_)
    if (c.frame == o.was.frame && concerns(o, c.rights)) o.note({c.core, c.tag, c.rights});
  const auto hptes = state_.hptes_by_page->find({o.was.mm, o.was.page});
  if (hptes != state_.hptes_by_page->end())
    for (const std::uint32_t at : hptes->second) {
      const HpteRecord& h = state_.hptes->at(at);
      if (h.frame == o.was.frame && concerns_entry(o, h.rights)) o.hptes.push_back(Location{at});
    }
  const auto tsbs = state_.tsbs_by_page->find({o.was.mm, o.was.page});
  if (tsbs != state_.tsbs_by_page->end())
    for (const std::uint32_t at : tsbs->second) {
      const Pte data{state_.tsbs->at(at).data};
      if (config_.pte.frame(data) == o.was.frame && concerns_entry(o, rights_of(config_.pte, data)))
        o.tsbs.push_back(Location{at});
    }
}

std::uint64_t Ledger::open_obligation(Obligation o) {
  collect_copies(o);
  return o.has_copies() ? enter(std::move(o)) : 0;
}

std::uint64_t Ledger::enter(Obligation o) {
  o.id = state_.next_id++;
  const std::uint64_t id = o.id;
  state_.open_by_page.write()[o.was.page.raw()].push_back(id);
  count_awake(o);
  state_.open.write().emplace(id, std::move(o));
  return id;
}

void Ledger::settle(std::uint64_t id, const Event& event) {
  auto& open = state_.open.write();
  const auto it = open.find(id);
  if (on_settled_) on_settled_(it->second, event.cycle);
  auto& open_by_page = state_.open_by_page.write();
  const auto by_page = open_by_page.find(it->second.was.page.raw());
  Ids& ids = by_page->second;
  ids.erase(std::find(ids.begin(), ids.end(), id));
  if (ids.empty()) open_by_page.erase(by_page);
  count_asleep(it->second);
  happened_.due.erase(id);
  open.erase(it);
}

void Ledger::settle_if_bare(std::uint64_t id, const Event& event) {
  if (!state_.open->at(id).has_copies()) settle(id, event);
}

std::uint64_t Ledger::find_or_reopen(const PageRecord& record, const Event& event, std::uint64_t excess) {
  for (const std::uint64_t id : open_at(event.page)) {
    const Obligation& o = state_.open->at(id);
    if (o.was.mm != event.mm || o.was.frame != event.frame || o.change == Change::cleaned) continue;
    if (excess == 0 ? o.change != Change::lowered : (o.lost & excess) != 0) return id;
  }
  const PastObligation& past = record.past;
  if (!past.known || past.was.frame != event.frame || past.change == Change::cleaned) return 0;
  if (excess != 0 && (past.lost & excess) == 0) return 0;
  Obligation o;
  o.was = past.was;
  o.change = past.change;
  o.lost = past.lost;
  o.opened = past.opened;
  o.due_by = past.due_by;
  o.until = past.until;
  o.replaced_by = past.replaced_by;
  const bool over =
      past.opened.in_call && !state_.execution.call_is_active(past.opened.task, past.opened.call_order);
  const bool unlocked =
      past.due_by == Due::unlock_of_destination && !state_.execution.still_holds(past.opened.task, past.until);
  o.due = past.change == Change::replaced || past.change == Change::freed || unlocked ||
          (over && past.due_by != Due::free_of_frame);
  o.returned = unlocked || (over && (past.due_by == Due::return_of_call || past.due_by == Due::end_of_dup_mmap));
  if (o.due) o.due_since = moment(event);
  return enter(std::move(o));
}

void Ledger::on_filled(const Event& event) {
  if (!event.mm.exists() || !event.cpu.exists()) return;
  const auto it = state_.pages->find({event.mm, event.page});
  if (it == state_.pages->end()) return;  // mapped before our eyes opened, and untouched since
  const PageRecord& record = it->second;
  std::uint64_t excess = 0;
  if (record.present && record.live.frame == event.frame && !is_dead(record.live)) {
    excess = (event.b & (right_write | right_exec)) & ~record.live.rights;
    if ((record.live.rights & right_read) == 0) excess |= right_read;
    if (excess == 0) return;
  }
  const std::uint64_t id = find_or_reopen(record, event, excess);
  if (id == 0) return;
  to_change(id).note({core_of(event.cpu), event.tag, event.b});
  wake(to_change(id));
  happened_.stale_fill = id;
}

/// Does a store through a copy of the obligation leave the page newer than anybody will know? A lazily freed page may
/// lose stores until the call has returned that gave it up, or one that found it so.
bool Ledger::escapes_notice(const Obligation& o, bool stale) const {
  if (!frame(o.was.frame).lazyfree) return stale || o.change == Change::cleaned;
  return o.change == Change::cleaned && o.due;
}

void Ledger::on_used(const Event& event) {
  if (state_.open->empty() && state_.watches->empty()) return;
  const auto kind = static_cast<AccessKind>(event.a);
  if (kind == AccessKind::store && !state_.watches->empty())
    for (CopyWatch& watch : state_.watches.write())
      if (!watch.stored && watch.source == event.frame &&
          (watch.all || (watch.mm == event.mm && watch.page == event.page))) {
        watch.stored = true;
        watch.store = moment(event);
      }
  if (state_.awake_by_page->count({event.mm, event.page}) == 0) return;
  for (const std::uint64_t id : state_.open_by_page->at(event.page.raw())) {
    const Obligation& o = state_.open->at(id);
    if (o.was.mm != event.mm) continue;
    if (o.change == Change::replaced && kind == AccessKind::store && o.replaced_by == event.frame)
      to_change(id).new_written = true;
    if (o.was.frame != event.frame) continue;
    const std::uint64_t needs = kind == AccessKind::store   ? std::uint64_t{right_write}
                                : kind == AccessKind::fetch ? std::uint64_t{right_exec}
                                                            : std::uint64_t{right_read};
    const bool stale =
        o.change == Change::cleaned ? false : o.change != Change::lowered || (o.lost & (needs | right_read)) != 0;
    if (kind == AccessKind::store && escapes_notice(o, stale)) uncover(o.was.frame, event);
    if (!stale) continue;
    const Obligation* seen = obligation(happened_.stale_use);
    if (seen == nullptr || (!seen->due && o.due)) happened_.stale_use = id;
  }
}

CoreId Ledger::core_of_drop(const Event& event) const {
  const std::uint64_t named = event.b & ~Event::nothing_there;
  return named != 0 ? CoreId{named - 1} : event.cpu.exists() ? core_of(event.cpu) : CoreId::none();
}

bool Ledger::knows_copy(CoreId core, VirtPage page) const {
  for (const std::uint64_t id : open_at(page))
    for (const TlbCopy& copy : state_.open->at(id).tlb)
      if (copy.core == core) return true;
  return false;
}

void Ledger::on_dropped(const Event& event) {
  if (state_.open->empty() || !core_of_drop(event).exists()) return;
  const CoreId core = core_of_drop(event);
  const auto gone = [&](const TlbCopy& c) {
    if (c.core != core) return false;
    return event.a >= 2 || !event.tag.exists() || !c.tag.exists() || c.tag == event.tag;
  };
  Ids ids;
  if (event.a == 0) ids = open_at(event.page);
  else
    for (const auto& [id, o] : *state_.open) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    const Obligation& o = to_change(id);
    auto& copies = to_change(id).tlb;
    // Other parts of the page may still be there.
    const auto is_gone = [&](const TlbCopy& c) { return gone(c) && !(config_.parts && confirmed(o, c)); };
    copies.erase(std::remove_if(copies.begin(), copies.end(), is_gone), copies.end());
    settle_if_bare(id, event);
  }
}

void Ledger::on_tag_loaded(const Event& event) {
  if (!event.cpu.exists()) return;
  for (const auto& [id, o] : *state_.open) {
    if (!o.dormant) continue;
    for (const TlbCopy& c : o.tlb)
      if (c.core == core_of(event.cpu) && (!c.tag.exists() || c.tag == event.tag)) wake(to_change(id));
  }
}

bool Ledger::confirmed(const Obligation& o, const TlbCopy& copy) const {
  if (!stream_.has_copy_source()) return true;
  stream_.census(o.was.mm, o.was.page, census_);
  return std::any_of(census_.begin(), census_.end(), [&](const TranslationCopy& c) {
    return c.core == copy.core && c.frame == o.was.frame && concerns(o, c.rights);
  });
}

std::optional<UsableCopy> Ledger::usable(const Obligation& o, CpuId only) const {
  const Execution& execution = state_.execution;
  const auto runs = [&](CpuId cpu) { return (!only.exists() || cpu == only) && execution.runs_user(cpu); };
  for (const TlbCopy& copy : o.tlb)
    for (std::uint32_t thread = 0; thread < config_.threads_per_core; ++thread) {
      const CpuId cpu{std::uint64_t{copy.core.raw()} * config_.threads_per_core + thread};
      // A copy proves that some thread of the core runs this mm; one that we have not seen yet need not be it.
      if (config_.threads_per_core > 1 && execution.cpu(cpu).mode == CpuRecord::Mode::unknown) continue;
      if (runs(cpu) && execution.answers(cpu, copy.tag, o.was.mm) && confirmed(o, copy))
        return UsableCopy{UsableCopy::Kind::tlb, cpu, copy.tag, Location{}};
    }
  if (o.hptes.empty() && o.tsbs.empty()) return std::nullopt;
  for (std::uint32_t c = 0; c < config_.cpus; ++c) {
    const CpuId cpu{c};
    // A cpu that we have not seen yet may be idle: only a TLB copy proves that it runs this mm.
    if (!runs(cpu) || !execution.cpu(cpu).mm_known || execution.cpu(cpu).mm != o.was.mm) continue;
    const bool hashed = !o.hptes.empty();
    return UsableCopy{hashed ? UsableCopy::Kind::hpte : UsableCopy::Kind::tsb, cpu, Tag{},
                      hashed ? o.hptes.front() : o.tsbs.front()};
  }
  return std::nullopt;
}

}  // namespace mmulab
