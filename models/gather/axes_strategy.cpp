// SPDX-License-Identifier: MIT
#include "models/gather/axes_strategy.h"

#include <algorithm>

namespace mmulab {
namespace {

const Label nested_gather{"gather.look_for_others", "page_ref"};
const Label wait_nested{"gather.wait_nested", "page_ref"};

Port::Tombstones tombstones_of(DeferralFault fault) {
  switch (fault) {
    case DeferralFault::set_strips: return Port::Tombstones::lost_when_set;
    case DeferralFault::updates_in_place: return Port::Tombstones::taken_for_entries;
    default: return Port::Tombstones::kept;
  }
}

}  // namespace

AxesStrategy::AxesStrategy(World& world, const KernelState& state, Port& port, Locks& locks,
                           const GatherAxes& axes)
    : state_(state), port_(port), locks_(locks), axes_(axes), pages_(world, state.limits(), axes) {
  if (axes.recorder == Recorder::batch) {
    const World::Holding owners = axes.scope == RecordScope::cpu ? World::Holding{Owner::cpu, state.limits().cpus}
                                                                : World::Holding{Owner::task, state.limits().tasks};
    batch_ = std::make_unique<Batch>(world, "gather.batch", owners, axes.batch_entries, 1 + state.entry_words());
  }
  has_unflushed_ = batch_ != nullptr && axes.settle == Settle::flush_mm_when_nested;
  if (has_unflushed_) unflushed_ = world.allocate("gather.unflushed", state.limits().mms, 1, Coherence::memory);
  // What is recorded pte by pte dies where it is unmapped.
  if (axes.reclaim == Reclaim::batch && axes.recorder != Recorder::batch && state.has_rmap_walks())
    reclaim_ = std::make_unique<ReclaimBatch>(world, state, port, axes.batched);
  port.set_modify_in_place(axes.modify_in_place);
  if (axes.tombstones) port.set_tombstones(tombstones_of(axes.fault));
}

// ------------------------------------------------------------------------------------------ the gather's frame

/// Settling goes through others' batches in turn; what a class of its own does is not known.
bool AxesStrategy::treats_cpus_alike() const {
  return typeid(*this) == typeid(AxesStrategy) && axes_.settle == Settle::none;
}

void AxesStrategy::begin(Context& ctx, Gather& g) {
  if (axes_.pin == Pin::preempt_off) locks_.preempt_disable(ctx);
  g.attached = axes_.pin == Pin::preempt_off;
  pages_.attach(ctx, g);
  if (axes_.settle != Settle::none) kernel_->open_flush(ctx, g.mm);
  if (!g.full_mm || axes_.full_mm != FullMm::flush_first) return;
  ClassicFlush everything;
  everything.mm = g.mm;
  classic_flush(ctx, everything);
}

void AxesStrategy::end(Context& ctx, Gather& g) {
  const Conclusion nothing(ctx);
  settle_nested(ctx, g);
  // A dead mm's context goes back at once: whatever a strategy defers, it cannot defer past that.
  if (has(on_end) || g.full_mm) flush_and_release(ctx, g, FlushReason::end);
  if (g.attached) locks_.preempt_enable(ctx);
  g.attached = false;
  if (axes_.settle == Settle::none) return;
  kernel_->close_flush(ctx, g.mm);
  if (axes_.settle != Settle::wait_when_nested || flushes_instead_of_waiting(g)) return;
  const auto pending = state_.mm_flush_pending(g.mm);
  // Having closed its own, a gather may wait for the others without a cycle: none of them waits for an open one.
  ctx.step_when(
      wait_nested, reads(pending), [&](const Access& a) { return a.read(pending) == 0; }, [](Access&) {});
}

/// Whoever waits for another gather under i_mmap_lock waits for ever if that one unlinks a file's VMA before its end
/// (exit_mmap, munmap). So it flushes the mm, where the port can; ppc64 finds entries only through recorded ptes, and
/// waits still.
bool AxesStrategy::flushes_instead_of_waiting(const Gather& g) const {
  return axes_.settle == Settle::wait_when_nested && g.outer == OuterLock::i_mmap_lock &&
         port_.refuses(Invalidation::Scope::mm) == nullptr;
}

/// Another gather of this mm may have cleared ptes that we found empty: its flush is ours to answer for.
void AxesStrategy::settle_nested(Context& ctx, Gather& g) {
  // Who publishes entries flushes those of others with its own.
  if (publishes()) return;
  if (axes_.settle != Settle::flush_mm_when_nested && !flushes_instead_of_waiting(g)) return;
  const auto pending = state_.mm_flush_pending(g.mm);
  g.nested = ctx.step(nested_gather, reads(pending), [&](Access& a) { return a.read(pending) > 1; });
  if (!g.nested) return;
  g.need_flush = true;
  g.freed_tables = true;
  g.range_first = VirtPage{};
  g.range_end = VirtPage{} + state_.geometry().user_pages();
}

void AxesStrategy::flush(Context& ctx, Gather& g) { invalidate(ctx, g, FlushReason::force); }

void AxesStrategy::lock_break(Context& ctx, Gather& g, LockBreakReason) {
  if (axes_.block_break == BlockBreak::nothing) return;
  flush_and_release(ctx, g, FlushReason::zap_block);
  if (axes_.block_break != BlockBreak::end_and_begin || !g.attached) return;
  // tlb_finish_mmu and tlb_gather_mmu: preemptible in between, perhaps on another cpu afterwards.
  locks_.preempt_enable(ctx);
  locks_.preempt_disable(ctx);
  pages_.attach(ctx, g);
}

void AxesStrategy::end_vma(Context& ctx, Gather& g, const VmaRecord& vma) {
  const bool due = has(on_end_vma) || (has(on_end_pfnmap_vma) && vma.kind == VmaKind::pfnmap);
  if (due && !g.full_mm) invalidate(ctx, g, FlushReason::end_vma);
}

// ---------------------------------------------------------------------------------------------- under the PTL

void AxesStrategy::locked(Context& ctx, Gather*, MmId, const PtlPair&) {
  if (records_entries() && axes_.active == RecordActive::lazy_mmu) batch_->set_active(ctx, owner(ctx), true);
}

/// fork and mprotect do not ask for room: there is no walk to stop.
bool AxesStrategy::stops_when_batch_full(const Gather& g) const {
  const bool walks = g.kind != GatherKind::fork && g.kind != GatherKind::mprotect;
  return walks && records_entries() && axes_.active != RecordActive::at_once && !has(on_batch_full);
}

Room AxesStrategy::room(Context& ctx, Gather& g, std::uint32_t) {
  if (stops_when_batch_full(g) && batch_->full(ctx, owner(ctx))) {
    g.stopped = true;
    return Room::stop;
  }
  if (!axes_.room_before_clear || !pages_.full(ctx, g) || grow(ctx, g)) return Room::go;
  g.stopped = true;
  return Room::stop;
}

Pte AxesStrategy::pte_op(Context& ctx, Gather* g, const PteRequest& request) {
  const Pte old = port_.change_pte(ctx, request);
  // Rights that only grow leave nothing that must die; no access goes through a NUMA hint, whose giver has noted the
  // pte that it replaced.
  if (request.action == PteAction::access_flags || !port_.may_be_cached(old)) return old;
  if (port_.pte().is_protnone(old)) return old;
  if (axes_.split_invalidate && !port_.invalidate_software_entry(ctx, request.mm, request.page, old)) return old;
  if (records_entries()) record_entry(ctx, g, request, old);
  return old;
}

void AxesStrategy::record_entry(Context& ctx, const Gather* g, const PteRequest& request, Pte old) {
  const Conclusion nothing(ctx);
  const std::uint32_t who = owner(ctx);
  const bool recording = axes_.active == RecordActive::always ||
                         (axes_.active == RecordActive::lazy_mmu && batch_->active(ctx, who));
  if (axes_.scope == RecordScope::cpu && batch_->holds_other_mm(ctx, who, request.mm))
    flush_batch(ctx, FlushReason::mm_change);
  // A walk that was stopped has been preempted before its flush.
  if (batch_->has_no_room(ctx, who)) flush_batch(ctx, FlushReason::full);
  if (publishes() && batch_->is_empty(ctx, who)) publish(ctx, request.mm);
  const bool full =
      batch_->append(ctx, who, request.mm, request.page, old, KernelState::second_word(request.ptep));
  if (!recording) return flush_batch(ctx, FlushReason::each);
  if (full && (g == nullptr || !stops_when_batch_full(*g))) return flush_batch(ctx, FlushReason::full);
  if (request.action == PteAction::set && has(on_set_over_present)) flush_batch(ctx, FlushReason::each);
  if (request.action == PteAction::young && has(on_clear_young)) flush_batch(ctx, FlushReason::each);
}

void AxesStrategy::note(Context&, Gather& g, const NoteArguments& what) {
  g.need_flush = true;
  g.range_first = std::min(g.range_first, what.page);
  g.range_end = std::max(g.range_end, what.page + Pages{1});
  if (what.dirty_file_page && has(on_dirty_file_page)) g.force_flush = true;
}

/// Only a flush under the same PTL gives the delay an end.
bool AxesStrategy::delays_rmap() const {
  return axes_.delays_rmap && has(on_dirty_file_page) && axes_.free_pages == FreePages::after_flush;
}

PageVerdict AxesStrategy::put_page(Context& ctx, Gather& g, Frame frame, bool delayed_rmap) {
  g.need_flush = true;
  if (axes_.free_pages == FreePages::immediately) {
    kernel_->put_page(ctx, frame);
    return PageVerdict::ok;
  }
  pages_.add_page(ctx, g, frame, delayed_rmap);
  if (!pages_.full(ctx, g)) return PageVerdict::ok;
  if (axes_.when_full == WhenFull::flush_inside) {
    flush_and_release(ctx, g, FlushReason::full);
    return PageVerdict::ok;
  }
  if (!axes_.room_before_clear && grow(ctx, g)) return PageVerdict::ok;
  return axes_.room_before_clear ? PageVerdict::ok : PageVerdict::stop;
}

void AxesStrategy::before_unlock(Context& ctx, Gather* g, MmId) {
  if (records_entries() && axes_.active == RecordActive::lazy_mmu) {
    if (has(on_leave_lazy)) flush_batch(ctx, FlushReason::leave_lazy);
    batch_->set_active(ctx, owner(ctx), false);
  }
  if (g == nullptr) return;
  if (has(on_before_unlock) || g->force_flush)
    invalidate(ctx, *g, g->force_flush ? FlushReason::force : FlushReason::before_unlock);
  drop_delayed_rmaps(ctx, *g);
}

void AxesStrategy::drop_delayed_rmaps(Context& ctx, Gather& g) {
  if (!g.delayed_rmaps) return;
  pages_.drop_delayed_rmaps(ctx, g, *kernel_);
  g.delayed_rmaps = false;
}

// ---------------------------------------------------------------------------------------------- outside it

AfterUnlock AxesStrategy::after_unlock(Context& ctx, Gather& g) {
  const bool stopped = g.stopped || (axes_.room_before_clear && pages_.full(ctx, g));
  if (has(on_after_unlock) || stopped || g.force_flush) flush_and_release(ctx, g, FlushReason::after_unlock);
  g.force_flush = false;
  g.stopped = false;
  return AfterUnlock::go_on;
}

void AxesStrategy::put_table(Context& ctx, Gather& g, std::size_t level, TableId table, VirtPage page) {
  g.need_flush = true;
  if (axes_.free_tables == FreeTables::immediately) return kernel_->free_table(ctx, table, level);
  g.freed_tables = true;
  g.range_first = std::min(g.range_first, page);
  g.range_end = std::max(g.range_end, page + state_.geometry().span(level + 1));
  if (frees_at_once(ctx, g.mm)) return kernel_->free_table(ctx, table, level);
  if (axes_.free_tables == FreeTables::rcu) return remove_table(ctx, g, level, table);
  pages_.add_table(ctx, g, level, table);
  if (pages_.full(ctx, g) && !grow(ctx, g)) flush_and_release(ctx, g, FlushReason::full);
}

void AxesStrategy::classic_flush(Context& ctx, const ClassicFlush& what) {
  const Conclusion nothing(ctx);
  if (records_entries()) {
    if (!has(on_classic_flush)) return;
    locks_.preempt_disable(ctx);
    flush_batch(ctx, FlushReason::classic);
    if (publishes() && others_pend(ctx, what.mm)) flush_others(ctx, what.mm);
    locks_.preempt_enable(ctx);
    return;
  }
  Invalidation flush;
  flush.scope = what.scope;
  flush.mm = what.mm;
  flush.first = what.first;
  flush.end = what.end;
  flush.reason = FlushReason::classic;
  port_.invalidate(ctx, flush);
}

void AxesStrategy::switch_out(Context& ctx, MmId) {
  const Conclusion nothing(ctx);
  if (!records_entries() || axes_.scope != RecordScope::cpu || !has(on_context_switch)) return;
  flush_batch(ctx, FlushReason::context_switch);
  if (has(on_end) || axes_.pages != PageHome::cpu) return;
  // Nobody else ever frees what this cpu's list still holds.
  Gather g;
  pages_.attach(ctx, g);
  pages_.release(ctx, g, *kernel_);
}

void AxesStrategy::settle(Context& ctx, MmId mm, VirtPage, VirtPage) {
  if (reclaim_ != nullptr) reclaim_->settle(ctx, mm);
}

bool AxesStrategy::rmap_note(Context& ctx, MmId mm, bool dirty) {
  if (reclaim_ != nullptr) reclaim_->note(ctx, mm, dirty);
  return reclaim_ != nullptr;
}

void AxesStrategy::rmap_flush(Context& ctx, bool dirty_only) {
  if (reclaim_ != nullptr) reclaim_->flush(ctx, dirty_only);
}

void AxesStrategy::flush_batch(Context& ctx, FlushReason why) {
  const Conclusion nothing(ctx);
  Invalidation what = batch_->pending(ctx, owner(ctx));
  if (what.count == 0) return;
  what.reason = why;
  what.wait = axes_.wait;
  what.by_reference = axes_.by_reference;
  what.tlb_only = axes_.split_invalidate;
  port_.invalidate(ctx, what);
  batch_->clear(ctx, owner(ctx), what.count);
  if (publishes()) withdraw(ctx, what.mm);
}

void AxesStrategy::invalidate(Context& ctx, Gather& g, FlushReason why) {
  if (g.full_mm && axes_.full_mm != FullMm::flush) return;
  if (records_entries()) flush_batch(ctx, why);
  if (publishes() && others_pend(ctx, g.mm)) flush_others(ctx, g.mm);
  // Entries say nothing of freed tables: where hardware walks them, the whole mm must be flushed for those.
  const bool tables_only = records_entries();
  if (tables_only && (!g.freed_tables || port_.refuses(Invalidation::Scope::mm) != nullptr)) return;
  if (!g.need_flush) return;
  Invalidation what;
  what.mm = g.mm;
  what.reason = why;
  what.full_mm = g.full_mm;
  what.freed_tables = g.freed_tables;
  what.wait = axes_.wait;
  what.scope =
      axes_.recorder == Recorder::range && !g.full_mm ? Invalidation::Scope::range : Invalidation::Scope::mm;
  what.first = g.range_first;
  what.end = g.range_end;
  port_.invalidate(ctx, what);
  g.need_flush = false;
  g.freed_tables = false;
  g.range_first = VirtPage{~std::uint64_t{0}};
  g.range_end = VirtPage{};
}

void AxesStrategy::flush_and_release(Context& ctx, Gather& g, FlushReason why) {
  Conclusion only(ctx);
  const bool pins = records_entries() && axes_.scope == RecordScope::cpu && !g.attached;
  if (pins) locks_.preempt_disable(ctx);
  if (axes_.free_pages == FreePages::before_flush) pages_.release(ctx, g, *kernel_);
  invalidate(ctx, g, why);
  if (pins) locks_.preempt_enable(ctx);
  if (g.table_batch != 0) flush_tables(ctx, g);
  drop_delayed_rmaps(ctx, g);
  if (axes_.free_pages != FreePages::before_flush) pages_.release(ctx, g, *kernel_);
  only(g);
}

}  // namespace mmulab
