// SPDX-License-Identifier: MIT
// Switching: switch_mm_irqs_off, choose_new_asid, enter_lazy_tlb. The shootdown itself is in tlb_gen_flush.cpp.
#include "models/x86/tlb_gen.h"

#include "models/mm/barrier.h"
#include "sim/events/stream.h"

namespace mmulab::x86 {
namespace {

const Label init_label{"x86.switch.init_mm", "x86_tlb_gen_atomic", Ordering::full};
const Label look_label{"x86.switch.look", "x86_percpu"};
const Label lazy_label{"x86.switch.enter_lazy", "x86_percpu"};
const Label switching_label{"x86.switch.begin", "x86_percpu"};
const Label mask_test{"x86.switch.mask_test", "x86_percpu"};
const Label mask_clear{"x86.switch.mask_clear", "x86_cpumask_atomic", Ordering::atomic};
const Label mask_set{"x86.switch.mask_set", "x86_cpumask_atomic", Ordering::atomic};
const Label read_gen_label{"x86.switch.read_tlb_gen", "x86_percpu"};
const Label choose_label{"x86.switch.choose_asid", "x86_percpu"};
const Label claim_label{"x86.switch.claim_asid", "x86_percpu"};
const Label loaded_label{"x86.switch.loaded", "x86_percpu"};

const Label csd_lock_label{"x86.csd.lock", "x86_request_write"};
const Label queue_add{"x86.csd.enqueue", "x86_queue_add", Ordering::full};
const Label wait_begin{"x86.csd.wait_begin", "x86_wait_test"};
const Label wait_label{"x86.csd.wait", "x86_wait_test"};
const Label take_queue{"x86.csd.take_queue", "x86_queue_take", Ordering::full};
const Label read_csd{"x86.csd.read", "x86_request_read"};
const Label unlock_csd{"x86.csd.unlock", "x86_acknowledge", Ordering::release};
const SmpCallLabels call_labels{csd_lock_label, queue_add, wait_begin, wait_label,
                                take_queue,     read_csd,  unlock_csd};

/// PCIDs of broadcast mms lie above those of the per-cpu ASIDs (MAX_ASID_AVAILABLE is 4094).
constexpr std::uint32_t pcid_limit = 4095;

}  // namespace

TlbGen::TlbGen(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
               const X86Params& params)
    : state_(state), locks_(locks), mmu_(mmu), params_(params), calls_(machine, state, "x86", call_labels) {
  const std::uint32_t cpus = state.limits().cpus;
  World& world = machine.world;
  tlbstate_ = world.allocate("x86.tlbstate", cpus, ctxs + 2 * asids_max, Coherence::memory);
  infos_ = world.allocate("x86.flush_info", cpus, 8, Coherence::memory);
  last_ctx_id_ = world.allocate("x86.last_ctx_id", 1, 1, Coherence::memory);
  MMULAB_ASSERT(state.cpumask_words() <= CpuMask::words_max, "at most 1024 cpus");
  MMULAB_ASSERT(params.asids >= 1 && params.asids <= asids_max, "machine.x86.asids is 1 to 8");
  MMULAB_ASSERT(!params.broadcast || params.pcid, "broadcast invalidation names PCIDs (machine.x86.pcid)");
  MMULAB_ASSERT(!params.broadcast || params.asids + 1 + state.limits().mms <= pcid_limit,
                "a global PCID for each mm");
}

void TlbGen::init_mm(Context& ctx, MmId mm) {
  const auto last = last_ctx_id_.cell<std::uint64_t>(0);
  const auto context = state_.mm_context(mm);
  const auto gen = state_.mm_tlb_gen(mm);
  Footprint footprint = writes(last, context, gen);
  footprint.writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words());
  ctx.step(init_label, footprint, [&](Access& a) {
    a.write(context, a.add(last, std::uint64_t{1}));
    a.write(gen, std::uint64_t{1});
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(state_.mm_cpumask(mm, w), std::uint64_t{0});
  });
}

