// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "models/ppc64/access_labels.h"
#include "models/ppc64/copy_insertion.h"
#include "models/ppc64/port.h"

namespace mmulab {

namespace ppc64 {
const Label erat_hit{"ppc64.erat_hit", "erat_hit", Phase::user};
const Label tlb_hit{"ppc64.tlb_hit", "erat_miss", Phase::user};
}  // namespace ppc64

using namespace ppc64;

namespace {
const Label slb_miss{"ppc64.slb_miss", "slb_miss", Phase::entry, Ordering::atomic};
/// An SLB entry's data: the context, and above it the page size.
constexpr unsigned segment_size_shift = 16;
}

Ppc64Port::UserAccess Ppc64Port::describe(CpuId cpu, MmId mm, VirtAddr va, AccessKind kind, PageSize size) const {
  const VirtPage page = page_of(va, PageShift{12});
  const std::uint64_t context = context_of(mm);
  MMULAB_ASSERT(context != 0 && context <= 0xffff, "a user access needs an mm with a context id of 16 bits");
  MMULAB_ASSERT(page.raw() >> (params_.vsid.esid_bits + shift_of(params_.vsid.segment) - 12) == 0,
                "the address lies beyond the segments that a VSID can name");
  std::uint64_t need = 0;
  if (kind == AccessKind::store) need = CopyData::write | CopyData::changed;
  if (kind == AccessKind::fetch) need = CopyData::exec;
  const TlbKey key = key_of(page, context, size);
  return {mm, va, hardware_.page_of(key), key, index_of(key), cpu, machine_.topology.core_of(cpu), kind, need};
}

PageSize Ppc64Port::looked_up_size(CpuId cpu, VirtAddr va) const {
  if (!slices_.vary()) return slices_.base();
  const PeekWords set(machine_.world, hardware_.slb_first(cpu));
  const std::uint32_t way = hardware_.slb.find(set, segment_key(va));
  if (way == Tlb::absent) return slices_.base();
  return static_cast<PageSize>(hardware_.slb.data(set, way) >> segment_size_shift);
}

CopyData Ppc64Port::copy_of(const UserAccess& ua, std::uint64_t r) const {
  const std::uint64_t large = ua.size() == PageSize::s4k ? 0 : hpte_large;
  return {Hpte{hpte_valid | large, r}.frame(base()), rights_of(r)};
}

Ppc64Port::Permission Ppc64Port::judge(CopyData copy, std::uint64_t need, AccessKind kind) {
  const std::uint64_t lacking = need & ~copy.rights();
  if (lacking == 0) return Permission::granted;
  return kind == AccessKind::store && lacking == CopyData::changed ? Permission::needs_look : Permission::denied;
}

bool Ppc64Port::peek(const Tlb& tlb, const UserAccess& ua, std::uint64_t& data) const {
  const PeekWords set(machine_.world, tlb.set_first(ua.core, tlb.set_of(ua.index)));
  const std::uint32_t way = tlb.find(set, ua.key);
  if (way == Tlb::absent) return false;
  data = tlb.data(set, way);
  return true;
}

/// Nothing is filled here but for accesses, so what could be cached is what these have left and nothing has taken away:
/// the arrays hold it, and whether it was forgotten before is decided where it is looked for.
bool Ppc64Port::forgets(Context& ctx, const Label& label, const Tlb& copies, StepWords& set,
                        std::uint32_t way) const {
  if (!params_.forgets() || ctx.choose(label, 2) == 0) return false;
  copies.drop(set, way);
  return true;
}

/// Of a full set any copy could have been forgotten.
void Ppc64Port::make_room(Context& ctx, const Label& label, const Tlb& copies, StepWords& set, TlbKey key) const {
  const std::uint32_t ways = copies.geometry().ways;
  if (!params_.forgets() || copies.find(set, key) != Tlb::absent) return;
  for (std::uint32_t way = 0; way < ways; ++way)
    if (!copies.key(set, way).valid()) return;
  copies.drop(set, ctx.choose(label, ways));
}

bool Ppc64Port::is_denied(const Access& a, const UserAccess& ua) const {
  const auto denies = [&](const Tlb& copies) {
    const GuardWords set(a, copies.set_first(ua.core, copies.set_of(ua.index)));
    const std::uint32_t way = copies.find(set, ua.key);
    return way != Tlb::absent && judge(CopyData{copies.data(set, way)}, ua.need, ua.kind) == Permission::denied;
  };
  return denies(erat_for(ua.kind)) || denies(hardware_.tlb);
}

TlbKey Ppc64Port::segment_key(VirtAddr va) const {
  return TlbKey{VirtPage{va.raw() >> shift_of(params_.vsid.segment)}, 0, 0};
}

bool Ppc64Port::segment_loaded(const UserAccess& ua) const {
  const PeekWords set(machine_.world, hardware_.slb_first(ua.cpu));
  const std::uint32_t way = hardware_.slb.find(set, segment_key(ua.va));
  if (way == Tlb::absent) return false;
  MMULAB_ASSERT((hardware_.slb.data(set, way) & 0xffff) == ua.key.tag(),
                "the SLB holds another context: switch_mm was not called");
  return true;
}

Cycles Ppc64Port::declare_stall(const UserAccess& ua, Footprint& footprint) const {
  if (params_.snoop_stall == Cycles{}) return Cycles{};
  footprint.writes(hardware_.stall(ua.core));
  return Cycles{machine_.world.load(hardware_.stall(ua.core))};
}

void Ppc64Port::pay_stall(Access& a, const UserAccess& ua, Cycles paid) const {
  if (params_.snoop_stall == Cycles{}) return;
  const auto stall = hardware_.stall(ua.core);
  const std::uint64_t owed = a.read(stall);
  // A sibling may have paid in the meantime.
  a.write(stall, owed > paid.raw() ? owed - paid.raw() : 0);
}

void Ppc64Port::use(Access& a, const UserAccess& ua, CopyData copy) const {
  Event event{EventKind::translation_used};
  event.mm = ua.mm;
  event.page = ua.page;
  event.part = hardware_.part_of(ua.key);
  event.frame = copy.frame();
  event.a = static_cast<std::uint64_t>(ua.kind);
  event.b = copy.rights();
  emit(a, event);
}

Ppc64Port::Lookup Ppc64Port::try_erat(Context& ctx, const UserAccess& ua) {
  const Tlb& erat = erat_for(ua.kind);
  const Location first = erat.set_first(ua.core, erat.set_of(ua.index));
  Footprint footprint = writes_words(first, erat.set_words());
  const Cycles stall = declare_stall(ua, footprint);
  const auto result = ctx.step_restartable(erat_hit, footprint, stall, [&](Access& a) {
    pay_stall(a, ua, stall);
    StepWords set(a, first);
    const std::uint32_t way = erat.find(set, ua.key);
    if (way == Tlb::absent || forgets(ctx, erat_hit, erat, set, way)) return Lookup::again;
    const CopyData copy{erat.data(set, way)};
    const Permission permission = judge(copy, ua.need, ua.kind);
    if (permission == Permission::denied) return Lookup::fault;
    if (permission != Permission::granted) return Lookup::again;
    erat.touch(set, way);
    machine_.count(&TranslationCounts::first_level);
    use(a, ua, copy);
    return Lookup::done;
  });
  return result.value_or(Lookup::again);
}

Ppc64Port::Lookup Ppc64Port::try_tlb(Context& ctx, const UserAccess& ua) {
  const Tlb& erat = erat_for(ua.kind);
  const Tlb& tlb = hardware_.tlb;
  const Location erat_first = erat.set_first(ua.core, erat.set_of(ua.index));
  const Location tlb_first = tlb.set_first(ua.core, tlb.set_of(ua.index));
  Footprint footprint = writes_words(erat_first, erat.set_words());
  footprint.writes_words(tlb_first, tlb.set_words());
  const Cycles stall = declare_stall(ua, footprint);
  const auto result = ctx.step_restartable(tlb_hit, footprint, stall + charge(erat_hit), [&](Access& a) {
    pay_stall(a, ua, stall);
    StepWords set(a, tlb_first);
    const std::uint32_t way = tlb.find(set, ua.key);
    if (way == Tlb::absent || forgets(ctx, tlb_hit, tlb, set, way)) return Lookup::again;
    const CopyData copy{tlb.data(set, way)};
    const Permission permission = judge(copy, ua.need, ua.kind);
    if (permission == Permission::denied) return Lookup::fault;
    if (permission != Permission::granted) return Lookup::again;
    tlb.touch(set, way);
    StepWords erat_set(a, erat_first);
    make_room(ctx, tlb_hit, erat, erat_set, ua.key);
    insert_copy(erat, erat_set, ua.key, copy.raw());
    machine_.count(&TranslationCounts::second_level);
    use(a, ua, copy);
    return Lookup::done;
  });
  return result.value_or(Lookup::again);
}

/// The SLB is loaded by software: an interrupt whose handler makes one entry (slb_allocate), in round-robin order.
Ppc64Port::Lookup Ppc64Port::load_segment(Context& ctx, const UserAccess& ua) {
  const Location first = hardware_.slb_first(ua.cpu);
  Footprint footprint = writes_words(first, hardware_.slb.set_words());
  if (slices_.vary()) footprint.reads(slices_.word(ua.mm, ua.va));
  static_cast<void>(ctx.step_restartable(slb_miss, footprint, Cycles{}, [&](Access& a) {
    StepWords set(a, first);
    if (hardware_.slb.find(set, segment_key(ua.va)) != Tlb::absent) return;
    const PageSize size =
        slices_.vary() ? slices_.size_in(a.keep(a.read(slices_.word(ua.mm, ua.va))), ua.va) : slices_.base();
    const std::uint64_t data = ua.key.tag() | std::uint64_t{static_cast<std::uint8_t>(size)} << segment_size_shift;
    hardware_.slb.insert(set, segment_key(ua.va), data);
  }));
  return Lookup::again;
}

Ppc64Port::Lookup Ppc64Port::look_up(Context& ctx, const UserAccess& ua) {
  Conclusion only(ctx);
  std::uint64_t data = 0;
  // Where sizes vary, the size of a copy that outlived its segment's SLB entry is unknown.
  if (slices_.vary() && !segment_loaded(ua)) return only(load_segment(ctx, ua));
  if (peek(erat_for(ua.kind), ua, data) && judge(CopyData{data}, ua.need, ua.kind) != Permission::needs_look)
    return only(try_erat(ctx, ua));
  if (!segment_loaded(ua)) return only(load_segment(ctx, ua));
  if (peek(hardware_.tlb, ua, data) && judge(CopyData{data}, ua.need, ua.kind) != Permission::needs_look)
    return only(try_tlb(ctx, ua));
  return only(walk(ctx, ua));
}

AccessResult Ppc64Port::access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) {
  const UserAccess ua = describe(ctx.cpu(), mm, va, kind);
  switch (look_up(ctx, ua)) {
    case Lookup::done: return {AccessResult::Status::done, false};
    case Lookup::again: return {AccessResult::Status::interrupted, false};
    case Lookup::fault: return hash_page(ctx, ua);
    case Lookup::machine_check: break;
  }
  return {AccessResult::Status::machine_check, false};
}

