// SPDX-License-Identifier: MIT
// The shootdown of 6.x: flush_tlb_mm_range and smp_call_function_many_cond on the sender's side, flush_tlb_func on
// the receiver's.
#include "models/x86/tlb_gen.h"

#include "sim/events/stream.h"

namespace mmulab::x86 {
namespace {

const Label bump_label{"x86.flush.bump_gen", "x86_tlb_gen_atomic", Ordering::full};
const Label info_label{"x86.flush.write_info", "x86_request_write"};
const Label read_mask{"x86.flush.read_mask", "x86_flush_setup"};
const Label check_label{"x86.flush.check_target", "x86_target_check"};
const Label flush_return{"x86.flush.return", "x86_percpu"};
const Label read_info_label{"x86.csd.read_info", "x86_request_read"};
const Label function_label{"x86.flush_func", "x86_ipi_dispatch"};
const Label stale_mask{"x86.flush_func.clear_mask", "x86_cpumask_atomic", Ordering::atomic};
const Label read_gen_label{"x86.flush_func.read_gen", "x86_percpu"};
const Label store_gen{"x86.flush_func.store_gen", "x86_percpu"};

/// What a call carries: a posted one the request itself; of a waited-for one the sender keeps it.
enum PayloadField : std::uint32_t { by_value, payload_mm, payload_first, payload_end, payload_gen };
enum InfoField : std::uint32_t { info_mm, info_first, info_end, info_entries, info_count, info_gen };

}  // namespace

// ------------------------------------------------------------------------------------------------ initiator

void TlbGen::invalidate(Context& ctx, const Invalidation& what) {
  const Conclusion nothing(ctx);
  locks_.preempt_disable(ctx);
  const CpuId cpu = ctx.cpu();
  Info info;
  info.plan = plan_of(what, params_.flush_ceiling);
  info.freed_tables = what.freed_tables;
  const auto gen = state_.mm_tlb_gen(what.mm);
  info.new_gen = ctx.step(bump_label, writes(gen), [&](Access& a) {
    emit(a, flush_event(EventKind::flush_begun, what, info.plan));
    const std::uint64_t sum = a.add(gen, std::uint64_t{1});
    // No cpu is told of it.
    return params_.broadcast ? std::uint64_t{0} : sum;
  });
  if (params_.broadcast) {
    broadcast(ctx, info);
  } else {
    write_info(ctx, info);
    CpuMask mask;
    ctx.step(read_mask, reads_words(state_.mm_cpumask_first(what.mm), state_.cpumask_words()), [&](Access& a) {
      for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
        mask.set_word(w, a.keep(a.read(state_.mm_cpumask(what.mm, w))));
    });
    const bool self = mask.has(cpu);
    CpuMask others = mask;
    others.remove(cpu);
    const bool loaded = ctx.world().load(loaded_mm(cpu)) == what.mm;
    if (others.count(state_.limits().cpus) != 0)
      flush_many(ctx, info, mask, what.wait);
    else if (self || loaded)
      flush_this_cpu(ctx, info);
  }
  nothing.forget_all_but();
  ctx.step(flush_return, Footprint{},
           [&](Access& a) { emit(a, flush_event(EventKind::flush_done, what, info.plan)); });
  locks_.preempt_enable(ctx);
}

void TlbGen::broadcast(Context& ctx, const Info& info) {
  const std::uint32_t pcid = pcid_of(info.plan.mm, 0);
  const FlushPlan& plan = info.plan;
  if (plan.all() || plan.count != 0)
    mmu_.invlpgb(ctx, pcid, VirtPage{}, 0);
  else
    for (std::uint64_t page = plan.first; page < plan.end; page += params_.broadcast_pages) {
      ctx.learn(page);
      mmu_.invlpgb(ctx, pcid, VirtPage{page},
                   static_cast<std::uint32_t>(std::min<std::uint64_t>(params_.broadcast_pages, plan.end - page)));
    }
  mmu_.tlbsync(ctx);
}

void TlbGen::write_info(Context& ctx, const Info& info) {
  const std::uint32_t me = ctx.cpu().raw();
  ctx.step(info_label, writes_words(infos_.at(me), infos_.stride()), [&](Access& a) {
    a.write(infos_.cell<MmId>(me, info_mm), info.plan.mm);
    a.write(infos_.cell<std::uint64_t>(me, info_first), info.plan.first);
    a.write(infos_.cell<std::uint64_t>(me, info_end), info.plan.end);
    a.write(infos_.cell<std::uint64_t>(me, info_entries), std::uint64_t{info.plan.entries.raw()});
    a.write(infos_.cell<std::uint64_t>(me, info_count), info.plan.count);
    a.write(infos_.cell<std::uint64_t>(me, info_gen), info.new_gen);
  });
}

/// on_each_cpu_cond_mask(mask, should_flush_tlb), or on_each_cpu_mask when tables were freed.
void TlbGen::flush_many(Context& ctx, const Info& info, CpuMask mask, bool wait) {
  const Conclusion nothing(ctx);
  const CpuId self = ctx.cpu();
  const std::uint32_t cpus = state_.limits().cpus;
  CpuMask interrupt;
  for (std::uint32_t c = 0; c < cpus; ++c) {
    const CpuId target{c};
    if (target == self || !mask.has(target)) continue;
    const bool reaches_all = info.freed_tables && params_.freed_tables_reach_lazy;
    if (params_.skip_lazy && !reaches_all && !should_flush(ctx, target, info)) {
      mask.remove(target);
      continue;
    }
    if (calls_.enqueue(ctx, target, payload_of(info, wait))) interrupt.add(target);
  }
  calls_.interrupt(ctx, interrupt, Vector::tlb_flush);
  if (mask.has(self)) flush_this_cpu(ctx, info);
  mask.remove(self);
  if (wait && mask.count(cpus) != 0) calls_.await(ctx, mask);
}

bool TlbGen::should_flush(Context& ctx, CpuId target, const Info& info) {
  const auto loaded = loaded_mm(target);
  const auto lazy = state_.cpu_lazy(target);
  return ctx.step(check_label, reads(loaded, lazy), [&](Access& a) {
    const MmId running = a.read(loaded);
    const bool is_lazy = a.read(lazy);
    return !is_lazy && (running == switching || running == info.plan.mm);
  });
}

SmpCall::Payload TlbGen::payload_of(const Info& info, bool wait) {
  if (wait) return {};
  return {1, info.plan.mm.raw(), info.plan.first, info.plan.end, info.new_gen};
}

void TlbGen::flush_this_cpu(Context& ctx, const Info& info) {
  locks_.irq_disable(ctx);
  flush_function(ctx, info);
  locks_.irq_enable(ctx);
}

// ------------------------------------------------------------------------------------------------ receiver

void TlbGen::on_interrupt(Context& ctx) {
  calls_.receive(ctx, Vector::tlb_flush, [this](Context& c, CpuId sender, const SmpCall::Payload& payload) {
    flush_function(c, read_info(c, sender, payload));
  });
}

TlbGen::Info TlbGen::read_info(Context& ctx, CpuId sender, const SmpCall::Payload& payload) {
  Info info;
  if (payload[by_value] != 0) {
    info.plan.mm = MmId{payload[payload_mm]};
    info.plan.first = payload[payload_first];
    info.plan.end = payload[payload_end];
    info.new_gen = payload[payload_gen];
    return info;
  }
  const std::uint32_t from = sender.raw();
  ctx.step(read_info_label, reads_words(infos_.at(from), infos_.stride()), [&](Access& a) {
    info.plan.mm = a.keep(a.read(infos_.cell<MmId>(from, info_mm)));
    info.plan.first = a.keep(a.read(infos_.cell<std::uint64_t>(from, info_first)));
    info.plan.end = a.keep(a.read(infos_.cell<std::uint64_t>(from, info_end)));
    info.plan.entries =
        Location{static_cast<std::uint32_t>(a.keep(a.read(infos_.cell<std::uint64_t>(from, info_entries))))};
    info.plan.count = a.keep(a.read(infos_.cell<std::uint64_t>(from, info_count)));
    info.new_gen = a.keep(a.read(infos_.cell<std::uint64_t>(from, info_gen)));
  });
  return info;
}

/// flush_tlb_func; interrupts off.
void TlbGen::flush_function(Context& ctx, const Info& info) {
  const Conclusion nothing(ctx);
  const CpuId cpu = ctx.cpu();
  const auto lazy = state_.cpu_lazy(cpu);
  enum class Verdict : std::uint8_t { wrong_mm, lazy_cpu, clean, behind } verdict{};
  std::uint32_t asid = 0;
  std::uint64_t local_gen = 0;
  Footprint footprint = reads(loaded_mm(cpu), loaded_asid(cpu), lazy);
  footprint.reads_words(asid_ctx(cpu, 0).at, 2 * params_.asids);
  ctx.step(function_label, footprint, [&](Access& a) {
    asid = a.keep(static_cast<std::uint32_t>(a.read(loaded_asid(cpu))));
    local_gen = a.keep(a.read(asid_gen(cpu, asid)));
    if (a.read(loaded_mm(cpu)) != info.plan.mm)
      verdict = Verdict::wrong_mm;
    else if (a.read(lazy))
      verdict = Verdict::lazy_cpu;
    else
      verdict = info.new_gen <= local_gen ? Verdict::clean : Verdict::behind;
    a.keep(verdict);
  });
  if (verdict == Verdict::clean) return;
  if (verdict == Verdict::lazy_cpu) return load_kernel_tables(ctx);
  if (verdict == Verdict::wrong_mm) {
    const auto word = state_.mm_cpumask(info.plan.mm, cpu.raw() / 64);
    ctx.step(stale_mask, writes(word), [&](Access& a) { a.write(word, a.read(word) & ~CpuMask::bit(cpu)); });
    return;
  }
  const auto gen_cell = state_.mm_tlb_gen(info.plan.mm);
  const std::uint64_t mm_gen =
      ctx.step(read_gen_label, reads(gen_cell), [&](Access& a) { return a.read(gen_cell); });
  if (mm_gen == local_gen) return;
  const bool partial = !info.plan.all() && info.new_gen == local_gen + 1 && info.new_gen == mm_gen;
  if (partial)
    flush_locally(ctx, mmu_, info.plan);
  else
    mmu_.flush_current(ctx);
  const auto mine = asid_gen(cpu, asid);
  ctx.step(store_gen, writes(mine), [&](Access& a) { a.write(mine, mm_gen); });
}

}  // namespace mmulab::x86
