// SPDX-License-Identifier: MIT
#include "models/x86/mmu.h"

namespace mmulab::x86 {
namespace {

const Label access_label{"x86.access", "x86_l1_hit", Phase::user};
const Label read_entry_label{"x86.walk", "x86_walk_level", Phase::user};
const Label assist_label{"x86.set_ad", "x86_ad_assist", Phase::user, Ordering::atomic};
const Label fill_label{"x86.fill", "x86_l1_hit", Phase::user};
const Label fault_label{"x86.page_fault", "x86_page_fault", Phase::user};
const Label latch_label{"x86.latch_root", "x86_walk_level", Phase::user};
const Label speculate_label{"x86.speculate", "x86_walk_level"};
const Label evict_label{"x86.evict", "x86_l1_hit"};

const Label cr3_flush_label{"x86.cr3_flush", "x86_cr3_flush", Ordering::full};
const Label cr3_noflush_label{"x86.cr3_noflush", "x86_cr3_noflush", Ordering::full};
const Label invlpg_label{"x86.invlpg", "x86_invlpg", Ordering::full};
const Label invpcid_address_label{"x86.invpcid_address", "x86_invpcid_address", Ordering::full};
const Label invpcid_context_label{"x86.invpcid_context", "x86_invpcid_context", Ordering::full};
const Label invlpgb_label{"x86.invlpgb", "x86_invlpgb", Ordering::full};
const Label tlbsync_label{"x86.tlbsync", "x86_tlbsync", Ordering::full};

const radix::MmuLabels user_labels{access_label, read_entry_label, assist_label,    fill_label,
                                   fault_label,  latch_label,      speculate_label, evict_label};

}  // namespace

Mmu::Mmu(const KernelState& state, const Machine& machine, const X86Params& params)
    : radix::Mmu(state, machine, "x86", params, {params.cost.stlb_hit, params.cost.walk_start}, user_labels),
      params_(params) {}

void Mmu::load_cr3(Context& ctx, MmId next, std::uint32_t new_pcid, bool flush) {
  load_root(ctx, flush ? cr3_flush_label : cr3_noflush_label, next, new_pcid, flush);
}

void Mmu::flush_current(Context& ctx) { drop_asid_here(ctx, cr3_flush_label, current_pcid(ctx)); }

void Mmu::invlpg(Context& ctx, VirtPage page) {
  drop_page_here(ctx, invlpg_label, current_pcid(ctx), page, true);
}

/// SDM vol. 2, INVPCID: types 0 and 1 spare globals, 2 spares nothing, 3 spares globals of every PCID.
void Mmu::invpcid(Context& ctx, InvpcidType type, std::uint32_t target, VirtPage page) {
  MMULAB_ASSERT(params_.invpcid, "this machine has no INVPCID (machine.x86.invpcid)");
  switch (type) {
    case InvpcidType::address: return drop_page_here(ctx, invpcid_address_label, target, page, false);
    case InvpcidType::context: return drop_asid_here(ctx, invpcid_context_label, target);
    case InvpcidType::all: return drop_all_here(ctx, invpcid_context_label, true);
    case InvpcidType::all_non_global: return drop_all_here(ctx, invpcid_context_label, false);
  }
}

/// AMD64 vol. 3, INVLPGB with flags VA, PCID, INCLUDE_GLOBAL clear.
void Mmu::invlpgb(Context& ctx, std::uint32_t target, VirtPage first, std::uint32_t pages) {
  drop_everywhere(ctx, invlpgb_label, target, first, pages);
}

void Mmu::tlbsync(Context& ctx) {
  ctx.step(tlbsync_label, Footprint{}, [](Access&) {});
}

}  // namespace mmulab::x86
