// SPDX-License-Identifier: MIT
// The low-level hash fault: no lock but the pte's BUSY bit, interrupts off. Source: Linux 2.6.22 hash_utils_64.c
// (hash_page, hash_preload), hash_low_64.S (__hash_page_4K); linux-gather.md 2.5.
// Cost: hash_fault_entry, hash_walk_level a level, pte_read, cpumask_read, pte_lock (set and clear BUSY), those of
// hpt.h, hash_fault_return. Together the 900 cycles of hardware.md 6.2.
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

namespace {
const Label dsi{"ppc64.dsi", "hash_fault_entry", Phase::entry, Ordering::atomic};
const Label read_root{"ppc64.hash.read_root", "hash_walk_level"};
const Label read_level{"ppc64.hash.read_level", "hash_walk_level"};
const Label read_pte{"ppc64.hash.read_pte", "pte_read"};
const Label read_cpumask{"ppc64.hash.read_cpumask", "cpumask_read"};
const Label set_busy{"ppc64.hash.set_busy", "pte_lock", Ordering::atomic};
const Label clear_busy{"ppc64.hash.clear_busy", "set_pte", Ordering::release};
const Label evict_group{"ppc64.hash.evict_group", "pteg_scan"};
const Label return_to_user{"ppc64.hash.return", "hash_fault_return", Ordering::atomic};
const Label to_fault{"ppc64.hash.to_fault", "hash_fault_return"};
const Label wait_busy{"ppc64.hash.wait_busy", "erat_hit", Phase::user};

/// The bits that a pte must have for the access; RW asks for DIRTY to be set as well.
std::uint64_t access_bits(AccessKind kind) {
  switch (kind) {
    case AccessKind::store: return page_present | page_user | page_rw;
    case AccessKind::fetch: return page_present | page_user | page_exec;
    case AccessKind::load: break;
  }
  return page_present | page_user;
}
}  // namespace

bool Ppc64Port::find_linux_pte(Context& ctx, PteAddress& where) {
  Conclusion only(ctx);
  const auto root = state_.mm_root(where.mm);
  TableId table = ctx.step(read_root, reads(root), [&](Access& a) { return a.read(root); });
  const TableGeometry& geometry = state_.geometry();
  for (std::size_t level = geometry.levels() - 1; table.exists() && level > 0; --level) {
    const auto entry = state_.entry(table, geometry.index(where.page, level));
    const Pte upper = ctx.step(read_level, reads(entry), [&](Access& a) { return a.read(entry); });
    table = layout_.is_present(upper) ? TableId{layout_.frame(upper).raw()} : TableId::none();
  }
  if (!table.exists()) return only(false);
  where.at = state_.entry(table, geometry.index(where.page, 0));
  only(where.at);
  return only(true);
}

/// Both groups full: some entry of one of them goes, and with it no TLB copy.
Pte Ppc64Port::insert_entry(Context& ctx, const HptTarget& target, Pte pte) {
  if (before_insert_) before_insert_(ctx, target.mm, target.page);
  const std::uint64_t r = hpte_r_of(pte, params_.preset_c);
  for (;;) {
    for (const bool secondary : {false, true}) {
      const unsigned index = hpt_.insert(ctx, target, secondary, r);
      if (index == Hpt::full) continue;
      const Pte hashed =
          pte.without(page_hpteflags).with(page_hashpte | std::uint64_t{index} << page_group_ix_shift);
      return secondary ? hashed.with(page_secondary) : hashed;
    }
    hpt_.evict(ctx, ctx.choose(evict_group, 2) == 0 ? target.groups.primary : target.groups.secondary);
  }
}

/// __hash_page_4K. `access`: pte bits that must be there.
Ppc64Port::HashOutcome Ppc64Port::hash_4k(Context& ctx, const PteAddress& where, std::uint64_t access,
                                          bool local) {
  Conclusion only(ctx);
  const HptTarget target = hpt_.target(where.mm, where.page, context_of(where.mm));
  Pte old;
  const HashOutcome outcome = ctx.step(set_busy, writes(where.at), [&](Access& a) {
    const Pte seen = a.read(where.at);
    if (!seen.has(access)) return HashOutcome::refused;
    if (seen.has(page_busy)) return HashOutcome::busy;
    old = a.keep(seen.with(page_accessed | ((access & page_rw) != 0 ? page_dirty : 0)));
    store_pte(a, where, old.with(page_busy | page_hashpte));
    return HashOutcome::done;
  });
  if (outcome != HashOutcome::done) return only(outcome);
  Pte next = old.with(page_hashpte);
  bool in_place = false;
  if (old.has(page_hashpte)) {
    const std::uint64_t slot = slot_named_by(target, old);
    if (old.has(page_stale) && tombstones_ != Tombstones::taken_for_entries) hpt_.invalidate(ctx, target, slot);
    else in_place = hpt_.update_pp(ctx, target, slot, hpte_r_of(next, params_.preset_c));
    // Even if the entry is gone: its TLB copies need not be.
    tlbie_one(ctx, target, local);
  }
  if (!in_place) next = insert_entry(ctx, target, next);
  ctx.step(clear_busy, writes(where.at), [&](Access& a) { store_pte(a, where, next); });
  return only(HashOutcome::done);
}

