// SPDX-License-Identifier: MIT
#include "models/x86/vectors8.h"

#include "sim/events/stream.h"

namespace mmulab::x86 {
namespace {

const Label init_label{"x86.vectors8.init_mm", "x86_percpu"};
const Label mask_clear{"x86.vectors8.mask_clear", "x86_cpumask_atomic", Ordering::atomic};
const Label mask_set{"x86.vectors8.mask_set", "x86_cpumask_atomic", Ordering::atomic};
const Label mask_test_and_set{"x86.vectors8.mask_test_and_set", "x86_cpumask_atomic", Ordering::full};
const Label set_state{"x86.vectors8.set_mmu_state", "x86_percpu"};
const Label enter_lazy{"x86.vectors8.enter_lazy", "x86_percpu"};
const Label read_mask{"x86.vectors8.read_mask", "x86_flush_setup"};
const Label flush_return{"x86.vectors8.return", "x86_percpu"};
const Label publish_label{"x86.shootdown.publish", "x86_request_write"};
const Label wait_label{"x86.shootdown.wait", "x86_wait_test"};
const Label retire_label{"x86.shootdown.retire", "x86_request_write"};
const Label dispatch{"x86.shootdown.dispatch", "x86_ipi_dispatch", Ordering::full};
const Label read_label{"x86.shootdown.read", "x86_request_read"};
const Label acknowledge{"x86.shootdown.acknowledge", "x86_acknowledge", Ordering::full};

/// Behind the mask words of a slot.
enum : std::uint32_t { flush_mm, flush_first, flush_end, flush_entries, flush_count, slot_lock, slot_fields };

constexpr std::uint32_t round_up_to_line(std::uint32_t words) { return (words + 7) / 8 * 8; }

}  // namespace

Vectors8::Vectors8(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
                   const X86Params& params)
    : state_(state),
      machine_(machine),
      locks_(locks),
      mmu_(mmu),
      params_(params),
      slots_(machine.world.allocate("x86.flush_state", params.shootdown_slots,
                                    round_up_to_line(state.cpumask_words() + slot_fields), Coherence::memory)),
      irr_(machine.world.allocate("x86.irr", state.limits().cpus, 1, Coherence::internal)) {
  MMULAB_ASSERT(state.cpumask_words() <= CpuMask::words_max, "at most 1024 cpus");
}

void Vectors8::init_mm(Context& ctx, MmId mm) {
  ctx.step(init_label, writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(state_.mm_cpumask(mm, w), std::uint64_t{0});
  });
}

// ------------------------------------------------------------------------------------------------ switching

void Vectors8::clear_mask_bit(Context& ctx, MmId mm) {
  const auto word = mask_word_of(mm, ctx.cpu());
  ctx.step(mask_clear, writes(word), [&](Access& a) { a.write(word, a.read(word) & ~CpuMask::bit(ctx.cpu())); });
}

void Vectors8::set_mask_bit(Context& ctx, MmId mm) {
  const auto word = mask_word_of(mm, ctx.cpu());
  ctx.step(mask_set, writes(word), [&](Access& a) { a.write(word, a.read(word) | CpuMask::bit(ctx.cpu())); });
}

void Vectors8::leave_mm(Context& ctx, MmId active) {
  clear_mask_bit(ctx, active);
  mmu_.load_cr3(ctx, MmId::none(), 0, true);
}

/// The cpu's own record says whom it runs; `prev` may be none although a kernel thread has borrowed an mm.
void Vectors8::switch_mm(Context& ctx, MmId, MmId next) {
  const Conclusion nothing(ctx);
  const auto active = state_.cpu_active_mm(ctx.cpu());
  const auto lazy = state_.cpu_lazy(ctx.cpu());
  const MmId borrowed = ctx.world().load(active);
  if (!next.exists()) {
    if (!borrowed.exists()) return;
    ctx.step(enter_lazy, writes(lazy), [&](Access& a) { a.write(lazy, true); });
    return;
  }
  if (borrowed == next) return return_from_lazy(ctx, next);
  const bool mask_first = params_.clear_mask_first;
  if (borrowed.exists() && mask_first) clear_mask_bit(ctx, borrowed);
  ctx.step(set_state, writes(active, lazy), [&](Access& a) {
    a.write(lazy, false);
    a.write(active, next);
  });
  set_mask_bit(ctx, next);
  mmu_.load_cr3(ctx, next, 0, true);
  if (borrowed.exists() && !mask_first) clear_mask_bit(ctx, borrowed);
}

