// SPDX-License-Identifier: MIT
// Copies of instances in memory: hash entries and TSB entries; and the batches that promise to remove them.
#include <algorithm>

#include "models/invariants/ledger.h"

namespace mmulab {
namespace {

template <class Index>
void forget_at(Index& index, PageKey key, std::uint32_t at) {
  const auto it = index.find(key);
  if (it == index.end()) return;
  auto& list = it->second;
  list.erase(std::remove(list.begin(), list.end(), at), list.end());
  if (list.empty()) index.erase(it);
}

constexpr std::uint64_t parts_of_page = 16;

/// Bits 47 and 46 of a TSB tag: locked, invalid (hardware.md 3).
constexpr std::uint64_t tsb_unusable = std::uint64_t{3} << 46;

}  // namespace

std::vector<HpteRecord> Ledger::hptes_of(MmId mm, VirtPage page) const {
  std::vector<HpteRecord> result;
  const auto it = state_.hptes_by_page->find({mm, page});
  if (it == state_.hptes_by_page->end()) return result;
  for (const std::uint32_t at : it->second) result.push_back(state_.hptes->at(at));
  return result;
}

void Ledger::on_hpte_stored(const Event& event) {
  const bool valid = (event.b & config_.hpt.valid) != 0;
  const auto existing = state_.hptes->find(event.location.raw());
  if (valid && existing != state_.hptes->end() && existing->second.mm == event.mm &&
      existing->second.page == event.page && existing->second.frame == event.frame) {
    HpteRecord& same = state_.hptes.write().at(event.location.raw());
    same.dword0 = event.b;
    same.rights |= hpte_rights(page(event.mm, event.page), event.frame);
    return;
  }
  if (existing != state_.hptes->end()) remove_hpte(event.location, event);
  if (valid) add_hpte(event);
}

/// An entry carries what the pte allowed when it was made; events don't tell its second dword.
std::uint64_t Ledger::hpte_rights(const PageRecord* record, Frame f) const {
  if (record == nullptr || !record->present || record->live.frame != f) return right_read;
  std::uint64_t rights = record->live.rights;
  if (config_.hpt.write_needs_dirty && !record->raw.has(config_.pte.dirty)) rights &= ~std::uint64_t{right_write};
  return rights;
}

void Ledger::add_hpte(const Event& event) {
  const PageRecord* record = page(event.mm, event.page);
  HpteRecord h{event.location,
               event.b,
               event.mm,
               event.page,
               event.tag,
               event.frame,
               hpte_rights(record, event.frame),
               record != nullptr ? record->lineage : 0,
               moment(event),
               event.part,
               event.order};
  find_duplicate(h);
  if (is_wide(h)) ++state_.wide_hptes;
  state_.hptes_by_page.write()[{h.mm, h.page}].push_back(h.at.raw());
  state_.hptes.write()[h.at.raw()] = h;
  if (record == nullptr) return;
  if (record->present && record->live.frame == event.frame && !is_dead(record->live)) return;
  // Hashed from a pte that is no more.
  const std::uint64_t id = find_or_reopen(*record, event, 0);
  if (id != 0) to_change(id).hptes.push_back(event.location);
}

void Ledger::remove_hpte(Location at, const Event& event) {
  const HpteRecord h = state_.hptes->at(at.raw());
  state_.hptes.write().erase(at.raw());
  forget_at(state_.hptes_by_page.write(), {h.mm, h.page}, at.raw());
  if (is_wide(h)) --state_.wide_hptes;
  const PageRecord* record = page(h.mm, h.page);
  if (record != nullptr && record->present && record->lineage == h.lineage && record->live.frame == h.frame &&
      event.task.exists() && state_.execution.task(event.task).flushing && record->raw.has(config_.hash.hashpte))
    ++state_.over_invalidations;
  for (const std::uint64_t id : open_at(h.page)) {
    if (state_.open->at(id).was.mm != h.mm) continue;
    auto& entries = to_change(id).hptes;
    entries.erase(std::remove(entries.begin(), entries.end(), at), entries.end());
    settle_if_bare(id, event);
  }
}

std::uint64_t Ledger::pages_of(const HpteRecord& h) const {
  if (h.order != 0) return std::uint64_t{1} << h.order;
  return (h.dword0 & config_.hpt.large) != 0 ? config_.hpt.pages_per_large : 1;
}

void Ledger::find_duplicate(const HpteRecord& newer) {
  const HptShape& hpt = config_.hpt;
  // In parts of a page.
  const auto first_and_size = [&](const HpteRecord& h) {
    if (h.part != 0) return std::make_pair(h.page.raw() * parts_of_page + h.part - 1, std::uint64_t{1});
    const std::uint64_t pages = pages_of(h);
    return std::make_pair(h.page.raw() / pages * pages * parts_of_page, pages * parts_of_page);
  };
  const auto clashes = [&](const HpteRecord& h) {
    if (h.at == newer.at || h.tag != newer.tag || (!h.tag.exists() && h.mm != newer.mm)) return false;
    if (((h.dword0 ^ newer.dword0) & hpt.segment_size) != 0) return false;
    const auto [a, a_pages] = first_and_size(h);
    const auto [b, b_pages] = first_and_size(newer);
    return a < b + b_pages && b < a + a_pages;
  };
  const HpteRecord* older = nullptr;
  if (state_.wide_hptes != 0 || is_wide(newer)) {
    for (const auto& [at, h] : *state_.hptes)
      if (older == nullptr && clashes(h)) older = &h;
  } else if (const auto it = state_.hptes_by_page->find({newer.mm, newer.page}); it != state_.hptes_by_page->end()) {
    for (const std::uint32_t at : it->second)
      if (older == nullptr && clashes(state_.hptes->at(at))) older = &state_.hptes->at(at);
  }
  if (older == nullptr) return;
  Duplicate& d = happened_.duplicate;
  d.found = true;
  d.older = *older;
  d.newer = newer;
  const PageRecord* record = page(newer.mm, newer.page);
  d.refaulted = record != nullptr && record->lineage != older->lineage;
  if (record == nullptr || !record->disturbed.when.known) return;
  d.pending = record->disturbed;
  for (unsigned i = 0; i < d.pending.ptls; ++i) {
    d.owner_holds_ptl = d.owner_holds_ptl || state_.execution.still_holds(d.pending.when.task, d.pending.ptl[i]);
    if (!d.ptl_holder.exists()) d.ptl_holder = state_.execution.holder_of(d.pending.ptl[i].at);
  }
}

void Ledger::on_tsb_stored(const Event& event) {
  const std::uint32_t at = event.location.raw();
  if (state_.tsbs->count(at) != 0) remove_tsb(at, event);
  const Pte data{event.b};
  if ((event.a & tsb_unusable) != 0 || !config_.pte.is_present(data)) return;
  state_.tsbs.write()[at] = {event.mm, event.page, event.b};
  state_.tsbs_by_page.write()[{event.mm, event.page}].push_back(at);
  const PageRecord* record = page(event.mm, event.page);
  if (record == nullptr) return;
  Event copy = event;
  copy.frame = config_.pte.frame(data);
  std::uint64_t excess = 0;
  if (record->present && record->live.frame == copy.frame && !is_dead(record->live)) {
    excess = rights_of(config_.pte, data) & ~record->live.rights;
    if (excess == 0) return;
  }
  const std::uint64_t id = find_or_reopen(*record, copy, excess);
  if (id != 0) to_change(id).tsbs.push_back(event.location);
}

void Ledger::remove_tsb(std::uint32_t at, const Event& event) {
  const TsbRecord tsb = state_.tsbs->at(at);
  state_.tsbs.write().erase(at);
  forget_at(state_.tsbs_by_page.write(), {tsb.mm, tsb.page}, at);
  for (const std::uint64_t id : open_at(tsb.page)) {
    if (state_.open->at(id).was.mm != tsb.mm) continue;
    auto& entries = to_change(id).tsbs;
    entries.erase(std::remove(entries.begin(), entries.end(), Location{at}), entries.end());
    settle_if_bare(id, event);
  }
}

void Ledger::on_tsb_dropped(const Event& event) {
  std::vector<std::uint32_t> gone;
  const auto end = state_.tsbs->lower_bound(event.location.raw() + static_cast<std::uint32_t>(event.a));
  for (auto it = state_.tsbs->lower_bound(event.location.raw()); it != end; ++it) gone.push_back(it->first);
  for (const std::uint32_t at : gone) remove_tsb(at, event);
}

bool Ledger::is_noted(MmId mm, VirtPage page) const {
  return std::any_of(state_.noted->begin(), state_.noted->end(),
                     [&](const NotedEntry& n) { return n.mm == mm && n.page == page; });
}

bool Ledger::has_noted(TaskId task) const {
  return std::any_of(state_.noted->begin(), state_.noted->end(),
                     [&](const NotedEntry& n) { return n.task == task; });
}

void Ledger::on_batch(const Event& event) {
  if (event.cpu.exists() && event.cpu.raw() >= state_.batch_depth.size())
    state_.batch_depth.resize(event.cpu.raw() + std::size_t{1});
  if (event.kind == EventKind::batch_noted) {
    if (event.cpu.exists()) state_.batch_depth[event.cpu.raw()] = event.a;
    state_.noted.write().push_back({event.cpu, event.task, event.mm, event.page, state_.order, false});
    return;
  }
  if (event.cpu.exists()) {
    std::uint64_t& depth = state_.batch_depth[event.cpu.raw()];
    depth = depth > event.a ? depth - event.a : 0;
  }
  // The event doesn't say where the batch hangs: on the task's stack, on the cpu, on the mm. The count tells.
  const auto by_task = [&](const NotedEntry& n) { return !n.being_flushed && n.task == event.task; };
  const auto by_cpu = [&](const NotedEntry& n) { return !n.being_flushed && n.cpu == event.cpu; };
  const auto by_mm = [&](const NotedEntry& n) { return !n.being_flushed && n.mm == event.mm; };
  const auto count = [&](auto which) {
    return static_cast<std::uint64_t>(std::count_if(state_.noted->begin(), state_.noted->end(), which));
  };
  const bool task_fits = count(by_task) == event.a, cpu_fits = count(by_cpu) == event.a,
             mm_fits = count(by_mm) == event.a;
  auto& noted = state_.noted.write();
  for (NotedEntry& n : noted) {
    const bool gone = task_fits ? by_task(n) : cpu_fits ? by_cpu(n) : mm_fits ? by_mm(n) : by_task(n) || by_cpu(n);
    if (!gone) continue;
    n.being_flushed = true;
    n.task = event.task;
  }
  // Entries that were flushed before the batch said so are done with; the others until the flush is.
  const TaskRecord& task = state_.execution.task(event.task);
  if (task.flushing) return;
  noted.erase(std::remove_if(noted.begin(), noted.end(),
                             [&](const NotedEntry& n) {
                               return n.being_flushed && n.task == event.task && n.order < task.last_flush_done;
                             }),
              noted.end());
}

void Ledger::forget_flushed(TaskId task) {
  if (!has_noted(task)) return;
  auto& noted = state_.noted.write();
  noted.erase(std::remove_if(noted.begin(), noted.end(),
                             [&](const NotedEntry& n) { return n.being_flushed && n.task == task; }),
              noted.end());
}

}  // namespace mmulab
