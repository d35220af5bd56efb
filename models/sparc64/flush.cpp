// SPDX-License-Identifier: MIT
// How translations enter the TSB by hand and die: update_mmu_cache, flush_tsb_user, smp_flush_tlb_pending and its
// relatives. The TSB goes first, by the initiator alone; then every TLB, by cross call (flush_tsb_first). Linux 2.6.22
// arch/sparc64/mm/{init,tlb,tsb}.c, kernel/smp.c; f36391d2790d for calls that wait.
#include "models/sparc64/port.h"

namespace mmulab {
namespace {

using sparc64::CallKind;
using sparc64::CallRequest;
using sparc64::StepView;

const Label begin{"flush.begin", "flush_call"};
const Label look{"flush.test_context", "context_test"};
const Label shrink{"flush.shrink_cpumask", "cpumask_update", Ordering::atomic};
const Label mask{"flush.read_cpumask", "cpumask_read"};
const Label read_entry{"xcall.read_entry", "xcall_read_entry"};
const Label page_demap{"flush.demap_page", "demap_page", Ordering::full};
const Label context_demap{"flush.demap_context", "demap_context", Ordering::full};
const Label all_demap{"flush.demap_all", "demap_all", Ordering::full};
const Label finish{"flush.membar", "membar_sync", Ordering::full};

std::uint64_t pages_of(const Invalidation& what) {
  if (what.scope == Invalidation::Scope::entries) return what.count;
  return what.scope == Invalidation::Scope::range ? (what.end - what.first).raw() : 0;
}

void report_flush(Access& a, EventKind kind, const Invalidation& what) {
  Event event{kind};
  event.mm = what.mm;
  event.a = static_cast<std::uint64_t>(what.reason);
  event.b = pages_of(what);
  emit(a, event);
}

VirtPage noted_page(const World& world, Location entries, std::uint32_t n) {
  return world.load(Cell<VirtPage>{Location{entries.raw() + n * BatchEntry::words + BatchEntry::page}});
}

Event dropped(std::uint64_t scope, std::uint32_t context, VirtPage page) {
  Event event{EventKind::translation_dropped};
  event.page = page;
  event.tag = Tag{context};
  event.a = scope;
  return event;
}

}  // namespace

void Sparc64Port::update_mmu_cache(Context& ctx, MmId mm, VirtPage page, Pte pte, AccessKind) {
  const Conclusion nothing(ctx);
  if (!pte_.is_present(pte)) return;
  const std::uint64_t data = sparc64::tte_of(tte_, pte);
  const bool huge =
      tsbs_.huge(mm).entries != 0 && sparc64::TteData{tte_, data}.size() == sparc64::PageSize::size_4m;
  const auto lock = state_.mm_context_lock(mm);
  locks_.spin_lock_irq(ctx, lock, LockClass::context);
  // The table is exchanged under context.lock only.
  const sparc64::TsbTable table = tsbs_.base(mm, ctx.world().load(tsbs_.state_cell(mm)));
  (void)tsbs_.insert(ctx, huge ? tsbs_.huge_slot(mm, page) : tsbs_.slot(mm, table, page), data, nullptr);
  locks_.spin_unlock_irq(ctx, lock, LockClass::context);
}

void Sparc64Port::invalidate(Context& ctx, const Invalidation& what) {
  const Conclusion nothing(ctx);
  locks_.preempt_disable(ctx);
  ctx.step(begin, Footprint{}, [&](Access& a) { report_flush(a, EventKind::flush_begun, what); });
  // A dying mm is not flushed: its context retires, and whoever gets the number next demaps it first.
  if (!what.full_mm) {
    const bool tsb_last = !params_.flush_tsb_first && what.reason == FlushReason::each;
    if (!what.tlb_only && !tsb_last) flush_tsb_user(ctx, what);
    smp_flush(ctx, what);
    if (!what.tlb_only && tsb_last) flush_tsb_user(ctx, what);
  }
  ctx.step(finish, Footprint{}, [&](Access& a) { report_flush(a, EventKind::flush_done, what); });
  locks_.preempt_enable(ctx);
}

bool Sparc64Port::by_context(const Invalidation& what) const {
  if (what.scope == Invalidation::Scope::mm) return true;
  return what.scope == Invalidation::Scope::range && pages_of(what) > params_.range_ceiling_pages;
}

// ---------------------------------------------------------------------------------------------------- TSB

void Sparc64Port::flush_tsb_user(Context& ctx, const Invalidation& what) {
  const auto lock = state_.mm_context_lock(what.mm);
  locks_.spin_lock_irq(ctx, lock, LockClass::context);
  for (const sparc64::TsbTable& table : tables_to_flush(ctx.world(), what.mm)) {
    if (table.entries == 0) continue;
    if (by_context(what)) flush_tsb_all(ctx, what.mm, table);
    else if (what.scope == Invalidation::Scope::range)
      for (VirtPage page = what.first; page < what.end; page += Pages{1})
        flush_tsb_page(ctx, what.mm, table, page);
    else
      // The list is the initiator's own.
      for (std::uint32_t n = 0; n < what.count; ++n)
        flush_tsb_page(ctx, what.mm, table, noted_page(ctx.world(), what.entries, n));
  }
  locks_.spin_unlock_irq(ctx, lock, LockClass::context);
}

/// The mm's table, and the one that it has replaced; the caller holds context.lock. Without a second one: no entries.
std::array<sparc64::TsbTable, 2> Sparc64Port::tables_to_flush(const World& world, MmId mm) const {
  const sparc64::TsbState now = world.load(tsbs_.state_cell(mm));
  const std::uint32_t old_entries = params_.flush_replaced_tsb ? now.old_pairs * 2 : 0;
  return {tsbs_.base(mm, now), tsbs_.base(mm, 1 - now.generation, old_entries)};
}

/// The first half of a split invalidation (safe-deferral): the TSB entry dies under the PTL, TLBs are flushed later.
bool Sparc64Port::invalidate_software_entry(Context& ctx, MmId mm, VirtPage page, Pte) {
  Conclusion only(ctx);
  const auto lock = state_.mm_context_lock(mm);
  locks_.spin_lock_irq(ctx, lock, LockClass::context);
  for (const sparc64::TsbTable& table : tables_to_flush(ctx.world(), mm))
    if (table.entries != 0) flush_tsb_page(ctx, mm, table, page);
  locks_.spin_unlock_irq(ctx, lock, LockClass::context);
  return only(true);
}

void Sparc64Port::flush_tsb_page(Context& ctx, MmId mm, const sparc64::TsbTable& table, VirtPage page) {
  tsbs_.flush(ctx, tsbs_.slot(mm, table, page));
  if (tsbs_.huge(mm).entries != 0) tsbs_.flush(ctx, tsbs_.huge_slot(mm, page));
}

/// Linux has no such call: its flush_tlb_mm flushes what is pending. For strategies that record nothing.
void Sparc64Port::flush_tsb_all(Context& ctx, MmId mm, const sparc64::TsbTable& table) {
  tsbs_.flush_all(ctx, mm, table);
  if (tsbs_.huge(mm).entries != 0) tsbs_.flush_all(ctx, mm, tsbs_.huge(mm));
}

// ---------------------------------------------------------------------------------------------------- TLBs

void Sparc64Port::smp_flush(Context& ctx, const Invalidation& what) {
  const auto context_cell = contexts_.of(what.mm);
  const auto users_cell = state_.mm_users(what.mm);
  struct Seen {
    sparc64::ContextValue context;
    bool valid;
    std::uint64_t users;
  };
  const Seen seen =
      ctx.step(look, reads(context_cell).reads(contexts_.version()).reads(users_cell), [&](Access& a) {
        const sparc64::ContextValue context = a.read(context_cell);
        return Seen{context, contexts_.valid(a, context), a.read(users_cell)};
      });
  // Without a valid context the mm must be given one, and its demap, before it runs again.
  if (!seen.valid) return;
  const CallRequest request = request_for(what, seen.context.number());
  if (seen.users == 1 && loaded_mm(ctx.cpu()) == what.mm) {
    const CpuId cpu = ctx.cpu();
    ctx.step(shrink, writes_words(state_.mm_cpumask_first(what.mm), state_.cpumask_words()), [&](Access& a) {
      for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
        a.write(state_.mm_cpumask(what.mm, w), w == cpu.raw() / 64 ? std::uint64_t{1} << (cpu.raw() % 64) : 0);
    });
  } else {
    sparc64::CpuSet targets;
    read_cpumask(ctx, what.mm, targets);
    calls_.call(ctx, targets, request);
  }
  demap(ctx, request, false);
}

void Sparc64Port::read_cpumask(Context& ctx, MmId mm, sparc64::CpuSet& targets) {
  ctx.step(mask, reads_words(state_.mm_cpumask_first(mm), state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
      targets.set_word(w, a.keep(a.read(state_.mm_cpumask(mm, w))));
  });
}

CallRequest Sparc64Port::request_for(const Invalidation& what, std::uint32_t context) const {
  CallRequest request;
  request.mm = what.mm;
  request.context = context;
  request.wait = what.wait;
  request.first = what.first;
  request.end = what.end;
  if (by_context(what)) request.kind = CallKind::flush_context;
  else if (what.scope == Invalidation::Scope::range) request.kind = CallKind::flush_range;
  else if (what.count == 1 && !what.by_reference) {
    // xcall_flush_tlb_page: the address travels in the mondo.
    request.count = 1;
    request.first = noted_page(machine_.world, what.entries, 0);
  } else {
    request.count = what.count;
    request.list = what.entries;
    request.copied = !what.by_reference && !what.wait;
  }
  return request;
}

void Sparc64Port::execute(Context& ctx, const CallRequest& request) {
  switch (request.kind) {
    case CallKind::new_context: return take_context_after_wrap(ctx);
    case CallKind::tsb_sync:
      if (loaded_mm(ctx.cpu()) == request.mm) load_tsb_register(ctx, request.mm);
      return;
    default: return demap(ctx, request, true);
  }
}

void Sparc64Port::demap(Context& ctx, const CallRequest& request, bool remote) {
  if (request.kind == CallKind::flush_context) demap_context(ctx, request.context);
  else if (request.kind == CallKind::flush_range)
    for (VirtPage page = request.first; page < request.end; page += Pages{1}) {
      ctx.learn(page);
      demap_page(ctx, request.context, page);
    }
  else if (request.list == Location{}) demap_page(ctx, request.context, request.first);
  else demap_list(ctx, request, remote);
}

void Sparc64Port::demap_list(Context& ctx, const CallRequest& request, bool remote) {
  for (std::uint32_t n = 0; n < request.count; ++n) {
    VirtPage page = noted_page(ctx.world(), request.list, n);
    ctx.learn(n);
    if (remote) {
      // Somebody else's memory, as it is by now.
      const Cell<VirtPage> entry{Location{request.list.raw() + n * BatchEntry::words + BatchEntry::page}};
      page = ctx.step(read_entry, reads(entry), [&](Access& a) { return a.read(entry); });
    }
    demap_page(ctx, request.context, page);
  }
}

void Sparc64Port::demap_page(Context& ctx, std::uint32_t context, VirtPage page) {
  const CoreId core = core_of(ctx.cpu());
  Footprint footprint;
  dtlb_.declare_change(footprint, core, page);
  itlb_.declare_change(footprint, core, page);
  ctx.step(page_demap, footprint, [&](Access& a) {
    dtlb_.demap_page(StepView{a}, core, context, page);
    itlb_.demap_page(StepView{a}, core, context, page);
    emit(a, dropped(0, context, page));
  });
}

void Sparc64Port::demap_context(Context& ctx, std::uint32_t context) {
  const CoreId core = core_of(ctx.cpu());
  Footprint footprint;
  dtlb_.declare_all(footprint, core);
  itlb_.declare_all(footprint, core);
  ctx.step(context_demap, footprint, [&](Access& a) {
    dtlb_.demap_context(StepView{a}, core, context);
    itlb_.demap_context(StepView{a}, core, context);
    emit(a, dropped(1, context, VirtPage{}));
  });
}

void Sparc64Port::demap_everything(Context& ctx) {
  const CoreId core = core_of(ctx.cpu());
  Footprint footprint;
  dtlb_.declare_all(footprint, core);
  itlb_.declare_all(footprint, core);
  ctx.step(all_demap, footprint, [&](Access& a) {
    dtlb_.demap_all(StepView{a}, core);
    itlb_.demap_all(StepView{a}, core);
    emit(a, dropped(3, 0, VirtPage{}));
  });
}

}  // namespace mmulab
