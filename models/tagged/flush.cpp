// SPDX-License-Identifier: MIT
// flush_tlb_{mm,range,page}: arch/arm64/include/asm/tlbflush.h (read the ASID, TLBI ... IS, DSB), and
// arch/riscv/mm/tlbflush.c (__flush_tlb_range: on_each_cpu_mask over mm_cpumask, the ASID in the message).
#include "models/tagged/port.h"

namespace mmulab {
namespace {

using radix::FlushPlan;
using tagged::ContextId;

// The barrier (dsb ishst) is the first part of it, unless it comes too late: then it is that of the invalidation.
const Label begin_label{"tagged.flush.begin", "tagged_flush_setup", Ordering::full};
const Label begin_unordered{"tagged.flush.begin_unordered", "tagged_flush_setup"};
const Label sample_label{"tagged.flush.sample_asid", "tagged_asid_read"};
const Label read_mask{"tagged.flush.read_mask", "tagged_percpu"};
const Label read_entries{"tagged.flush.read_entries", "tagged_call_read"};
const Label return_label{"tagged.flush.return", "tagged_percpu"};

/// What a call carries.
enum PayloadField : std::uint32_t { payload_asid, payload_first, payload_end, payload_entries, payload_count };

}  // namespace

bool TaggedPort::samples_first(PteAction action) const {
  return params_.asid_read_before_clear &&
         (action == PteAction::clear || action == PteAction::wrprotect || action == PteAction::modify_start);
}

void TaggedPort::sample_asid(Context& ctx, MmId mm) {
  const auto id = asids_->of(mm);
  const auto sample = sampled(ctx.task());
  ctx.step(sample_label, reads(id).writes(sample), [&](Access& a) { a.write(sample, a.read(id)); });
}

void TaggedPort::invalidate(Context& ctx, const Invalidation& what) {
  const Conclusion nothing(ctx);
  if (radix::nothing_to_do(what)) return;
  const FlushPlan plan = radix::plan_of(what, params_.flush_ceiling);
  locks_.preempt_disable(ctx);
  const std::uint32_t asid = begin_flush(ctx, what, plan);
  if (params_.invalidation == TaggedInvalidation::broadcast)
    flush_by_broadcast(ctx, plan, asid);
  else
    flush_by_ipi(ctx, plan, asid, what.wait);
  ctx.step(return_label, Footprint{},
           [&](Access& a) { emit(a, radix::flush_event(EventKind::flush_done, what, plan)); });
  locks_.preempt_enable(ctx);
}

/// The ASID that the flush will name.
std::uint32_t TaggedPort::begin_flush(Context& ctx, const Invalidation& what, const FlushPlan& plan) {
  const auto id = asids_->of(what.mm);
  const auto sample = params_.asid_read_before_clear ? sampled(ctx.task()) : Cell<ContextId>{};
  Footprint footprint = reads(id);
  if (params_.asid_read_before_clear) footprint.writes(sample);
  return ctx.step(params_.barrier_before_asid ? begin_label : begin_unordered, footprint, [&](Access& a) {
    emit(a, radix::flush_event(EventKind::flush_begun, what, plan));
    if (params_.flush_with_loaded_asid) return mmu_.loaded_asid(ctx);
    const ContextId read_now = a.read(id);
    if (!params_.asid_read_before_clear) return read_now.asid();
    const ContextId read_before = a.exchange(sample, ContextId{});
    return (read_before.exists() ? read_before : read_now).asid();
  });
}

void TaggedPort::flush_by_broadcast(Context& ctx, const FlushPlan& plan, std::uint32_t asid) {
  if (plan.all())
    mmu_.broadcast_asid(ctx, asid);
  else
    radix::for_each_page(ctx, plan, read_entries, [&](VirtPage page) { mmu_.broadcast_page(ctx, asid, page); });
  mmu_.sync(ctx);
}

void TaggedPort::flush_by_ipi(Context& ctx, const FlushPlan& plan, std::uint32_t asid, bool wait) {
  CpuMask others;
  ctx.step(read_mask, reads_words(state_.mm_cpumask_first(plan.mm), state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
      others.set_word(w, a.keep(a.read(state_.mm_cpumask(plan.mm, w))));
  });
  const CpuId self = ctx.cpu();
  const bool marked = others.has(self);
  others.remove(self);
  const std::uint32_t cpus = state_.limits().cpus;
  if (others.count(cpus) == 0) return flush_here(ctx, plan, asid);
  const SmpCall::Payload payload{asid, plan.first, plan.end, plan.entries.raw(), plan.count};
  CpuMask interrupt;
  for (std::uint32_t c = 0; c < cpus; ++c)
    if (others.has(CpuId{c}) && calls_.enqueue(ctx, CpuId{c}, payload)) interrupt.add(CpuId{c});
  calls_.interrupt(ctx, interrupt, Vector::tlb_flush);
  if (marked) {
    locks_.irq_disable(ctx);
    flush_here(ctx, plan, asid);
    locks_.irq_enable(ctx);
  }
  if (wait) calls_.await(ctx, others);
}

void TaggedPort::flush_here(Context& ctx, const FlushPlan& plan, std::uint32_t named) {
  const std::uint32_t asid = params_.flush_with_loaded_asid ? mmu_.loaded_asid(ctx) : named;
  if (plan.all()) return mmu_.invalidate_asid(ctx, asid);
  radix::for_each_page(ctx, plan, read_entries, [&](VirtPage page) { mmu_.invalidate_page(ctx, asid, page); });
}

void TaggedPort::on_interrupt(Context& ctx) {
  calls_.receive(ctx, Vector::tlb_flush, [this](Context& c, CpuId, const SmpCall::Payload& payload) {
    FlushPlan plan;
    plan.first = payload[payload_first];
    plan.end = payload[payload_end];
    plan.entries = Location{static_cast<std::uint32_t>(payload[payload_entries])};
    plan.count = payload[payload_count];
    flush_here(c, plan, static_cast<std::uint32_t>(payload[payload_asid]));
  });
}

}  // namespace mmulab
