// SPDX-License-Identifier: MIT
// switch_mm, the wrap of the context numbers, the TSB's birth, growth and end. Linux 2.6.22
// include/asm-sparc64/mmu_context.h, arch/sparc64/mm/{init,tsb}.c, kernel/smp.c
// (smp_new_mmu_context_version_client).
#include "models/sparc64/port.h"

namespace mmulab {
namespace {

using sparc64::ContextValue;
using sparc64::TsbState;

const Label test_context{"switch_mm.test_context", "context_test"};
const Label load_context{"switch_mm.load", "context_load"};
const Label test_cpu{"switch_mm.test_cpumask", "cpumask_read"};
const Label mark_cpu{"switch_mm.cpumask", "cpumask_update", Ordering::atomic};
const Label load_tsb{"tsb_context_switch", "tsb_register_load"};
const Label begin_mm{"mm.init_context", "mm_init"};
const Label end_mm{"mm.destroy_tsb", "tsb_free"};
const Label test_limit{"tsb_grow.test", "tsb_grow_test"};
const Label allocate{"tsb_grow.allocate", "tsb_allocate"};
const Label swap{"tsb_grow.swap", "tsb_swap", Ordering::release};
const Label release{"tsb_grow.free", "tsb_free"};

std::uint64_t bit_of(CpuId cpu) { return std::uint64_t{1} << (cpu.raw() % 64); }

void report_freed(Access& a, MmId mm, const sparc64::TsbTable& table, std::uint32_t words) {
  Event event{EventKind::tsb_freed};
  event.mm = mm;
  event.location = table.first;
  event.a = words;
  emit(a, event);
}

}  // namespace

// ---------------------------------------------------------------------------------------------------- contexts

void Sparc64Port::switch_mm(Context& ctx, MmId, MmId next) {
  const Conclusion nothing(ctx);
  // A kernel thread borrows what is loaded.
  if (!next.exists()) return;
  const auto lock = state_.mm_context_lock(next);
  locks_.spin_lock(ctx, lock, LockClass::context);
  const bool valid = has_valid_context(ctx, next);
  bool wrapped = false;
  if (!valid) (void)contexts_.take_new(ctx, next, wrapped);
  if (wrapped) new_context_version(ctx);
  const bool new_version = load_registers(ctx, next);
  const bool first_time = mark_running(ctx, next);
  if (!valid || first_time || (new_version && params_.flush_all_after_wrap)) demap_loaded(ctx, new_version);
  locks_.spin_unlock(ctx, lock, LockClass::context);
}

bool Sparc64Port::has_valid_context(Context& ctx, MmId mm) {
  return ctx.step(test_context, reads(contexts_.of(mm)).reads(contexts_.version()),
                  [&](Access& a) { return contexts_.valid(a, a.read(contexts_.of(mm))); });
}

bool Sparc64Port::load_registers(Context& ctx, MmId mm) {
  const CpuId cpu = ctx.cpu();
  const auto tsb = tsbs_.state_cell(mm);
  const auto seen = reg<std::uint64_t>(cpu, Registers::version_seen);
  const Footprint footprint =
      writes_words(registers_.at(cpu.raw()), Registers::words).reads(contexts_.of(mm)).reads(tsb);
  return ctx.step(load_context, footprint, [&](Access& a) {
    const ContextValue context = a.read(contexts_.of(mm));
    TsbState table = a.read(tsb);
    table.allocated = table.old_pairs = 0;
    a.write(reg<MmId>(cpu, Registers::mm), mm);
    a.write(reg<std::uint32_t>(cpu, Registers::context), context.number());
    a.write(reg<TsbState>(cpu, Registers::tsb), table);
    Event event{EventKind::tag_loaded};
    event.mm = mm;
    event.tag = Tag{context.number()};
    emit(a, event);
    return a.exchange(seen, context.version()) != context.version();
  });
}

void Sparc64Port::load_tsb_register(Context& ctx, MmId mm) {
  const auto tsb = tsbs_.state_cell(mm);
  const auto own = reg<TsbState>(ctx.cpu(), Registers::tsb);
  ctx.step(load_tsb, writes(own).reads(tsb), [&](Access& a) {
    TsbState table = a.read(tsb);
    table.allocated = table.old_pairs = 0;
    a.write(own, table);
  });
}

/// Sets this cpu's bit in the mm's mask; true if it was clear.
bool Sparc64Port::mark_running(Context& ctx, MmId mm) {
  const CpuId cpu = ctx.cpu();
  const auto mask = state_.mm_cpumask(mm, cpu.raw() / 64);
  const bool clear =
      ctx.step(test_cpu, reads(mask), [&](Access& a) { return (a.read(mask) & bit_of(cpu)) == 0; });
  if (clear) ctx.step(mark_cpu, writes(mask), [&](Access& a) { a.write(mask, a.read(mask) | bit_of(cpu)); });
  return clear;
}

void Sparc64Port::demap_loaded(Context& ctx, bool new_version) {
  if (new_version && params_.flush_all_after_wrap) demap_everything(ctx);
  else demap_context(ctx, loaded_context(ctx.cpu()));
}

void Sparc64Port::new_context_version(Context& ctx) {
  sparc64::CpuSet all;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) all.add(CpuId{c});
  sparc64::CallRequest request;
  request.kind = sparc64::CallKind::new_context;
  calls_.call(ctx, all, request);
}

