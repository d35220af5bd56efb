// SPDX-License-Identifier: MIT
// Construction, context ids and the switch of address spaces. Source: Linux 2.6.22 mmu_context_64.c
// (init_new_context: the lowest free id, under mmu_context_lock; destroy_context: free at once, without a look at
// the hash table), asm-powerpc/mmu_context.h (switch_mm), slb.c (switch_slb).
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

namespace {
const Label context_alloc{"ppc64.context_alloc", "context_alloc", Ordering::atomic};
const Label context_free{"ppc64.context_free", "context_free", Ordering::atomic};
const Label test_cpumask{"ppc64.switch.test_cpumask", "cpumask_read"};
const Label set_cpumask{"ppc64.switch.set_cpumask", "cpumask_set", Ordering::atomic};
const Label switch_slb{"ppc64.switch.slb", "slb_switch"};
const Label convert_slices{"ppc64.slices.convert", "slice_convert"};
}  // namespace

Ppc64Port::Ppc64Port(KernelState& state, const Machine& machine, const Locks& locks, const Ppc64Params& params)
    : state_(state),
      machine_(machine),
      locks_(locks),
      params_(params),
      format_(state.geometry().part_order() == 0 ? pte_of_4k : pte_of_64k),
      layout_(linux_pte_layout(format_)),
      slices_(machine.world, state.limits().mms, state.geometry().part_order() == 0 ? PageSize::s4k : PageSize::s64k,
              state.limits().huge_pages || state.limits().demotions),
      hpt_(machine.world, state, params),
      hardware_(machine.world, machine.topology, params, state.geometry().page_shift()),
      bus_(machine.world, machine.topology, params, hardware_),
      tlbie_lock_(machine.world.allocate("ppc64.tlbie_lock", 1, 1, Coherence::memory)),
      contexts_(machine.world.allocate("ppc64.context", 1, context_bitmap + state.limits().mms / 64 + 1,
                                       Coherence::memory)),
      machine_checks_(
          machine.world.allocate("ppc64.machine_check", machine.topology.cpus(), 1, Coherence::internal)) {
  machine.world.name(tlbie_lock_, 0, Names::task);
  machine.world.name(contexts_, 0, Names::task);
  machine.world.assign(machine_checks_, {Owner::cpu, machine.topology.cpus()});
  MMULAB_ASSERT(state.geometry().page_shift() == format_.base, "the ppc64 port has pages of 4 or of 64 KiB");
  MMULAB_ASSERT(params.pteg_count >= 2, "primary and secondary group are two groups");
  MMULAB_ASSERT(state.limits().mms < 0xffff, "a copy's tag has room for 16-bit context ids");
}

void Ppc64Port::boot_mm(MmId mm) {
  World& world = machine_.world;
  std::uint64_t free = 1;
  while ((world.load(context_word(free)) >> (free % 64) & 1) != 0) ++free;
  world.store(context_word(free), world.load(context_word(free)) | std::uint64_t{1} << (free % 64));
  world.store(state_.mm_context(mm), free);
}

void Ppc64Port::init_mm(Context& ctx, MmId mm) {
  const auto lock = contexts_.cell<std::uint64_t>(0);
  const auto id = state_.mm_context(mm);
  locks_.spin_lock(ctx, lock, LockClass::context);
  Footprint footprint = writes(id);
  footprint.writes_words(contexts_.at(0, context_bitmap), contexts_.stride() - context_bitmap);
  footprint.writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words());
  ctx.step(context_alloc, footprint, [&](Access& a) {
    std::uint64_t free = 1;
    while ((a.read(context_word(free)) >> (free % 64) & 1) != 0) ++free;
    a.write(context_word(free), a.read(context_word(free)) | std::uint64_t{1} << (free % 64));
    a.write(id, free);
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(state_.mm_cpumask(mm, w), std::uint64_t{0});
  });
  locks_.spin_unlock(ctx, lock, LockClass::context);
}

void Ppc64Port::destroy_mm(Context& ctx, MmId mm) {
  const auto lock = contexts_.cell<std::uint64_t>(0);
  const auto id = state_.mm_context(mm);
  const std::uint64_t context = context_of(mm);
  const auto word = context_word(context);
  locks_.spin_lock(ctx, lock, LockClass::context);
  ctx.step(context_free, writes(id, last_context(mm), word), [&](Access& a) {
    a.write(word, a.read(word) & ~(std::uint64_t{1} << (context % 64)));
    a.write(last_context(mm), context);
    a.write(id, std::uint64_t{0});
    Event event{EventKind::tag_retired};
    event.mm = mm;
    event.tag = Tag{context};
    emit(a, event);
  });
  locks_.spin_unlock(ctx, lock, LockClass::context);
}