/// A ctx_id is never reused, so per-cpu ASIDs need nothing; a global PCID belongs to this MmId's next life, too.
void TlbGen::destroy_mm(Context& ctx, MmId mm) {
  const Conclusion nothing(ctx);
  if (!params_.broadcast) return;
  mmu_.invlpgb(ctx, pcid_of(mm, 0), VirtPage{}, 0);
  mmu_.tlbsync(ctx);
}

std::uint32_t TlbGen::pcid_of(MmId mm, std::uint32_t asid) const {
  if (params_.broadcast) return params_.asids + 1 + mm.raw();
  return params_.pcid ? asid + 1 : 0;
}

MmId TlbGen::owner_of(const World& world, CpuId cpu, std::uint32_t pcid) const {
  if (params_.broadcast) return pcid > params_.asids ? MmId{pcid - params_.asids - 1} : MmId::none();
  if (!params_.pcid) return world.load(mmu_.mm_register(cpu));
  if (pcid == 0) return MmId::none();
  const std::uint64_t ctx_id = world.load(asid_ctx(cpu, pcid - 1));
  for (std::uint32_t m = 0; m < state_.limits().mms; ++m)
    if (ctx_id != 0 && world.load(state_.mm_context(MmId{m})) == ctx_id) return MmId{m};
  return MmId::none();
}

// ------------------------------------------------------------------------------------------------ switching

void TlbGen::switch_mm(Context& ctx, MmId, MmId next) {
  const Conclusion nothing(ctx);
  if (!next.exists()) return enter_lazy(ctx);
  const CpuId cpu = ctx.cpu();
  const auto lazy = state_.cpu_lazy(cpu);
  const auto loaded = loaded_mm(cpu);
  const auto asid_cell = loaded_asid(cpu);
  bool was_lazy = false;
  MmId prev;
  Asid asid;
  ctx.step(look_label, writes(lazy).reads(loaded, asid_cell), [&](Access& a) {
    was_lazy = a.keep(a.exchange(lazy, false));
    prev = a.keep(a.read(loaded));
    asid.number = a.keep(static_cast<std::uint32_t>(a.read(asid_cell)));
  });
  if (prev == next && !was_lazy) return;
  if (prev == next) {
    if (params_.lazy_barrier) smp_mb(ctx);
    const std::uint64_t gen = read_gen(ctx, next);
    if (params_.broadcast || ctx.world().load(asid_gen(cpu, asid.number)) == gen) return;
    return load(ctx, next, asid, gen);
  }
  std::uint64_t gen = params_.gen_before_mask ? read_gen(ctx, next) : 0;
  ctx.step(switching_label, writes(loaded), [&](Access& a) { a.write(loaded, switching); });
  if (params_.clear_mask_on_switch && prev.exists()) clear_mask_bit(ctx, prev);
  if (!set_mask_bit(ctx, next) && params_.switch_barrier) smp_mb(ctx);
  if (!params_.gen_before_mask) gen = read_gen(ctx, next);
  load(ctx, next, choose_asid(ctx, next, gen), gen);
}

void TlbGen::enter_lazy(Context& ctx) {
  const auto lazy = state_.cpu_lazy(ctx.cpu());
  const auto loaded = loaded_mm(ctx.cpu());
  ctx.step(lazy_label, writes(lazy).reads(loaded), [&](Access& a) {
    if (a.read(loaded).exists()) a.write(lazy, true);
  });
}

/// False if it was set already: then nothing has been ordered.
bool TlbGen::set_mask_bit(Context& ctx, MmId mm) {
  const auto word = state_.mm_cpumask(mm, ctx.cpu().raw() / 64);
  const std::uint64_t bit = CpuMask::bit(ctx.cpu());
  const bool set = ctx.step(mask_test, reads(word), [&](Access& a) { return (a.read(word) & bit) != 0; });
  if (set) return false;
  ctx.step(mask_set, writes(word), [&](Access& a) { a.write(word, a.read(word) | bit); });
  return true;
}