/// smp_new_mmu_context_version_client: the active mm of this cpu has a stale context.
void Sparc64Port::take_context_after_wrap(Context& ctx) {
  const MmId mm = loaded_mm(ctx.cpu());
  if (!mm.exists()) return;
  const auto lock = state_.mm_context_lock(mm);
  locks_.spin_lock(ctx, lock, LockClass::context);
  // Only destroy_mm ends a TSB, under this lock.
  const bool dead = ctx.world().load(tsbs_.state_cell(mm)).entries == 0;
  bool wrapped = false;
  if (!dead && !has_valid_context(ctx, mm)) (void)contexts_.take_new(ctx, mm, wrapped);
  locks_.spin_unlock(ctx, lock, LockClass::context);
  if (wrapped) new_context_version(ctx);
  if (dead) return;
  const bool new_version = load_registers(ctx, mm);
  demap_loaded(ctx, new_version);
}

// ---------------------------------------------------------------------------------------------------- birth and
// end

void Sparc64Port::init_mm(Context& ctx, MmId mm) {
  const Footprint footprint = writes(contexts_.of(mm)).writes(tsbs_.state_cell(mm))
                                  .writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words());
  TsbState fresh;
  fresh.allocated = 1;
  fresh.entries = params_.tsb_entries_first;
  ctx.step(begin_mm, footprint, [&](Access& a) {
    a.write(contexts_.of(mm), ContextValue{});
    a.write(tsbs_.state_cell(mm), fresh);
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(state_.mm_cpumask(mm, w), std::uint64_t{0});
  });
  tsbs_.initialise(ctx, mm, tsbs_.base(mm, fresh));
  if (tsbs_.huge(mm).entries != 0) tsbs_.initialise(ctx, mm, tsbs_.huge(mm));
}

void Sparc64Port::destroy_mm(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto lock = state_.mm_context_lock(mm);
  const auto tsb = tsbs_.state_cell(mm);
  locks_.spin_lock_irq(ctx, lock, LockClass::context);
  ctx.step(end_mm, writes(tsb), [&](Access& a) {
    const TsbState last = a.exchange(tsb, TsbState{});
    for (std::uint32_t g = 0; g < 2; ++g)
      if ((last.allocated >> g & 1) != 0)
        report_freed(a, mm, tsbs_.base(mm, g, 0), params_.tsb_entries_max * sparc64::TsbEntry::words);
  });
  locks_.spin_unlock_irq(ctx, lock, LockClass::context);
  contexts_.release(ctx, mm);
}

// ---------------------------------------------------------------------------------------------------- TSB growth

void Sparc64Port::after_fault(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  const auto tsb = tsbs_.state_cell(mm);
  const auto rss = state_.mm_rss(mm);
  struct Seen {
    TsbState tsb;
    std::uint64_t rss;
  };
  const Seen seen =
      ctx.step(test_limit, reads(tsb).reads(rss), [&](Access& a) { return Seen{a.read(tsb), a.read(rss)}; });
  if (seen.tsb.entries != 0 && seen.rss > tsbs_.rss_limit(seen.tsb.entries)) grow_tsb(ctx, mm, seen.tsb, seen.rss);
}

/// tsb_grow. The allocation fails, and a later fault tries again, while the other generation is still in use: that
/// also keeps two growths of one mm apart, which Linux does by a second look under context.lock.
void Sparc64Port::grow_tsb(Context& ctx, MmId mm, TsbState old, std::uint64_t rss) {
  const std::uint32_t fresh = 1 - old.generation;
  if (!claim_generation(ctx, mm, fresh)) return;
  const sparc64::TsbTable grown = tsbs_.base(mm, fresh, tsbs_.entries_for(rss));
  tsbs_.initialise(ctx, mm, grown);
  locks_.preempt_disable(ctx);
  locks_.spin_lock_irq(ctx, state_.mm_context_lock(mm), LockClass::context);
  tsbs_.copy(ctx, mm, tsbs_.base(mm, old), grown);
  const auto tsb = tsbs_.state_cell(mm);
  ctx.step(swap, writes(tsb), [&](Access& a) {
    TsbState next = a.read(tsb);
    next.generation = fresh;
    next.old_pairs = old.entries / 2;
    next.entries = grown.entries;
    a.write(tsb, next);
  });
  locks_.spin_unlock_irq(ctx, state_.mm_context_lock(mm), LockClass::context);
  sync_tsb(ctx, mm);
  locks_.preempt_enable(ctx);
  free_generation(ctx, mm, old.generation);
}

bool Sparc64Port::claim_generation(Context& ctx, MmId mm, std::uint32_t generation) {
  const auto tsb = tsbs_.state_cell(mm);
  return ctx.step(allocate, writes(tsb), [&](Access& a) {
    TsbState now = a.read(tsb);
    if ((now.allocated >> generation & 1) != 0) return false;
    now.allocated |= 1U << generation;
    a.write(tsb, now);
    return true;
  });
}

/// tsb_context_switch here, smp_tsb_sync everywhere else that runs the mm, and wait: nobody uses the old table
/// then.
void Sparc64Port::sync_tsb(Context& ctx, MmId mm) {
  if (loaded_mm(ctx.cpu()) == mm) load_tsb_register(ctx, mm);
  sparc64::CpuSet targets;
  read_cpumask(ctx, mm, targets);
  sparc64::CallRequest request;
  request.kind = sparc64::CallKind::tsb_sync;
  request.mm = mm;
  request.wait = true;
  calls_.call(ctx, targets, request);
}

void Sparc64Port::free_generation(Context& ctx, MmId mm, std::uint32_t generation) {
  const auto tsb = tsbs_.state_cell(mm);
  ctx.step(release, writes(tsb), [&](Access& a) {
    TsbState now = a.read(tsb);
    now.allocated &= ~(1U << generation);
    now.old_pairs = 0;
    a.write(tsb, now);
    report_freed(a, mm, tsbs_.base(mm, generation, 0), params_.tsb_entries_max * sparc64::TsbEntry::words);
  });
}

}  // namespace mmulab