/// slbie and slbia also empty the ERATs. Copies in the TLB stay, so nothing is reported as dropped. The bit in the
/// cpumask is never cleared again: a cpu that once ran the mm may keep its copies.
void Ppc64Port::switch_mm(Context& ctx, MmId prev, MmId next) {
  if (!next.exists()) return;
  const CpuId cpu = ctx.cpu();
  const auto mask = state_.mm_cpumask(next, cpu.raw() / 64);
  const std::uint64_t bit = std::uint64_t{1} << (cpu.raw() % 64);
  const bool known = ctx.step(test_cpumask, reads(mask), [&](Access& a) { return (a.read(mask) & bit) != 0; });
  if (!known) ctx.step(set_cpumask, writes(mask), [&](Access& a) { a.write(mask, a.read(mask) | bit); });
  if (prev == next) return;
  ctx.step(switch_slb, slb_and_erats(cpu), [&](Access& a) {
    empty_slb(a, cpu);
    Event event{EventKind::tag_loaded};
    event.mm = next;
    event.tag = Tag{context_of(next)};
    emit(a, event);
  });
}

Footprint Ppc64Port::slb_and_erats(CpuId cpu) const {
  const CoreId core = machine_.topology.core_of(cpu);
  Footprint footprint = writes_words(hardware_.slb_first(cpu), hardware_.slb.set_words());
  for (const Tlb* erat : {&hardware_.ierat, &hardware_.derat})
    footprint.writes_words(erat->core_first(core), erat->core_words());
  return footprint;
}

/// In a step that declares slb_and_erats().
void Ppc64Port::empty_slb(Access& a, CpuId cpu) const {
  const CoreId core = machine_.topology.core_of(cpu);
  StepWords slb(a, hardware_.slb_first(cpu));
  for (std::uint32_t w = 0; w < hardware_.slb.set_words(); ++w) slb.put(w, 0);
  for (const Tlb* erat : {&hardware_.ierat, &hardware_.derat})
    for (std::uint32_t s = 0; s < erat->geometry().sets; ++s) {
      StepWords set(a, erat->set_first(core, s));
      for (std::uint32_t way = 0; way < erat->geometry().ways; ++way) erat->drop(set, way);
    }
}

/// slice_set_range_psize. mmap_sem held for write; nothing else is mapped in these slices (workloads/layout.cpp).
void Ppc64Port::open_huge_range(Context& ctx, MmId mm, VirtPage first, VirtPage end) {
  const VirtAddr last = start_of(end, base());
  for (VirtAddr va = start_of(first, base()); va < last; va = Slices::end_of(va)) {
    const auto word = slices_.word(mm, va);
    ctx.step(convert_slices, writes(word),
             [&](Access& a) { a.write(word, Slices::with(a.read(word), va, PageSize::s16m)); });
  }
}

/// Other cpus go on with their SLBs until hash_page notices.
void Ppc64Port::demote_range(Context& ctx, MmId mm, VirtPage first, VirtPage end) {
  const VirtAddr last = start_of(end, base());
  for (VirtAddr va = start_of(first, base()); va < last; va = Slices::end_of(va)) {
    const auto word = slices_.word(mm, va);
    const bool changed = ctx.step(convert_slices, writes(word), [&](Access& a) {
      const std::uint64_t now = a.read(word);
      if (slices_.size_in(now, va) != slices_.base()) return false;
      a.write(word, Slices::with(now, va, PageSize::s4k));
      return true;
    });
    if (!changed) continue;
    locks_.irq_disable(ctx);
    flush_slb(ctx, ctx.cpu());
    locks_.irq_enable(ctx);
  }
}

void Ppc64Port::boot_huge_range(MmId mm, VirtPage first, VirtPage end) {
  const VirtAddr last = start_of(end, base());
  for (VirtAddr va = start_of(first, base()); va < last; va = Slices::end_of(va)) {
    const auto word = slices_.word(mm, va);
    machine_.world.store(word, Slices::with(machine_.world.load(word), va, PageSize::s16m));
  }
}

}  // namespace mmulab
