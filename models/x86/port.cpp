// SPDX-License-Identifier: MIT
#include "models/x86/port.h"

#include "models/radix/private_access.h"
#include "models/radix/pte_ops.h"
#include "models/x86/tlb_gen.h"
#include "models/x86/vectors8.h"

namespace mmulab {
namespace {

const Label pte_clear{"x86.pte.clear", "x86_pte_atomic", Ordering::atomic};
const Label pte_clear_full{"x86.pte.clear_full", "x86_pte_store"};
const Label pte_wrprotect{"x86.pte.wrprotect", "x86_pte_atomic", Ordering::atomic};
const Label pte_set{"x86.pte.set", "x86_pte_store"};
const Label pte_modify_start{"x86.pte.modify_start", "x86_pte_atomic", Ordering::atomic};
const Label pte_modify_commit{"x86.pte.modify_commit", "x86_pte_store"};
const Label pte_young{"x86.pte.young", "x86_pte_atomic", Ordering::atomic};
const Label pte_access_flags{"x86.pte.access_flags", "x86_pte_store"};

const radix::PteLabels pte_labels{pte_clear, pte_clear_full,   pte_wrprotect,     pte_set,
                                  pte_young, pte_modify_start, pte_modify_commit, pte_access_flags};

}  // namespace

X86Port::X86Port(const KernelState& state, const Machine& machine, const Locks& locks,
                 KernelInterrupts& interrupts, const X86Params& params)
    : machine_(machine),
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
  return radix::PrivateAccess(mmu_, cpu, mm).run(buffer, now, horizon);
}

Pte X86Port::change_pte(Context& ctx, const PteRequest& request) {
  return radix::change_pte(ctx, request, pte_labels);
}

void X86Port::invalidate(Context& ctx, const Invalidation& what) {
  const Conclusion nothing(ctx);
  if (!x86::nothing_to_do(what)) protocol_->invalidate(ctx, what);
}

void X86Port::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  mmu_.list_copies(mm, page, copies, [this](CpuId cpu, std::uint32_t pcid, std::uint64_t) {
    return protocol_->owner_of(machine_.world, cpu, pcid);
  });
}

void X86Port::list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const {
  mmu_.list_walk_copies(table, copies, [this](CpuId cpu, std::uint32_t pcid, std::uint64_t) {
    return protocol_->owner_of(machine_.world, cpu, pcid);
  });
}

}  // namespace mmulab
