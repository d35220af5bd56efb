// SPDX-License-Identifier: MIT
#include "models/tagged/mmu.h"

namespace mmulab::tagged {
namespace {

const Label access_label{"tagged.access", "tagged_l1_hit", Phase::user};
const Label read_entry_label{"tagged.walk", "tagged_walk_level", Phase::user};
const Label assist_label{"tagged.set_ad", "tagged_ad_assist", Phase::user, Ordering::atomic};
const Label fill_label{"tagged.fill", "tagged_l1_hit", Phase::user};
const Label fault_label{"tagged.page_fault", "tagged_page_fault", Phase::user};
const Label latch_label{"tagged.latch_root", "tagged_walk_level", Phase::user};
const Label speculate_label{"tagged.speculate", "tagged_walk_level"};
const Label evict_label{"tagged.evict", "tagged_l1_hit"};

const Label load_label{"tagged.load_root", "tagged_root_load"};
const Label reserved_label{"tagged.load_reserved", "tagged_root_load"};
const Label page_here{"tagged.invalidate_page", "tagged_invalidate_page", Ordering::full};
const Label asid_here{"tagged.invalidate_asid", "tagged_invalidate_asid", Ordering::full};
const Label all_here{"tagged.invalidate_all", "tagged_invalidate_all", Ordering::full};
const Label page_everywhere{"tagged.broadcast_page", "tagged_broadcast_page", Ordering::full};
const Label asid_everywhere{"tagged.broadcast_asid", "tagged_broadcast_asid", Ordering::full};
const Label all_everywhere{"tagged.broadcast_all", "tagged_broadcast_all", Ordering::full};
const Label sync_label{"tagged.broadcast_sync", "tagged_broadcast_sync", Ordering::full};

const radix::MmuLabels user_labels{access_label, read_entry_label, assist_label,    fill_label,
                                   fault_label,  latch_label,      speculate_label, evict_label};

}  // namespace

Mmu::Mmu(const KernelState& state, const Machine& machine, const TaggedParams& params)
    : radix::Mmu(state, machine, "tagged", params, {params.cost.stlb_hit, params.cost.walk_start}, user_labels) {
  keep_owners();
}

void Mmu::load(Context& ctx, MmId mm, std::uint32_t asid) { load_root(ctx, load_label, mm, asid, false); }

void Mmu::load_reserved(Context& ctx) { load_root(ctx, reserved_label, MmId::none(), 0, false); }

void Mmu::invalidate_page(Context& ctx, std::uint32_t asid, VirtPage page) {
  drop_page_here(ctx, page_here, asid, page, false);
}

void Mmu::invalidate_asid(Context& ctx, std::uint32_t asid) { drop_asid_here(ctx, asid_here, asid); }

void Mmu::invalidate_all(Context& ctx) { drop_all_here(ctx, all_here, true); }

void Mmu::broadcast_page(Context& ctx, std::uint32_t asid, VirtPage page) {
  drop_everywhere(ctx, page_everywhere, asid, page, 1);
}

void Mmu::broadcast_asid(Context& ctx, std::uint32_t asid) {
  drop_everywhere(ctx, asid_everywhere, asid, VirtPage{}, 0);
}

void Mmu::broadcast_all(Context& ctx) { drop_all_everywhere(ctx, all_everywhere); }

void Mmu::sync(Context& ctx) {
  ctx.step(sync_label, Footprint{}, [](Access&) {});
}

}  // namespace mmulab::tagged
