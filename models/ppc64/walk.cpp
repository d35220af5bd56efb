// SPDX-License-Identifier: MIT
#include "models/ppc64/access_labels.h"
#include "models/ppc64/copy_insertion.h"
#include "models/ppc64/port.h"

namespace mmulab {

namespace ppc64 {
const Label walk_primary{"ppc64.walk_primary", "pteg_search", Phase::user};
const Label walk_secondary{"ppc64.walk_secondary", "pteg_search", Phase::user};
const Label walk_rc{"ppc64.walk_rc", "rc_update", Phase::user, Ordering::atomic};
const Label tlb_fill{"ppc64.tlb_fill", "tlb_fill", Phase::user};
}  // namespace ppc64

using namespace ppc64;

namespace {
const Label pick_match{"ppc64.walk_pick", "pteg_search", Phase::user};
}

std::uint64_t Ppc64Port::rights_of(std::uint64_t r) {
  const Hpte hpte{hpte_valid, r};
  std::uint64_t rights = 0;
  if (hpte.executable()) rights |= CopyData::exec;
  if (hpte.writable()) rights |= CopyData::write | ((r & hpte_c) != 0 ? CopyData::changed : 0);
  return rights;
}

bool Ppc64Port::permits(std::uint64_t r, AccessKind kind) {
  const Hpte hpte{hpte_valid, r};
  if (kind == AccessKind::fetch) return hpte.executable();
  return kind == AccessKind::store ? hpte.writable() : hpte.readable();
}

void Ppc64Port::collect(const Access& a, const HptTarget& target, bool secondary, Matches& found) const {
  const std::uint64_t first = hpt_.slot_of(target, secondary, 0);
  for (std::uint64_t slot = first; slot < first + slots_per_group; ++slot) {
    const std::uint64_t v = a.read(hpt_.v(slot));
    if (!Hpt::hardware_matches(v, target, secondary)) continue;
    const std::uint64_t r = a.read(hpt_.r(slot));
    if (Hpte{v, r}.size() != target.size) continue;
    found.slot[found.count] = slot;
    found.r[found.count] = r;
    ++found.count;
  }
}

/// A search is remembered by what it found.
void Ppc64Port::keep(const Access& a, const Matches& found) {
  a.keep(found.count);
  for (std::uint32_t i = 0; i < found.count; ++i) {
    a.keep(found.slot[i]);
    a.keep(found.r[i]);
  }
}

/// The last group has been searched: says whether the lookup goes on, and tells of a double match.
void Ppc64Port::conclude_search(Access& a, const UserAccess& ua, const Matches& found) const {
  const bool fatal = found.count > 1 && params_.multiple_match == MultipleMatch::machine_check;
  const bool goes_on = found.count > 1 || (found.count == 1 && permits(found.r[0], ua.kind));
  a.write(hardware_.walk(ua.cpu), goes_on && !fatal ? ua.key.raw() : 0);
  if (found.count < 2) return;
  Event event{EventKind::hpte_multiple_match};
  event.mm = ua.mm;
  event.page = ua.page;
  event.tag = Tag{ua.key.tag()};
  event.a = hpt_.v(found.slot[0]).at.raw();
  event.b = hpt_.v(found.slot[1]).at.raw();
  emit(a, event);
  if (!fatal) return;
  a.add(machine_checks(ua.cpu), std::uint64_t{1});
  event.kind = EventKind::machine_check;
  emit(a, event);
}

bool Ppc64Port::search_first(Context& ctx, const UserAccess& ua, const HptTarget& target, Matches& found) {
  const Tlb& erat = erat_for(ua.kind);
  const Location erat_first = erat.set_first(ua.core, erat.set_of(ua.index));
  const Location tlb_first = hardware_.tlb.set_first(ua.core, hardware_.tlb.set_of(ua.index));
  const auto flight = hardware_.walk(ua.cpu);
  Footprint footprint = writes(flight);
  footprint.reads_words(hpt_.group_first(target.groups.primary), Hpt::group_words);
  if (params_.parallel_search) footprint.reads_words(hpt_.group_first(target.groups.secondary), Hpt::group_words);
  footprint.reads_words(erat_first, erat.set_words()).reads_words(tlb_first, hardware_.tlb.set_words());
  if (params_.multiple_match == MultipleMatch::machine_check) footprint.writes(machine_checks(ua.cpu));
  const Cycles stall = declare_stall(ua, footprint);
  const auto searched = ctx.step_restartable(walk_primary, footprint, stall + charge(tlb_hit), [&](Access& a) {
    pay_stall(a, ua, stall);
    // A sibling thread may have filled the copy since we looked.
    if (holds_answer(a, erat, erat_first, ua) || holds_answer(a, hardware_.tlb, tlb_first, ua)) return false;
    collect(a, target, false, found);
    if (params_.parallel_search) collect(a, target, true, found);
    if (params_.parallel_search || found.count > 0) conclude_search(a, ua, found);
    else a.write(flight, ua.key.raw());
    keep(a, found);
    return true;
  });
  return searched.value_or(false);
}

bool Ppc64Port::holds_answer(Access& a, const Tlb& tlb, Location first, const UserAccess& ua) const {
  const StepWords set(a, first);
  const std::uint32_t way = tlb.find(set, ua.key);
  return way != Tlb::absent && judge(CopyData{tlb.data(set, way)}, ua.need, ua.kind) != Permission::needs_look;
}

bool Ppc64Port::search_second(Context& ctx, const UserAccess& ua, const HptTarget& target, Matches& found) {
  Footprint footprint = writes(hardware_.walk(ua.cpu));
  footprint.reads_words(hpt_.group_first(target.groups.secondary), Hpt::group_words);
  if (params_.multiple_match == MultipleMatch::machine_check) footprint.writes(machine_checks(ua.cpu));
  const auto alive = ctx.step_restartable(walk_secondary, footprint, Cycles{}, [&](Access& a) {
    // Killed between the groups: what was seen of the primary one may be older than the tlbie.
    if (a.read(hardware_.walk(ua.cpu)) != ua.key.raw()) return false;
    collect(a, target, true, found);
    conclude_search(a, ua, found);
    keep(a, found);
    return true;
  });
  return alive.value_or(false);
}

/// R and C are bytes of their own to the hardware: it stores the byte that it computed when it matched, whatever
/// has become of the entry since (hardware.md 2.7). Only a tlbie that reached the core first prevents that.
bool Ppc64Port::store_changed_byte(Context& ctx, const UserAccess& ua, std::uint64_t slot, std::uint64_t seen,
                                   std::uint64_t bit) {
  const std::uint64_t byte = bit == hpte_c ? 0xff : 0xff00;
  const auto flight = hardware_.walk(ua.cpu);
  const auto word = hpt_.r(slot);
  const auto alive = ctx.step_restartable(walk_rc, reads(flight).writes(word), Cycles{}, [&](Access& a) {
    if (a.read(flight) != ua.key.raw()) return false;
    a.write(word, (a.read(word) & ~byte) | ((seen | bit) & byte));
    return true;
  });
  return alive.value_or(false);
}

Ppc64Port::Lookup Ppc64Port::fill(Context& ctx, const UserAccess& ua, std::uint64_t r) {
  const Tlb& erat = erat_for(ua.kind);
  const Tlb& tlb = hardware_.tlb;
  const Location erat_first = erat.set_first(ua.core, erat.set_of(ua.index));
  const Location tlb_first = tlb.set_first(ua.core, tlb.set_of(ua.index));
  const auto flight = hardware_.walk(ua.cpu);
  const CopyData copy = copy_of(ua, r);
  Footprint footprint = writes(flight);
  footprint.writes_words(erat_first, erat.set_words()).writes_words(tlb_first, tlb.set_words());
  const auto filled = ctx.step_restartable(tlb_fill, footprint, charge(erat_hit), [&](Access& a) {
    if (a.read(flight) != ua.key.raw()) return false;
    a.write(flight, std::uint64_t{0});
    StepWords tlb_set(a, tlb_first);
    make_room(ctx, tlb_fill, tlb, tlb_set, ua.key);
    insert_copy(tlb, tlb_set, ua.key, copy.raw());
    StepWords erat_set(a, erat_first);
    make_room(ctx, tlb_fill, erat, erat_set, ua.key);
    insert_copy(erat, erat_set, ua.key, copy.raw());
    Event event{EventKind::translation_filled};
    event.mm = ua.mm;
    event.page = ua.page;
    event.part = hardware_.part_of(ua.key);
    event.frame = copy.frame();
    event.tag = Tag{ua.key.tag()};
    event.location = tlb.core_first(ua.core);
    event.b = copy.rights();
    if (ua.size() == PageSize::s16m) event.b |= std::uint64_t{state_.geometry().huge_order()} << 8;
    emit(a, event);
    machine_.count(&TranslationCounts::walks);
    use(a, ua, copy);
    return true;
  });
  return filled.value_or(false) ? Lookup::done : Lookup::again;
}

Ppc64Port::Lookup Ppc64Port::walk(Context& ctx, const UserAccess& ua) {
  const HptTarget target = this->target(ua);
  Matches found;
  if (!search_first(ctx, ua, target, found)) return Lookup::again;
  if (found.count == 0 && !params_.parallel_search && !search_second(ctx, ua, target, found)) return Lookup::again;
  if (found.count == 0) return Lookup::fault;
  std::uint32_t picked = 0;
  if (found.count > 1) {
    if (params_.multiple_match == MultipleMatch::machine_check) return Lookup::machine_check;
    if (params_.multiple_match == MultipleMatch::either) picked = ctx.choose(pick_match, found.count);
  }
  std::uint64_t r = found.r[picked];
  if (!permits(r, ua.kind)) return Lookup::fault;
  for (const std::uint64_t bit : {hpte_r, hpte_c}) {
    if ((r & bit) != 0 || (bit == hpte_c && ua.kind != AccessKind::store)) continue;
    if (!store_changed_byte(ctx, ua, found.slot[picked], r, bit)) return Lookup::again;
    r |= bit;
  }
  return fill(ctx, ua, r);
}

}  // namespace mmulab
