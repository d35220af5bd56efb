// SPDX-License-Identifier: MIT
// One user access: TLB, the miss traps (fast_data_access_MMU_miss, fast_data_access_protection), the TSB, the
// table walk. Linux 2.6.22 kernel/dtlb_miss.S, tsb.S; hardware.md 3.3, 3.4.
#include "models/sparc64/port.h"

namespace mmulab {
namespace {

using sparc64::PeekView;
using sparc64::RawView;
using sparc64::StepView;
using sparc64::TteData;

const Label tlb_access{"mmu.access", "tlb_hit", Phase::user};
const Label miss_trap{"mmu.miss_trap", "trap_entry", Phase::entry, Ordering::atomic};
const Label protection{"mmu.protection_trap", "trap_entry", Phase::entry, Ordering::atomic};
const Label hardware_load{"tablewalk.load_tsb", "hardware_tsb_walk", Phase::user};
const Label hardware_fill{"tablewalk.fill", "hardware_fill", Phase::user};
const Label walk_level{"tsb_miss.walk", "table_load"};
const Label fill_and_retry{"tsb_miss.fill", "tlb_fill"};
const Label to_kernel{"tsb_miss.etrap", "trap_to_kernel"};
const Label prot_demap{"mmu.protection_demap", "demap_page", Ordering::full};

constexpr AccessResult interrupted{AccessResult::Status::interrupted, false};

/// The trap turns PSTATE.IE off; etrap and retry turn it on again.
void raise(Access& a, Cell<std::uint64_t> depth) {
  if (a.add(depth, std::uint64_t{1}) == 1) emit(a, Event{EventKind::irqs_disabled});
}
void lower(Access& a, Cell<std::uint64_t> depth) {
  const std::uint64_t left = a.read(depth) - 1;
  a.write(depth, left);
  if (left == 0) emit(a, Event{EventKind::irqs_enabled});
}

bool permits(const TteData& tte, AccessKind kind) {
  return kind == AccessKind::store ? tte.writable() : kind != AccessKind::fetch || tte.executable();
}

}  // namespace

AccessResult Sparc64Port::access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) {
  const CpuId cpu = ctx.cpu();
  MMULAB_ASSERT(loaded_mm(cpu) == mm, "a user access goes through the mm that switch_mm loaded");
  const Miss m{mm, page_of(va, state_.geometry().page_shift()), kind, loaded_context(cpu)};
  if (side(kind).find(PeekView{ctx.world()}, core_of(cpu), m.context, m.page).found()) return use(ctx, m);
  if (params_.hardware_tsb_walk && walk_in_hardware(ctx, m)) return interrupted;
  return refill(ctx, m);
}

AccessResult Sparc64Port::use(Context& ctx, const Miss& m) {
  const CoreId core = core_of(ctx.cpu());
  const sparc64::CoreTlbs& tlbs = side(m.kind);
  Footprint footprint;
  tlbs.declare_lookup(footprint, core, m.page);
  bool found = false;
  bool permitted = false;
  if (!ctx.step_restartable(tlb_access, footprint, Cycles{}, [&](Access& a) {
        const sparc64::TlbHit hit = tlbs.find(StepView{a}, core, m.context, m.page);
        found = a.keep(hit.found());
        permitted = a.keep(found && permits(TteData{tte_, hit.data}, m.kind));
        if (!found) return true;
        tlbs.touch(StepView{a}, core, m.page, hit);
        if (!permitted) return true;
        machine_.count(&TranslationCounts::first_level);
        Event event{EventKind::translation_used};
        event.mm = m.mm;
        event.page = m.page;
        event.frame = tlbs.frame(hit.data, m.page);
        event.tag = Tag{m.context};
        event.a = static_cast<std::uint64_t>(m.kind);
        event.b = rights_bits(hit.data);
        emit(a, event);
        return true;
      }))
    return interrupted;
  if (permitted) return {};
  return found ? protection_trap(ctx, m) : interrupted;
}

bool Sparc64Port::enter_trap(Context& ctx, const Miss& m, const Label& label, bool for_protection) {
  const CoreId core = core_of(ctx.cpu());
  const auto depth = state_.task_irqs_off(ctx.task());
  Footprint footprint = writes(depth);
  side(m.kind).declare_lookup(footprint, core, m.page);
  const auto taken = ctx.step_restartable(label, footprint, Cycles{}, [&](Access& a) {
    if (side(m.kind).find(StepView{a}, core, m.context, m.page).found() != for_protection) return false;
    raise(a, depth);
    return true;
  });
  return taken.value_or(false);
}

