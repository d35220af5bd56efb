// SPDX-License-Identifier: MIT
// Run-ahead: the same effects and cycles as access(), straight on the World's words, for accesses that concern
// nobody else: ERAT hits, TLB hits, and walks over lines that the core holds, to one matching entry whose R (and
// C, for a store) is set already.
#include "models/ppc64/access_labels.h"
#include "models/ppc64/copy_insertion.h"
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

struct Ppc64Port::PrivateCosts {
  Cycles erat_hit;
  Cycles erat_miss;
  Cycles primary;
  Cycles secondary;
  Cycles fill;
};

bool Ppc64Port::readable(CoreId core, Location group) const {
  for (std::uint32_t word = 0; word < Hpt::group_words; word += 8)
    if (!machine_.lines->readable(core, Location{group.raw() + word})) return false;
  return true;
}

bool Ppc64Port::private_walk(const UserAccess& ua, const PrivateCosts& costs, Cycle& now, Cycle horizon) const {
  const World& world = machine_.world;
  const HptTarget target = this->target(ua);
  std::uint64_t slot = 0;
  std::uint32_t matches = 0;
  const auto search = [&](bool secondary) {
    const std::uint64_t first = hpt_.slot_of(target, secondary, 0);
    if (!readable(ua.core, hpt_.group_first(first / slots_per_group))) return false;
    for (std::uint64_t s = first; s < first + slots_per_group; ++s) {
      if (!Hpt::hardware_matches(Hpte{world.load(hpt_.v(s)), world.load(hpt_.r(s))}, target, secondary)) continue;
      slot = s;
      ++matches;
    }
    return true;
  };
  Cycles cost = costs.erat_miss + costs.primary + costs.fill + costs.erat_hit;
  if (!search(false)) return false;
  if (params_.parallel_search || matches == 0) {
    if (!search(true)) return false;
    if (!params_.parallel_search) cost += costs.secondary;
  }
  if (matches != 1) return false;
  const std::uint64_t r = world.load(hpt_.r(slot));
  const std::uint64_t settled = ua.kind == AccessKind::store ? hpte_r | hpte_c : hpte_r;
  if (!permits(r, ua.kind) || (r & settled) != settled) return false;
  const auto stall = hardware_.stall(ua.core);
  cost += Cycles{world.load(stall)};
  if (now + cost >= horizon) return false;
  now += cost;
  *raw(stall.at) = 0;
  *raw(hardware_.walk(ua.cpu).at) = 0;
  machine_.count(&TranslationCounts::walks);
  const CopyData copy = copy_of(ua, r);
  for (const Tlb* tlb : {&hardware_.tlb, &hardware_.derat}) {
    RawWords set(raw(tlb->set_first(ua.core, tlb->set_of(ua.index))));
    insert_copy(*tlb, set, ua.key, copy.raw());
  }
  return true;
}

/// Not in the ERAT, or there without C. The SLB is not touched by a hit.
bool Ppc64Port::private_miss(const UserAccess& ua, const PrivateCosts& costs, Cycle& now, Cycle horizon) const {
  if (!segment_loaded(ua)) return false;
  const Tlb& tlb = hardware_.tlb;
  RawWords set(raw(tlb.set_first(ua.core, tlb.set_of(ua.index))));
  const std::uint32_t way = tlb.find(set, ua.key);
  if (way == Tlb::absent) return private_walk(ua, costs, now, horizon);
  const CopyData copy{tlb.data(set, way)};
  const Permission permission = judge(copy, ua.need, ua.kind);
  if (permission == Permission::needs_look) return private_walk(ua, costs, now, horizon);
  if (permission == Permission::denied) return false;
  std::uint64_t& stall = *raw(hardware_.stall(ua.core).at);
  const Cycles cost = costs.erat_miss + costs.erat_hit + Cycles{stall};
  if (now + cost >= horizon) return false;
  now += cost;
  stall = 0;
  tlb.touch(set, way);
  RawWords erat_set(raw(hardware_.derat.set_first(ua.core, hardware_.derat.set_of(ua.index))));
  insert_copy(hardware_.derat, erat_set, ua.key, copy.raw());
  machine_.count(&TranslationCounts::second_level);
  return true;
}

Cycle Ppc64Port::access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) {
  const CostTable& table = machine_.costs;
  const PrivateCosts costs{table.of(erat_hit), table.of(tlb_hit), table.of(walk_primary), table.of(walk_secondary),
                           table.of(tlb_fill)};
  const Tlb& erat = hardware_.derat;
  const CoreId core = machine_.topology.core_of(cpu);
  const auto context = static_cast<std::uint32_t>(context_of(mm));
  std::uint64_t* const sets = raw(erat.core_first(core));
  std::uint64_t& stall = *raw(hardware_.stall(core).at);
  const std::uint32_t set_words = erat.set_words();
  // Nobody else adds to the time of a hit, and a miss takes longer.
  const bool hits_alone = params_.snoop_stall == Cycles{} && costs.erat_miss != Cycles{};
  std::uint64_t erat_hits = 0;
  // The page whose entry was used last, and what it permits: using it again changes nothing in the ERAT.
  VirtPage last{~std::uint64_t{0}};
  std::uint64_t last_rights = 0;
  for (; buffer.next != buffer.end; ++buffer.next) {
    const std::uint64_t word = buffer.addresses[buffer.next];
    const bool store = (word & AccessBuffer::store_bit) != 0;
    const VirtAddr va{word & ~AccessBuffer::store_bit};
    const std::uint64_t need = store ? CopyData::write | CopyData::changed : 0;
    if (page_of(va, PageShift{12}) == last && (need & ~last_rights) == 0) {
      if (now + costs.erat_hit >= horizon) {
        if (hits_alone) buffer.hit_end = now + costs.erat_hit;
        break;
      }
      now += costs.erat_hit;
      ++erat_hits;
      continue;
    }
    // look_up: where sizes vary, the segment comes first.
    if (slices_.vary() && !segment_loaded(describe(cpu, mm, va, AccessKind::load))) break;
    const TlbKey key = key_of(page_of(va, PageShift{12}), context, looked_up_size(cpu, va));
    RawWords set(sets + std::size_t{erat.set_of(index_of(key))} * set_words);
    const std::uint32_t way = erat.find(set, key);
    if (way != Tlb::absent && (need & ~CopyData{erat.data(set, way)}.rights()) == 0) {
      const Cycles cost = costs.erat_hit + Cycles{stall};
      if (now + cost >= horizon) {
        if (hits_alone) buffer.hit_end = now + cost;
        break;
      }
      now += cost;
      stall = 0;
      last = page_of(va, PageShift{12});
      last_rights = CopyData{erat.data(set, way)}.rights();
      erat.touch(set, way);
      ++erat_hits;
      continue;
    }
    last = VirtPage{~std::uint64_t{0}};
    const UserAccess ua = describe(cpu, mm, va, store ? AccessKind::store : AccessKind::load);
    const bool denied = way != Tlb::absent &&
                        judge(CopyData{erat.data(set, way)}, need, ua.kind) == Permission::denied;
    if (denied || !private_miss(ua, costs, now, horizon)) break;
  }
  machine_.count(&TranslationCounts::first_level, erat_hits);
  return now;
}

}  // namespace mmulab
