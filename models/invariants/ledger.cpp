// SPDX-License-Identifier: MIT
#include "models/invariants/ledger.h"

#include <algorithm>

namespace mmulab {

std::uint64_t rights_of(const PteLayout& layout, Pte pte) {
  const Rights rights = layout.rights(pte);
  return (rights.write ? std::uint64_t{right_write} : 0) | (rights.exec ? std::uint64_t{right_exec} : 0) |
         (pte.has(layout.user) ? std::uint64_t{right_read} : 0);
}

std::array<char, 4> rights_text(std::uint64_t rights) {
  return {(rights & right_read) != 0 ? 'r' : '-', (rights & right_write) != 0 ? 'w' : '-',
          (rights & right_exec) != 0 ? 'x' : '-', '\0'};
}

Due due_of(Call call) {
  switch (call) {
    // What a thread of the kernel takes from a page behind its owner's back, it has promised nobody: others must heed
    // it.
    case Call::fault:
    case Call::touch:
    case Call::discard:
    case Call::reclaim_anon:
    case Call::protnone:
    case Call::migrate:
    case Call::migrate_vma:
    case Call::gup:
    case Call::ksm_merge: return Due::free_of_frame;
    case Call::fork: return Due::end_of_dup_mmap;
    default: return Due::return_of_call;
  }
}

Ledger::Ledger(const LedgerConfig& config, EventStream& stream) : config_(config), stream_(stream) {}
Ledger::~Ledger() {
  if (attending_) stream_.relax(*this);
}

void Ledger::on_event(const Event& event) {
  ++state_.order;
  if (happened_.any()) happened_ = Happening{};
  state_.execution.apply(event, state_.order);
  dispatch(event);
  update_attention();
}

void Ledger::dispatch(const Event& event) {
  switch (event.kind) {
    case EventKind::pte_stored:
      on_pte_stored(event);
      return on_pte_stored_for_others(event);
    case EventKind::table_shared: return on_table_shared(event);
    case EventKind::table_unshared: return on_table_unshared(event);
    case EventKind::table_freed:
      if (!state_.shared_tables->empty()) state_.shared_tables.write().erase(event.table.raw());
      return;
    case EventKind::table_moved: return on_table_moved(event);
    case EventKind::frame_allocated: return on_frame(event);
    case EventKind::frame_freed: return on_frame_freed(event);
    case EventKind::page_dirtied:
    case EventKind::page_cleaned:
    case EventKind::page_lazyfreed:
    case EventKind::page_written:
    case EventKind::page_discarded: return on_page_state(event);
    case EventKind::copy_begun: return on_copy(event);
    case EventKind::call_returned: return on_call_returned(event);
    case EventKind::lock_released: return on_lock_released(event);
    case EventKind::vma_unlinked: return on_vma_unlinked(event);
    case EventKind::mm_destroyed: return on_mm_destroyed(event);
    case EventKind::translation_filled: return on_filled(event);
    case EventKind::translation_used: return on_used(event);
    case EventKind::translation_dropped: return on_dropped(event);
    case EventKind::tag_loaded: return on_tag_loaded(event);
    case EventKind::hpte_stored: return on_hpte_stored(event);
    case EventKind::tsb_stored: return on_tsb_stored(event);
    case EventKind::tsb_freed: return on_tsb_dropped(event);
    case EventKind::batch_noted:
    case EventKind::batch_flushed: return on_batch(event);
    case EventKind::flush_done: return forget_flushed(event.task);
    default: return;
  }
}

void Ledger::make_due(Obligation& o, const Event& event) {
  if (o.due) return;
  happened_.due.insert(o.id);
  o.due = true;
  o.due_since = moment(event);
}

void Ledger::mark_returned(Obligation& o, const Event& event) {
  make_due(o, event);
  happened_.due.insert(o.id);
  o.returned = true;
  o.returned_order = state_.order;
}

void Ledger::on_call_returned(const Event& event) {
  const ActiveCall& call = state_.execution.finished_call();
  forget_flushed(event.task);
  if (replaces(call.call)) finish_copies(event.task);
  if (due_of(call.call) == Due::free_of_frame && call.denied == 0) return;
  for (const auto& [id, o] : *state_.open) {
    if (o.opened.task == call.task && o.opened.call_order == call.order && o.opened.in_call) {
      if (o.due_by != Due::return_of_call && o.due_by != Due::end_of_dup_mmap) continue;
      mark_returned(to_change(id), event);
    } else if (!o.returned && call.covers(o.was.mm, o.was.page) && o.was.born.order < call.order) {
      find_pending(to_change(id), call, event);
    }
  }
}

/// The instance lived when the call began and has come to its end, or lost its dirty bit, by somebody else.
void Ledger::find_pending(Obligation& o, const ActiveCall& call, const Event& event) {
  if ((zaps(call.call) && o.change == Change::revoked) ||
      (call.call == Call::madv_free && o.change == Change::cleaned)) {
    mark_returned(o, event);
    o.found_by_other = true;
  } else if ((call.denied & o.was.rights) != 0 && o.change == Change::revoked) {
    make_due(o, event);
    happened_.due.insert(o.id);
    o.denied |= call.denied & o.was.rights;
    o.denied_order = state_.order;
  }
}

void Ledger::on_lock_released(const Event& event) {
  const ActiveCall* call = state_.execution.call_of(event.task);
  if (state_.open->empty() || call == nullptr) return;
  if (call->call == Call::mremap) on_destination_unlocked(event);
  const bool of_map = static_cast<LockClass>(event.a) == LockClass::mmap_sem;
  if (call->call == Call::fork && of_map) on_map_unlocked(event, *call);
}

void Ledger::on_destination_unlocked(const Event& event) {
  const HeldLock& released = state_.execution.released_lock();
  for (const auto& [id, o] : *state_.open)
    if (o.due_by == Due::unlock_of_destination && !o.due && o.until.at == released.at &&
        o.until.order == released.order)
      mark_returned(to_change(id), event);
}

void Ledger::on_map_unlocked(const Event& event, const ActiveCall& fork) {
  for (const HeldLock& lock : state_.execution.task(event.task).locks)
    if (lock.lock_class == LockClass::mmap_sem) return;  // the child's goes first, the flush comes between
  for (const auto& [id, o] : *state_.open)
    if (o.due_by == Due::end_of_dup_mmap && o.opened.task == event.task && o.opened.call_order == fork.order)
      make_due(to_change(id), event);
}

void Ledger::on_vma_unlinked(const Event& event) {
  if (static_cast<VmaKind>(event.a) != VmaKind::pfnmap) return;
  for (const auto& [id, o] : *state_.open)
    if (o.change == Change::revoked && o.was.mm == event.mm && o.was.page >= event.page &&
        o.was.page.raw() - event.page.raw() < event.b) {
      mark_returned(to_change(id), event);
    }
}

void Ledger::on_mm_destroyed(const Event& event) {
  std::vector<std::uint64_t> bare;
  std::size_t dormant = 0;
  for (const auto& [id, o] : *state_.open) {
    const bool falls_asleep = !o.dormant && o.was.mm == event.mm && o.hptes.empty();
    dormant += o.dormant || falls_asleep ? 1 : 0;
    if (falls_asleep) lull(to_change(id));
  }
  // Evictions are not reported, so the sleepers are a superset; keep it from growing for ever.
  constexpr std::size_t many = 1024;
  if (dormant > many)
    for (const auto& [id, o] : *state_.open)
      if (o.dormant) bare.push_back(id);
  for (const std::uint64_t id : bare) {
    auto& copies = to_change(id).tlb;
    for (std::size_t i = copies.size(); i-- > 0;)
      if (!confirmed(state_.open->at(id), copies[i])) copies.erase(copies.begin() + static_cast<std::ptrdiff_t>(i));
    settle_if_bare(id, event);
  }
  std::vector<std::uint32_t> tsbs;
  for (const auto& [at, tsb] : *state_.tsbs)
    if (tsb.mm == event.mm) tsbs.push_back(at);
  for (const std::uint32_t at : tsbs) remove_tsb(at, event);
  auto& pages = state_.pages.write();
  for (auto it = pages.begin(); it != pages.end();) {
    if (it->first.mm != event.mm) {
      ++it;
      continue;
    }
    const PageRecord& record = it->second;
    if (record.present && !is_dead(record.live)) --frame_at(record.live.frame).live_maps;
    it = pages.erase(it);
  }
}

void Ledger::count_awake(const Obligation& o) {
  if (state_.awake.write().insert(o.id).second) ++state_.awake_by_page.write()[{o.was.mm, o.was.page}];
}

void Ledger::count_asleep(const Obligation& o) {
  if (state_.awake->count(o.id) == 0) return;
  state_.awake.write().erase(o.id);
  auto& by_pages = state_.awake_by_page.write();
  const auto by_page = by_pages.find({o.was.mm, o.was.page});
  if (--by_page->second == 0) by_pages.erase(by_page);
}

void Ledger::lull(Obligation& o) {
  o.dormant = true;
  count_asleep(o);
}

void Ledger::wake(Obligation& o) {
  o.dormant = false;
  count_awake(o);
}

void Ledger::update_attention() {
  const bool wanted = !state_.awake->empty() || !state_.watches->empty();
  if (wanted == attending_) return;
  attending_ = wanted;
  if (wanted) stream_.attend(*this);
  else stream_.relax(*this);
}

/// What on_used could note, on_filled through an entry of a table, and nothing else: a core without a copy of the
/// obligation goes through the live pte.
bool Ledger::awaits(CpuId cpu, MmId mm, VirtPage page) const {
  for (const CopyWatch& watch : *state_.watches)
    if (watch.all || (watch.mm == mm && watch.page == page)) return true;
  if (state_.awake_by_page->count({mm, page}) == 0) return false;
  const Ids& ids = state_.open_by_page->at(page.raw());
  return std::any_of(ids.begin(), ids.end(), [&](std::uint64_t id) {
    const Obligation& o = state_.open->at(id);
    if (o.was.mm != mm || o.dormant) return false;
    if (!o.hptes.empty() || !o.tsbs.empty() || (o.change == Change::replaced && !o.new_written)) return true;
    return std::any_of(o.tlb.begin(), o.tlb.end(), [&](const TlbCopy& c) { return c.core == core_of(cpu); });
  });
}

void Ledger::restore(const Memory* memory) {
  RememberedAs::restore(memory);
  happened_ = Happening{};
  update_attention();
}

void Ledger::reset() {
  RememberedAs::reset();
  happened_ = Happening{};
  update_attention();
}

const Obligation* Ledger::obligation(std::uint64_t id) const {
  if (id == 0) return nullptr;  // what most events have
  const auto it = state_.open->find(id);
  return it == state_.open->end() ? nullptr : &it->second;
}

const PageRecord* Ledger::page(MmId mm, VirtPage page) const {
  const auto it = state_.pages->find({mm, page});
  return it == state_.pages->end() ? nullptr : &it->second;
}

const FrameRecord& Ledger::frame(Frame f) const {
  static const FrameRecord none;
  return f.raw() < state_.frames->size() ? (*state_.frames)[f.raw()] : none;
}

bool Ledger::is_dead(const Instance& instance) const {
  return instance.generation != frame(instance.frame).generation;
}

std::uint64_t Ledger::batch_depth(CpuId cpu) const {
  return cpu.raw() < state_.batch_depth.size() ? state_.batch_depth[cpu.raw()] : 0;
}

}  // namespace mmulab