void Ppc64Port::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  const std::uint64_t context = context_of(mm);
  if (context == 0) return;
  list_copies(target(mm, page, context).key(), mm, copies);
  if (!state_.limits().demotions) return;
  for (unsigned part = 0; part < 1U << page_part_order; ++part)
    list_copies(hpt_.target(mm, hardware_page(page) + Pages{part}, context).key(), mm, copies);
}

void Ppc64Port::list_copies(TlbKey key, MmId mm, std::vector<TranslationCopy>& copies) const {
  for (std::uint32_t core = 0; core < machine_.topology.cores(); ++core)
    for (const Tlb* tlb : {&hardware_.tlb, &hardware_.derat, &hardware_.ierat}) {
      const PeekWords set(machine_.world, tlb->set_first(CoreId{core}, tlb->set_of(index_of(key))));
      const std::uint32_t way = tlb->find(set, key);
      if (way == Tlb::absent) continue;
      const CopyData copy{tlb->data(set, way)};
      copies.push_back({CoreId{core}, mm, hardware_.page_of(key), copy.frame(), Tag{key.tag()}, copy.rights(),
                        tlb->core_first(CoreId{core})});
    }
}

void Ppc64Port::list_entries(MmId mm, VirtPage page, std::vector<SoftwareEntry>& entries) const {
  const std::uint64_t context = context_of(mm);
  if (context == 0) return;
  list_entries(target(mm, page, context), entries);
  if (!state_.limits().demotions) return;
  for (unsigned part = 0; part < 1U << page_part_order; ++part)
    list_entries(hpt_.target(mm, hardware_page(page) + Pages{part}, context), entries);
}

void Ppc64Port::list_entries(const HptTarget& target, std::vector<SoftwareEntry>& entries) const {
  for (const bool secondary : {false, true})
    for (unsigned index = 0; index < slots_per_group; ++index) {
      const std::uint64_t slot = hpt_.slot_of(target, secondary, index);
      const Hpte entry{machine_.world.load(hpt_.v(slot)), machine_.world.load(hpt_.r(slot))};
      if (!Hpt::hardware_matches(entry, target, secondary)) continue;
      std::string text = fmt::format("0x{:x} 0x{:x}: frame {}, {}{}{}, V", entry.v, entry.r, entry.frame(base()),
                                     entry.readable() ? 'r' : '-', entry.writable() ? 'w' : '-',
                                     entry.executable() ? 'x' : '-');
      if ((entry.v & hpte_secondary) != 0) text += " H";
      if ((entry.v & hpte_large) != 0) text += " L";
      if ((entry.r & hpte_r) != 0) text += " R";
      if ((entry.r & hpte_c) != 0) text += " C";
      entries.push_back({hpt_.v(slot).at, std::move(text)});
    }
}

}  // namespace mmulab
