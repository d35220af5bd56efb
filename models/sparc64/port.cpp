// SPDX-License-Identifier: MIT
#include "models/sparc64/port.h"

#include <fmt/format.h>

namespace mmulab {
namespace {

const Label pte_update{"pte.update", "pte_update"};

/// The pte after `request`, given the one before.
Pte changed(const PteLayout& layout, const PteRequest& request, Pte old) {
  switch (request.action) {
    case PteAction::clear:
    case PteAction::clear_full:
    case PteAction::modify_start: return Pte{};
    case PteAction::wrprotect: return old.without(layout.write);
    case PteAction::young: return old.without(layout.accessed);
    case PteAction::set:
    case PteAction::modify_commit:
    case PteAction::access_flags: return request.value;
  }
  return request.value;
}

}  // namespace

Sparc64Port::Sparc64Port(const KernelState& state, const Machine& machine, const Locks& locks,
                         KernelInterrupts& interrupts, Sparc64Params params)
    : state_(state),
      machine_(machine),
      locks_(locks),
      params_(std::move(params)),
      tte_(sparc64::layout_of(params_.tte_format)),
      pte_(sparc64::pte_layout(params_.tte_format, state.geometry().page_shift())),
      dtlb_(machine.world, "sparc64.dtlb", machine.topology.cores(), params_.dtlb, tte_,
            state.geometry().page_shift()),
      itlb_(machine.world, "sparc64.itlb", machine.topology.cores(), params_.itlb, tte_,
            state.geometry().page_shift()),
      tsbs_(machine.world, state, params_),
      contexts_(machine.world, state, locks, params_.context_bits),
      calls_(machine, state, params_, *this),
      registers_(
          machine.world.allocate("sparc64.mmu", state.limits().cpus, Registers::words, Coherence::internal)) {
  MMULAB_ASSERT(state.geometry().page_shift().raw() >= 13 && state.geometry().page_shift().raw() < 22,
                "a TTE's frame field begins at bit 13");
  // Version 1 is the first: nothing to demap before it.
  for (std::uint32_t c = 0; c < state.limits().cpus; ++c)
    machine.world.store(reg<std::uint64_t>(CpuId{c}, Registers::version_seen), std::uint64_t{1});
  interrupts.set_handler(Vector::xcall, [this](Context& ctx) { calls_.receive(ctx); });
}

std::uint32_t Sparc64Port::loaded_context(CpuId cpu) const {
  return machine_.world.load(reg<std::uint32_t>(cpu, Registers::context));
}
MmId Sparc64Port::loaded_mm(CpuId cpu) const { return machine_.world.load(reg<MmId>(cpu, Registers::mm)); }

sparc64::TsbTable Sparc64Port::loaded_tsb(CpuId cpu) const {
  return tsbs_.base(loaded_mm(cpu), machine_.world.load(reg<sparc64::TsbState>(cpu, Registers::tsb)));
}

std::uint64_t Sparc64Port::rights_bits(std::uint64_t data) const {
  const sparc64::TteData tte{tte_, data};
  return (tte.writable() ? 5U : 0U) | (tte.executable() ? 2U : 0U);
}

/// sparc64 changes ptes by plain stores under the PTL: the hardware never writes them.
Pte Sparc64Port::change_pte(Context& ctx, const PteRequest& request) {
  return ctx.step(pte_update, writes(request.ptep), [&](Access& a) {
    const Pte old = a.read(request.ptep);
    const Pte fresh = changed(pte_, request, old);
    a.write(request.ptep, fresh);
    Event event{EventKind::pte_stored};
    event.mm = request.mm;
    event.page = request.page;
    event.location = request.ptep.at;
    event.a = old.raw();
    event.b = fresh.raw();
    emit(a, event);
    return old;
  });
}

void Sparc64Port::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  const World& world = machine_.world;
  const std::uint32_t context = world.load(contexts_.of(mm)).number();
  if (context == 0) return;
  for (std::uint32_t c = 0; c < machine_.topology.cores(); ++c) {
    for (const sparc64::CoreTlbs* tlbs : {&dtlb_, &itlb_}) {
      const sparc64::TlbHit hit = tlbs->find(sparc64::PeekView{world}, CoreId{c}, context, page);
      if (!hit.found()) continue;
      copies.push_back({CoreId{c}, mm, page, tlbs->frame(hit.data, page), Tag{context}, rights_bits(hit.data),
                        tlbs->identity(CoreId{c})});
    }
  }
}

void Sparc64Port::list_entries(MmId mm, VirtPage page, std::vector<SoftwareEntry>& entries) const {
  const World& world = machine_.world;
  const sparc64::TsbState now = world.load(tsbs_.state_cell(mm));
  if (now.entries == 0) return;
  std::vector<sparc64::TsbSlot> slots{tsbs_.slot(mm, tsbs_.base(mm, now), page)};
  if (now.old_pairs != 0) slots.push_back(tsbs_.slot(mm, tsbs_.base(mm, 1 - now.generation, now.old_pairs * 2), page));
  if (tsbs_.huge(mm).entries != 0) slots.push_back(tsbs_.huge_slot(mm, page));
  for (const sparc64::TsbSlot& slot : slots) {
    const std::uint64_t tag = world.load(slot.tag_cell()), data = world.load(slot.data_cell());
    if (tag == slot.tag) entries.push_back({slot.first, fmt::format("tag 0x{:x}, {}", tag, pte_text(pte_, Pte{data}))});
  }
}

}  // namespace mmulab