AccessResult Sparc64Port::leave_to_kernel(Context& ctx, bool is_protection) {
  const auto depth = state_.task_irqs_off(ctx.task());
  ctx.step(to_kernel, writes(depth), [&](Access& a) { lower(a, depth); });
  return {AccessResult::Status::fault, is_protection};
}

/// A store to an entry without W (or a fetch without EXEC). Linux goes straight to the fault path; see
/// Sparc64Params::demap_on_protection.
AccessResult Sparc64Port::protection_trap(Context& ctx, const Miss& m) {
  if (!enter_trap(ctx, m, protection, true)) return interrupted;
  if (params_.demap_on_protection) {
    const CoreId core = core_of(ctx.cpu());
    Footprint footprint;
    side(m.kind).declare_change(footprint, core, m.page);
    ctx.step(prot_demap, footprint, [&](Access& a) {
      side(m.kind).demap_page(StepView{a}, core, m.context, m.page);
      Event event{EventKind::translation_dropped};
      event.page = m.page;
      event.tag = Tag{m.context};
      emit(a, event);
    });
  }
  return leave_to_kernel(ctx, true);
}

// ---------------------------------------------------------------------------------------------------- refill

void Sparc64Port::fill(Access& a, const Miss& m, std::uint64_t data) {
  const CoreId core = core_of(a.context().cpu());
  const sparc64::CoreTlbs& tlbs = side(m.kind);
  tlbs.fill(StepView{a}, core, m.context, m.page, data);
  machine_.count(&TranslationCounts::walks);
  Event event{EventKind::translation_filled};
  event.mm = m.mm;
  event.page = m.page;
  event.frame = tlbs.frame(data, m.page);
  event.tag = Tag{m.context};
  event.location = tlbs.identity(core);
  event.b = rights_bits(data);
  emit(a, event);
}

bool Sparc64Port::walk_in_hardware(Context& ctx, const Miss& m) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const sparc64::TsbTable tables[] = {loaded_tsb(cpu), tsbs_.huge(m.mm)};
  for (const sparc64::TsbTable& table : tables) {
    if (table.entries == 0) continue;
    const sparc64::TsbSlot slot =
        &table == tables ? tsbs_.slot(m.mm, table, m.page) : tsbs_.huge_slot(m.mm, m.page);
    sparc64::TsbEntry entry;
    const auto load = [&](Access& a) { entry = {a.read(slot.tag_cell()), a.read(slot.data_cell())}; };
    if (!ctx.step_restartable(hardware_load, reads(slot.tag_cell(), slot.data_cell()), Cycles{}, load))
      return true;
    if (entry.tag != slot.tag) continue;
    if (m.kind == AccessKind::fetch && !TteData{tte_, entry.data}.executable()) return false;
    Footprint footprint;
    side(m.kind).declare_change(footprint, core, m.page);
    // An interrupt between load and fill: the walk is dropped, as the caller's retry shows.
    (void)ctx.step_restartable(hardware_fill, footprint, Cycles{}, [&](Access& a) { fill(a, m, entry.data); });
    return true;
  }
  return false;
}

AccessResult Sparc64Port::refill(Context& ctx, const Miss& m) {
  if (!enter_trap(ctx, m, miss_trap, false)) return interrupted;
  std::uint64_t data = 0;
  if (!search_tsbs(ctx, m, data)) {
    Cell<Pte> ptep;
    Pte pte;
    if (!walk_tables(ctx, m, ptep, pte)) return leave_to_kernel(ctx, false);
    data = sparc64::tte_of(tte_, pte);
    const bool huge = tsbs_.huge(m.mm).entries != 0 && TteData{tte_, data}.size() == sparc64::PageSize::size_4m;
    const sparc64::TsbSlot slot =
        huge ? tsbs_.huge_slot(m.mm, m.page) : tsbs_.slot(m.mm, loaded_tsb(ctx.cpu()), m.page);
    if (!tsbs_.insert(ctx, slot, data, params_.check_pte_under_tsb_lock ? &ptep : nullptr))
      return leave_to_kernel(ctx, false);
  }
  if (m.kind == AccessKind::fetch && !TteData{tte_, data}.executable()) return leave_to_kernel(ctx, true);
  const auto depth = state_.task_irqs_off(ctx.task());
  Footprint footprint = writes(depth);
  side(m.kind).declare_change(footprint, core_of(ctx.cpu()), m.page);
  ctx.step(fill_and_retry, footprint, [&](Access& a) {
    fill(a, m, data);
    lower(a, depth);
  });
  return interrupted;
}