Ppc64Port::HashOutcome Ppc64Port::hash_fault(Context& ctx, const UserAccess& ua, PteAddress& where) {
  Conclusion only(ctx);
  if (!find_linux_pte(ctx, where)) return only(HashOutcome::refused);
  const std::uint64_t access = access_bits(ua.kind);
  const bool permitted = ctx.step(read_pte, reads(where.at), [&](Access& a) { return a.read(where.at).has(access); });
  if (!permitted) return only(HashOutcome::refused);
  const bool local = sample_local(ctx, read_cpumask, where.mm);
  const HashOutcome outcome = hash_4k(ctx, where, access, local);
  if (outcome == HashOutcome::busy) only(where.at);
  return only(outcome);
}

AccessResult Ppc64Port::hash_page(Context& ctx, const UserAccess& ua) {
  const auto depth = state_.task_irqs_off(ctx.task());
  const auto in_user = state_.task_in_user(ctx.task());
  Event mode{EventKind::entered_kernel};
  mode.mm = ua.mm;
  const auto entered = ctx.step_restartable(dsi, writes(depth, in_user), Cycles{}, [&](Access& a) {
    const bool was_in_user = a.exchange(in_user, false);
    if (was_in_user) emit(a, mode);
    if (a.add(depth, std::uint64_t{1}) == 1) emit(a, Event{EventKind::irqs_disabled});
    return was_in_user;
  });
  if (!entered) return {AccessResult::Status::interrupted, false};
  const bool from_user = *entered;
  PteAddress where{ua.mm, ua.page, {}};
  const HashOutcome outcome = hash_fault(ctx, ua, where);
  const auto allow_interrupts = [&](Access& a) {
    const std::uint64_t left = a.read(depth) - 1;
    a.write(depth, left);
    if (left == 0) emit(a, Event{EventKind::irqs_enabled});
  };
  if (outcome == HashOutcome::refused) {
    ctx.step(to_fault, writes(depth), allow_interrupts);
    return {AccessResult::Status::fault, false};
  }
  ctx.step(return_to_user, writes(depth, in_user), [&](Access& a) {
    allow_interrupts(a);
    if (!from_user) return;
    a.write(in_user, true);
    mode.kind = EventKind::returned_to_user;
    emit(a, mode);
  });
  if (outcome == HashOutcome::busy) wait_for_progress(ctx, ua, where);
  return {AccessResult::Status::interrupted, false};
}

/// BUSY: the real cpu executes the access again and again. Nothing can come of that before BUSY is clear, or
/// before the table holds an entry that permits the access; a copy that denies it stays until the tlbie that BUSY
/// covers.
void Ppc64Port::wait_for_progress(Context& ctx, const UserAccess& ua, const PteAddress& where) {
  const HptTarget target = hpt_.target(ua.mm, ua.page, ua.key.tag());
  Footprint footprint = reads(where.at);
  footprint.reads_words(hpt_.group_first(target.groups.primary), Hpt::group_words);
  footprint.reads_words(hpt_.group_first(target.groups.secondary), Hpt::group_words);
  const Tlb& erat = erat_for(ua.kind);
  footprint.reads_words(erat.set_first(ua.core, erat.set_of(ua.page)), erat.set_words());
  footprint.reads_words(hardware_.tlb.set_first(ua.core, hardware_.tlb.set_of(ua.page)), hardware_.tlb.set_words());
  const auto progress = [&](const Access& a) {
    if (!a.read(where.at).has(page_busy)) return true;
    if (is_denied(a, ua)) return false;
    Matches found;
    collect(a, target, false, found);
    collect(a, target, true, found);
    return found.count > 0 && permits(found.r[0], ua.kind);
  };
  ctx.step_when(wait_busy, footprint, progress, [](Access&) {});
}

void Ppc64Port::update_mmu_cache(Context& ctx, MmId mm, VirtPage page, Pte pte, AccessKind kind) {
  const Conclusion nothing(ctx);
  if (!pte.has(page_accessed)) return;
  PteAddress where{mm, page, {}};
  if (!find_linux_pte(ctx, where)) return;
  locks_.irq_disable(ctx);
  // A store asks for no more than a load here: the fault handler has set DIRTY already.
  const bool local = sample_local(ctx, read_cpumask, mm);
  hash_4k(ctx, where, kind == AccessKind::fetch ? page_exec : 0, local);
  locks_.irq_enable(ctx);
}

}  // namespace mmulab
