// SPDX-License-Identifier: MIT
#include "models/x86/port.h"

#include "models/x86/private_access.h"
#include "models/x86/tlb_gen.h"
#include "models/x86/vectors8.h"

namespace mmulab {
namespace {

const Label pte_clear{"x86.pte.clear", "x86_pte_atomic"};
const Label pte_clear_full{"x86.pte.clear_full", "x86_pte_store"};
const Label pte_wrprotect{"x86.pte.wrprotect", "x86_pte_atomic"};
const Label pte_set{"x86.pte.set", "x86_pte_store"};
const Label pte_modify_start{"x86.pte.modify_start", "x86_pte_atomic"};
const Label pte_modify_commit{"x86.pte.modify_commit", "x86_pte_store"};
const Label pte_young{"x86.pte.young", "x86_pte_atomic"};
const Label pte_access_flags{"x86.pte.access_flags", "x86_pte_store"};

const Label& label_of(PteAction action) {
  switch (action) {
    case PteAction::clear: return pte_clear;
    case PteAction::clear_full: return pte_clear_full;
    case PteAction::wrprotect: return pte_wrprotect;
    case PteAction::set: return pte_set;
    case PteAction::modify_start: return pte_modify_start;
    case PteAction::modify_commit: return pte_modify_commit;
    case PteAction::young: return pte_young;
    case PteAction::access_flags: return pte_access_flags;
  }
  return pte_set;
}

Pte changed(Pte old, const PteRequest& request) {
  switch (request.action) {
    case PteAction::clear:
    case PteAction::clear_full:
    case PteAction::modify_start: return Pte{};
    case PteAction::wrprotect: return old.without(x86::pte_write);
    case PteAction::young: return old.without(x86::pte_accessed);
    case PteAction::set:
    case PteAction::modify_commit: return request.value;
    case PteAction::access_flags: return request.value.has(x86::pte_dirty) ? request.value : old;
  }
  return old;
}

}  // namespace

X86Port::X86Port(const KernelState& state, const Machine& machine, const Locks& locks,
                 KernelInterrupts& interrupts, const X86Params& params)
    : state_(state),
      machine_(machine),
      params_(params),
      layout_(x86::pte_layout()),
      mmu_(state, machine, params_) {
  if (params_.shootdown == ShootdownStyle::vectors8_2_6)
    protocol_ = std::make_unique<x86::Vectors8>(state, machine, locks, mmu_, params_);
  else
    protocol_ = std::make_unique<x86::TlbGen>(state, machine, locks, mmu_, params_);
  interrupts.set_handler(Vector::tlb_flush, [this](Context& ctx) { protocol_->on_interrupt(ctx); });
}

AccessResult X86Port::access(Context& ctx, MmId, VirtAddr va, AccessKind kind) {
  return mmu_.access(ctx, va, kind);
}

Cycle X86Port::access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) {
  if (machine_.lines == nullptr) return now;
  return x86::PrivateAccess(mmu_, cpu, mm).run(buffer, now, horizon);
}

Pte X86Port::change_pte(Context& ctx, const PteRequest& request) {
  return ctx.step(label_of(request.action), writes(request.ptep), [&](Access& a) {
    const Pte old = a.read(request.ptep);
    const Pte now = changed(old, request);
    if (now == old) return old;
    a.write(request.ptep, now);
    Event event{EventKind::pte_stored};
    event.mm = request.mm;
    event.page = request.page;
    event.location = request.ptep.at;
    event.a = old.raw();
    event.b = now.raw();
    emit(a, event);
    return old;
  });
}

void X86Port::invalidate(Context& ctx, const Invalidation& what) {
  if (!x86::nothing_to_do(what)) protocol_->invalidate(ctx, what);
}

void X86Port::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  const World& world = machine_.world;
  const x86::TlbHierarchy& tlbs = mmu_.tlbs();
  const auto view = [&](Location at) { return PeekWords{world, at}; };
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CoreId core = mmu_.core_of(CpuId{c});
    for (std::uint32_t array = 0; array < tlbs.arrays(); ++array)
      for (unsigned size = 0; size < x86::TlbHierarchy::sizes; ++size) {
        if (!tlbs.holds(array, size)) continue;
        const VirtPage number = tlbs.key_page(page, size);
        const auto set = view(tlbs.set_first(core, array, number));
        for (std::uint32_t way = 0; way < tlbs.array(array).tlb.geometry().ways; ++way) {
          const TlbKey key = tlbs.array(array).tlb.key(set, way);
          if (!key.valid() || key.page() != number || key.size_code() != size) continue;
          if (x86::thread_of_tag(key.tag()) != tlbs.thread_of(CpuId{c})) continue;
          const std::uint64_t data = tlbs.array(array).tlb.data(set, way);
          const MmId owner = x86::is_global_tag(key.tag())
                                 ? world.load(mmu_.mm_register(CpuId{c}))
                                 : protocol_->owner_of(world, CpuId{c}, x86::pcid_of_tag(key.tag()));
          if (owner != mm) continue;
          copies.push_back(
              {core, mm, page, tlbs.frame_in(data, page, size), Tag{key.tag()}, x86::rights_bits(data, size)});
        }
      }
  }
}

void X86Port::list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const {
  const World& world = machine_.world;
  const x86::TlbHierarchy& tlbs = mmu_.tlbs();
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CpuId cpu{c};
    const CoreId core = mmu_.core_of(cpu);
    for (std::size_t level = 1; level < state_.geometry().levels(); ++level) {
      if (tlbs.psc(level) == x86::TlbHierarchy::no_array) continue;
      const x86::CacheArray& cache = tlbs.array(tlbs.psc(level));
      for (std::uint32_t s = 0; s < cache.tlb.geometry().sets; ++s) {
        const PeekWords set{world, tlbs.set_first(core, tlbs.psc(level), VirtPage{s})};
        for (std::uint32_t way = 0; way < cache.tlb.geometry().ways; ++way) {
          const TlbKey key = cache.tlb.key(set, way);
          if (!key.valid() || x86::thread_of_tag(key.tag()) != tlbs.thread_of(cpu)) continue;
          if (x86::frame_of(cache.tlb.data(set, way)).raw() != table.raw()) continue;
          copies.push_back({core, protocol_->owner_of(world, cpu, x86::pcid_of_tag(key.tag())), Tag{key.tag()}});
        }
      }
    }
  }
}

}  // namespace mmulab
