// SPDX-License-Identifier: MIT
#include "models/tagged/port.h"

#include "models/radix/private_access.h"
#include "models/radix/pte_ops.h"

namespace mmulab {
namespace {

using tagged::ContextId;

const Label pte_clear{"tagged.pte.clear", "tagged_pte_atomic", Ordering::atomic};
const Label pte_clear_store{"tagged.pte.clear_store", "tagged_pte_store"};
const Label pte_clear_full{"tagged.pte.clear_full", "tagged_pte_store"};
const Label pte_wrprotect{"tagged.pte.wrprotect", "tagged_pte_atomic", Ordering::atomic};
const Label pte_set{"tagged.pte.set", "tagged_pte_store"};
const Label pte_young{"tagged.pte.young", "tagged_pte_atomic", Ordering::atomic};
const Label pte_modify_start{"tagged.pte.modify_start", "tagged_pte_atomic", Ordering::atomic};
const Label pte_modify_commit{"tagged.pte.modify_commit", "tagged_pte_store"};
const Label pte_access_flags{"tagged.pte.access_flags", "tagged_pte_store"};
const radix::PteLabels pte_labels{pte_clear, pte_clear_full,   pte_wrprotect,     pte_set,
                                  pte_young, pte_modify_start, pte_modify_commit, pte_access_flags};
const radix::PteLabels storing_labels{pte_clear_store, pte_clear_full,   pte_wrprotect,     pte_set,
                                      pte_young,       pte_modify_start, pte_modify_commit, pte_access_flags};

const Label init_label{"tagged.init_mm", "tagged_asid_update"};
const Label mask_test{"tagged.switch.mask_test", "tagged_percpu"};
const Label mask_set{"tagged.switch.mask_set", "tagged_cpumask_atomic", Ordering::atomic};
const Label mask_clear{"tagged.switch.mask_clear", "tagged_cpumask_atomic", Ordering::atomic};

const Label call_lock{"tagged.call.lock", "tagged_call_write"};
const Label call_enqueue{"tagged.call.enqueue", "tagged_queue_add", Ordering::full};
const Label call_wait_begin{"tagged.call.wait_begin", "tagged_wait_test"};
const Label call_wait{"tagged.call.wait", "tagged_wait_test"};
const Label call_take{"tagged.call.take_queue", "tagged_queue_take", Ordering::full};
const Label call_read{"tagged.call.read", "tagged_call_read"};
const Label call_unlock{"tagged.call.unlock", "tagged_acknowledge", Ordering::release};
const SmpCallLabels call_labels{call_lock, call_enqueue, call_wait_begin, call_wait,
                                call_take, call_read,    call_unlock};

std::unique_ptr<tagged::AsidAllocator> make_asids(const KernelState& state, const Machine& machine,
                                                  const Locks& locks, tagged::Mmu& mmu,
                                                  const TaggedParams& params) {
  if (params.allocator == AsidAllocation::versions)
    return std::make_unique<tagged::Versions>(state, machine, locks, mmu, params);
  return std::make_unique<tagged::Generations>(state, machine, locks, mmu, params);
}

}  // namespace

TaggedPort::TaggedPort(const KernelState& state, const Machine& machine, const Locks& locks,
                       KernelInterrupts& interrupts, const TaggedParams& params)
    : state_(state),
      machine_(machine),
      locks_(locks),
      params_(params),
      layout_(radix::pte_layout()),
      mmu_(state, machine, params_),
      asids_(make_asids(state, machine, locks, mmu_, params_)),
      calls_(machine, state, "tagged", call_labels) {
  if (params_.asid_read_before_clear)
    samples_ = machine.world.allocate("tagged.sampled_asids", state.limits().tasks, 1, Coherence::internal);
  interrupts.set_handler(Vector::tlb_flush, [this](Context& ctx) { on_interrupt(ctx); });
}

AccessResult TaggedPort::access(Context& ctx, MmId, VirtAddr va, AccessKind kind) {
  return mmu_.access(ctx, va, kind);
}

Cycle TaggedPort::access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) {
  if (machine_.lines == nullptr) return now;
  return radix::PrivateAccess(mmu_, cpu, mm).run(buffer, now, horizon);
}

Pte TaggedPort::change_pte(Context& ctx, const PteRequest& request) {
  if (samples_first(request.action)) sample_asid(ctx, request.mm);
  return radix::change_pte(ctx, request, params_.pte_clear_stores ? storing_labels : pte_labels);
}

// ---------------------------------------------------------------------------------------------- address spaces

void TaggedPort::init_mm(Context& ctx, MmId mm) {
  const auto id = asids_->of(mm);
  const Footprint footprint = writes(id).writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words());
  ctx.step(init_label, footprint, [&](Access& a) {
    a.write(id, ContextId{});
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(state_.mm_cpumask(mm, w), std::uint64_t{0});
  });
}

void TaggedPort::switch_mm(Context& ctx, MmId, MmId next) {
  const Conclusion nothing(ctx);
  if (!next.exists()) return;
  const MmId loaded = mmu_.loaded_mm(ctx);
  if (params_.allocator == AsidAllocation::versions) {
    const bool marked = mark_running(ctx, next);
    if (loaded == next && (marked || !params_.check_lazy_return)) return;
  } else {
    if (loaded == next) return;
    if (params_.clear_mask_at_switch && loaded.exists()) clear_mask(ctx, loaded);
    if (keeps_masks()) mark_running(ctx, next);
  }
  if (params_.reserved_root_at_switch) mmu_.load_reserved(ctx);
  mmu_.load(ctx, next, asids_->take(ctx, next));
}

bool TaggedPort::mark_running(Context& ctx, MmId mm) {
  const auto word = state_.mm_cpumask(mm, ctx.cpu().raw() / 64);
  const std::uint64_t bit = CpuMask::bit(ctx.cpu());
  const bool set = ctx.step(mask_test, reads(word), [&](Access& a) { return (a.read(word) & bit) != 0; });
  if (!set) ctx.step(mask_set, writes(word), [&](Access& a) { a.write(word, a.read(word) | bit); });
  return set;
}

void TaggedPort::clear_mask(Context& ctx, MmId mm) {
  const auto word = state_.mm_cpumask(mm, ctx.cpu().raw() / 64);
  ctx.step(mask_clear, writes(word), [&](Access& a) { a.write(word, a.read(word) & ~CpuMask::bit(ctx.cpu())); });
}

// ---------------------------------------------------------------------------------------------- the census

void TaggedPort::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  mmu_.list_copies(mm, page, copies,
                   [](CpuId, std::uint32_t, std::uint64_t data) { return tagged::Mmu::owner_in(data); });
}

void TaggedPort::list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const {
  mmu_.list_walk_copies(table, copies,
                        [](CpuId, std::uint32_t, std::uint64_t data) { return tagged::Mmu::owner_in(data); });
}

}  // namespace mmulab