bool Sparc64Port::search_tsbs(Context& ctx, const Miss& m, std::uint64_t& data) {
  const sparc64::TsbSlot slot = tsbs_.slot(m.mm, loaded_tsb(ctx.cpu()), m.page);
  const sparc64::TsbEntry entry = tsbs_.load(ctx, slot);
  data = entry.data;
  if (entry.tag == slot.tag) return true;
  if (tsbs_.huge(m.mm).entries == 0) return false;
  const sparc64::TsbSlot huge = tsbs_.huge_slot(m.mm, m.page);
  const sparc64::TsbEntry second = tsbs_.load(ctx, huge);
  data = second.data;
  return second.tag == huge.tag;
}

/// USER_PGTABLE_WALK_TL1 by physical addresses, then the pte itself, which must be valid.
bool Sparc64Port::walk_tables(Context& ctx, const Miss& m, Cell<Pte>& ptep, Pte& pte) {
  const TableGeometry& geometry = state_.geometry();
  // The root never changes while the mm runs: hardware keeps it in a scratch register.
  TableId table = ctx.world().load(state_.mm_root(m.mm));
  if (m.page.raw() >= geometry.user_pages().raw()) return false;
  for (std::size_t level = geometry.levels(); level-- > 0;) {
    if (!table.exists() || table.raw() >= state_.limits().tables) return false;
    const auto entry = state_.entry(table, geometry.index(m.page, level));
    ptep = entry;
    pte = ctx.step(walk_level, reads(entry), [&](Access& a) { return a.read(entry); });
    if (!pte_.is_present(pte)) return false;
    table = TableId{pte_.frame(pte).raw()};
  }
  return true;
}

// ---------------------------------------------------------------------------------------------------- run-ahead

/// What stays the same during one call of access_privately.
struct Sparc64Port::PrivateAccess {
  CoreId core;
  MmId mm;
  std::uint32_t context;
  std::uint64_t* world;
  Cycles hit;
  PageShift shift;
};

Cycle Sparc64Port::access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) {
  if (loaded_mm(cpu) != mm) return now;
  const PrivateAccess p{core_of(cpu), mm, loaded_context(cpu), machine_.world.untracked_words(Location{0}),
                        machine_.costs.of(tlb_access), state_.geometry().page_shift()};
  const sparc64::TsbTable table = loaded_tsb(cpu);
  const RawView view{p.world};
  const std::size_t first = buffer.next;
  while (buffer.next != buffer.end && now + p.hit < horizon) {
    const std::uint64_t address = buffer.addresses[buffer.next];
    const bool store = (address & AccessBuffer::store_bit) != 0;
    const VirtPage page = page_of(VirtAddr{address & ~AccessBuffer::store_bit}, p.shift);
    const sparc64::TlbHit hit = dtlb_.find_again(view, p.core, p.context, page);
    if (!hit.found()) {
      if (!refill_privately(p, table, page, now, horizon)) break;
      continue;
    }
    if (store && !TteData{tte_, hit.data}.writable()) break;
    dtlb_.touch(view, p.core, page, hit);
    now += p.hit;
    ++buffer.next;
  }
  if (buffer.next != buffer.end && now + p.hit >= horizon && hits(p, buffer.addresses[buffer.next]))
    buffer.hit_end = now + p.hit;
  machine_.count(&TranslationCounts::first_level, buffer.next - first);
  return now;
}

/// And would take longer without the entry.
bool Sparc64Port::hits(const PrivateAccess& p, std::uint64_t word) const {
  if (p.hit >= machine_.costs.of(hardware_load) + machine_.costs.of(hardware_fill)) return false;
  const VirtPage page = page_of(AccessBuffer::address_of(word), p.shift);
  const sparc64::TlbHit hit = dtlb_.find_again(RawView{p.world}, p.core, p.context, page);
  return hit.found() && ((word & AccessBuffer::store_bit) == 0 || TteData{tte_, hit.data}.writable());
}

/// A walk of the TSB by hardware is private if the core holds the entry's line; a trap never is.
bool Sparc64Port::refill_privately(const PrivateAccess& p, const sparc64::TsbTable& table, VirtPage page,
                                   Cycle& now, Cycle horizon) {
  if (!params_.hardware_tsb_walk) return false;
  const sparc64::TsbSlot slot = tsbs_.slot(p.mm, table, page);
  const Cycle done = now + machine_.costs.of(hardware_load) + machine_.costs.of(hardware_fill);
  if (done >= horizon || !machine_.lines->readable(p.core, slot.first)) return false;
  if (p.world[slot.first.raw()] != slot.tag) return false;
  dtlb_.fill_absent(RawView{p.world}, p.core, p.context, page, p.world[slot.first.raw() + 1]);
  machine_.count(&TranslationCounts::walks);
  now = done;
  return true;
}

}  // namespace mmulab