/// A clear mask bit means that leave_mm happened meanwhile: CR3 is the kernel's.
void Vectors8::return_from_lazy(Context& ctx, MmId mm) {
  const auto lazy = state_.cpu_lazy(ctx.cpu());
  ctx.step(set_state, writes(lazy), [&](Access& a) { a.write(lazy, false); });
  const auto word = mask_word_of(mm, ctx.cpu());
  const bool was_set = ctx.step(mask_test_and_set, writes(word), [&](Access& a) {
    const std::uint64_t old = a.read(word);
    a.write(word, old | CpuMask::bit(ctx.cpu()));
    return (old & CpuMask::bit(ctx.cpu())) != 0;
  });
  if (!was_set) mmu_.load_cr3(ctx, mm, 0, true);
}

// ------------------------------------------------------------------------------------------------ initiator

void Vectors8::invalidate(Context& ctx, const Invalidation& what) {
  const FlushPlan plan = plan_of(what, params_.flush_ceiling);
  locks_.preempt_disable(ctx);
  const CpuId cpu = ctx.cpu();
  CpuMask mask;
  ctx.step(read_mask, reads_words(state_.mm_cpumask_first(what.mm), state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
      mask.set_word(w, a.keep(a.read(state_.mm_cpumask(what.mm, w))));
    emit(a, flush_event(EventKind::flush_begun, what, plan));
  });
  mask.remove(cpu);
  if (ctx.world().load(state_.cpu_active_mm(cpu)) == what.mm) {
    if (ctx.world().load(state_.cpu_lazy(cpu)))
      leave_mm(ctx, what.mm);
    else
      flush_locally(ctx, mmu_, plan);
  }
  if (mask.count(state_.limits().cpus) != 0) flush_others(ctx, plan, mask, what.wait);
  ctx.step(flush_return, Footprint{}, [&](Access& a) { emit(a, flush_event(EventKind::flush_done, what, plan)); });
  locks_.preempt_enable(ctx);
}

void Vectors8::flush_others(Context& ctx, const FlushPlan& plan, const CpuMask& mask, bool wait) {
  const std::uint32_t slot = ctx.cpu().raw() % params_.shootdown_slots;
  const auto lock = field<std::uint64_t>(slot, slot_lock);
  locks_.spin_lock(ctx, lock, LockClass::shootdown);
  publish(ctx, slot, plan, mask, wait);
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
    if (mask.has(CpuId{c})) machine_.ipi.send(ctx, CpuId{c}, Vector::tlb_flush);
  if (wait) await_acknowledgements(ctx, slot);
  locks_.spin_unlock(ctx, lock, LockClass::shootdown);
}

/// Waits for the slot's previous request first: it is over unless that one was posted.
void Vectors8::publish(Context& ctx, std::uint32_t slot, const FlushPlan& plan, const CpuMask& mask, bool wait) {
  const std::uint32_t words = state_.cpumask_words();
  Footprint footprint = writes_words(mask_word(slot, 0).at, words + slot_lock);
  footprint.writes_words(irr_.first(), irr_.words());
  const auto idle = [&](const Access& a) {
    for (std::uint32_t w = 0; w < words; ++w)
      if (a.read(mask_word(slot, w)) != 0) return false;
    return true;
  };
  ctx.step_when(publish_label, footprint, idle, [&](Access& a) {
    a.write(field<MmId>(slot, flush_mm), plan.mm);
    a.write(field<std::uint64_t>(slot, flush_first), plan.first);
    a.write(field<std::uint64_t>(slot, flush_end), plan.end);
    a.write(field<std::uint64_t>(slot, flush_entries), std::uint64_t{plan.entries.raw()});
    a.write(field<std::uint64_t>(slot, flush_count), plan.count);
    for (std::uint32_t w = 0; w < words; ++w) a.write(mask_word(slot, w), mask.word(w));
    for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
      if (!mask.has(CpuId{c})) continue;
      const auto irr = irr_.cell<std::uint64_t>(c);
      a.write(irr, a.read(irr) | std::uint64_t{1} << slot);
    }
    if (!wait) return;
    Event event{EventKind::remote_wait_begun};
    event.a = mask.count(state_.limits().cpus);
    emit(a, event);
  });
}