void TlbGen::clear_mask_bit(Context& ctx, MmId mm) {
  const auto word = state_.mm_cpumask(mm, ctx.cpu().raw() / 64);
  ctx.step(mask_clear, writes(word), [&](Access& a) { a.write(word, a.read(word) & ~CpuMask::bit(ctx.cpu())); });
}

std::uint64_t TlbGen::read_gen(Context& ctx, MmId mm) {
  const auto gen = state_.mm_tlb_gen(mm);
  return ctx.step(read_gen_label, reads(gen), [&](Access& a) { return a.read(gen); });
}

TlbGen::Asid TlbGen::choose_asid(Context& ctx, MmId next, std::uint64_t gen) {
  if (params_.broadcast) return {0, false};
  if (!params_.pcid) return {0, true};
  const CpuId cpu = ctx.cpu();
  const auto next_asid = tlbstate_.cell<std::uint64_t>(cpu.raw(), 2);
  const auto context = state_.mm_context(next);
  Footprint footprint = writes(next_asid).reads(context);
  footprint.reads_words(asid_ctx(cpu, 0).at, 2 * params_.asids);
  return ctx.step(choose_label, footprint, [&](Access& a) {
    for (std::uint32_t n = 0; n < params_.asids; ++n)
      if (a.read(asid_ctx(cpu, n)) == a.read(context)) return Asid{n, a.read(asid_gen(cpu, n)) < gen};
    const std::uint64_t fresh = a.read(next_asid);
    a.write(next_asid, (fresh + 1) % params_.asids);
    return Asid{static_cast<std::uint32_t>(fresh), true};
  });
}

/// The slot's new meaning, then CR3, then loaded_mm: interrupts are off, so only remote cpus see it half done.
void TlbGen::load(Context& ctx, MmId next, Asid asid, std::uint64_t gen) {
  const CpuId cpu = ctx.cpu();
  if (asid.need_flush) {
    const auto context = state_.mm_context(next);
    const auto slot_ctx = asid_ctx(cpu, asid.number);
    const auto slot_gen = asid_gen(cpu, asid.number);
    ctx.step(claim_label, writes(slot_ctx, slot_gen).reads(context), [&](Access& a) {
      a.write(slot_ctx, a.read(context));
      a.write(slot_gen, gen);
    });
  }
  mmu_.load_cr3(ctx, next, pcid_of(next, asid.number), asid.need_flush);
  set_loaded(ctx, next, asid.number);
}

void TlbGen::set_loaded(Context& ctx, MmId mm, std::uint64_t asid) {
  const CpuId cpu = ctx.cpu();
  const auto loaded = loaded_mm(cpu);
  const auto asid_cell = loaded_asid(cpu);
  const auto active = state_.cpu_active_mm(cpu);
  Footprint footprint = writes(loaded, asid_cell);
  if (mm.exists()) footprint.writes(active);
  ctx.step(loaded_label, footprint, [&](Access& a) {
    a.write(loaded, mm);
    a.write(asid_cell, asid);
    if (mm.exists()) a.write(active, mm);
  });
}

/// switch_mm_irqs_off(NULL, &init_mm): the translations stay under their PCID, out of reach, until their slot is
/// compared with tlb_gen again.
void TlbGen::load_kernel_tables(Context& ctx) {
  const Conclusion nothing(ctx);
  const auto lazy = state_.cpu_lazy(ctx.cpu());
  ctx.step(lazy_label, writes(lazy), [&](Access& a) { a.write(lazy, false); });
  mmu_.load_cr3(ctx, MmId::none(), 0, !params_.pcid);
  set_loaded(ctx, MmId::none(), 0);
}

}  // namespace mmulab::x86