void Vectors8::await_acknowledgements(Context& ctx, std::uint32_t slot) {
  const std::uint32_t words = state_.cpumask_words();
  const auto empty = [&](const Access& a) {
    for (std::uint32_t w = 0; w < words; ++w)
      if (a.read(mask_word(slot, w)) != 0) return false;
    return true;
  };
  ctx.step_when(wait_label, reads_words(mask_word(slot, 0).at, words), empty,
                [&](Access& a) { emit(a, Event{EventKind::remote_wait_ended}); });
  const auto mm = field<MmId>(slot, flush_mm);
  const auto va = field<std::uint64_t>(slot, flush_first);
  ctx.step(retire_label, writes(mm, va), [&](Access& a) {
    a.write(mm, MmId::none());
    a.write(va, std::uint64_t{0});
  });
}

// ------------------------------------------------------------------------------------------------ receiver

void Vectors8::on_interrupt(Context& ctx) {
  const auto irr = irr_.cell<std::uint64_t>(ctx.cpu().raw());
  const std::uint64_t due =
      ctx.step(dispatch, writes(irr), [&](Access& a) { return a.exchange(irr, std::uint64_t{0}); });
  for (std::uint32_t slot = 0; slot < params_.shootdown_slots; ++slot)
    if ((due >> slot & 1) != 0) serve(ctx, slot);
}

Vectors8::Request Vectors8::read_request(Context& ctx, std::uint32_t slot) {
  const CpuId cpu = ctx.cpu();
  const auto active = state_.cpu_active_mm(cpu);
  const auto lazy = state_.cpu_lazy(cpu);
  const auto word = mask_word(slot, cpu.raw() / 64);
  Footprint footprint = reads(active, lazy, word);
  footprint.reads_words(field<std::uint64_t>(slot, flush_mm).at, slot_lock);
  return ctx.step(read_label, footprint, [&](Access& a) {
    Request r;
    r.mine = (a.read(word) & CpuMask::bit(cpu)) != 0;
    r.lazy = a.read(lazy);
    r.active = a.read(active);
    r.plan.mm = a.read(field<MmId>(slot, flush_mm));
    r.plan.first = a.read(field<std::uint64_t>(slot, flush_first));
    r.plan.end = a.read(field<std::uint64_t>(slot, flush_end));
    r.plan.entries = Location{static_cast<std::uint32_t>(a.read(field<std::uint64_t>(slot, flush_entries)))};
    r.plan.count = a.read(field<std::uint64_t>(slot, flush_count));
    return r;
  });
}

void Vectors8::serve(Context& ctx, std::uint32_t slot) {
  const Request request = read_request(ctx, slot);
  if (request.mine && request.plan.mm.exists() && request.plan.mm == request.active) {
    if (request.lazy)
      leave_mm(ctx, request.active);
    else
      flush_locally(ctx, mmu_, request.plan);
  }
  const auto word = mask_word(slot, ctx.cpu().raw() / 64);
  ctx.step(acknowledge, writes(word), [&](Access& a) {
    a.write(word, a.read(word) & ~CpuMask::bit(ctx.cpu()));
    Event event{EventKind::ipi_handled};
    event.a = static_cast<std::uint64_t>(Vector::tlb_flush);
    event.b = slot;
    emit(a, event);
  });
}

}  // namespace mmulab::x86
