// SPDX-License-Identifier: MIT
// The low-level hash fault: no lock but the pte's BUSY bit, interrupts off. Source: Linux 2.6.22 hash_utils_64.c
// (hash_page, hash_preload), hash_low_64.S (__hash_page_4K), hugetlbpage.c (hash_huge_page; its rights check as
// 171aa2caaad1 left it, unless huge_rights_with_busy says otherwise); linux-gather.md 2.5. The pte of a huge page lies
// where that of its first base page would (Linux 2.6.16 with 64 KiB pages; later in tables of its own).
// Cost: hash_fault_entry, hash_walk_level a level, pte_read, cpumask_read, pte_lock (set and clear BUSY), those of
// hpt.h, hash_fault_return: together the 900 cycles of hardware.md 6.2; slice_read where page sizes vary.
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

namespace {
const Label dsi{"ppc64.dsi", "hash_fault_entry", Phase::entry, Ordering::atomic};
const Label read_slice{"ppc64.hash.read_slice", "slice_read"};
const Label rebolt{"ppc64.hash.flush_slb", "slb_switch"};
const Label read_slots{"ppc64.hash.read_slots", "pte_read"};
const Label write_slots{"ppc64.hash.write_slots", "set_pte"};
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
/// SECONDARY and GROUP_IX in four bits.
unsigned Ppc64Port::insert_entry(Context& ctx, const HptTarget& target, Pte pte) {
  if (before_insert_) before_insert_(ctx, target.mm, target.page);
  const std::uint64_t r = entry_r(target, pte);
  for (;;) {
    for (const bool secondary : {false, true}) {
      const unsigned index = hpt_.insert(ctx, target, secondary, r);
      if (index != Hpt::full) return secondary ? index | 8 : index;
    }
    hpt_.evict(ctx, ctx.choose(evict_group, 2) == 0 ? target.groups.primary : target.groups.secondary);
  }
}

/// __hash_page_4K, __hash_page_64K or hash_huge_page: a page as a whole. `access`: pte bits that must be there.
Ppc64Port::HashOutcome Ppc64Port::hash_entry(Context& ctx, const PteAddress& where, const HptTarget& target,
                                             std::uint64_t access, bool local) {
  Conclusion only(ctx);
  // Until 171aa2caaad1 a huge page's rights were what an earlier look had shown, and nothing made it dirty.
  const bool checks = target.size != PageSize::s16m || params_.huge_rights_with_busy;
  Pte old;
  const HashOutcome outcome = ctx.step(set_busy, writes(where.at), [&](Access& a) {
    const Pte seen = a.read(where.at);
    if (checks && !seen.has(access)) return HashOutcome::refused;
    if (seen.has(page_busy)) return HashOutcome::busy;
    // As __hash_page_64K does with a pte that must not be cached: the access is made again, and finds the new size.
    const bool in_parts = target.size == PageSize::s64k && seen.has(page_combo);
    if (params_.whole_heeds_parts && in_parts) return HashOutcome::busy;
    old = a.keep(seen.with(page_accessed | (checks && (access & page_rw) != 0 ? page_dirty : 0)));
    store_pte(a, where, old.with(page_busy | page_hashpte));
    return HashOutcome::done;
  });
  if (outcome != HashOutcome::done) return only(outcome);
  Pte next = old.with(page_hashpte);
  bool in_place = false;
  if (old.has(page_hashpte)) {
    const std::uint64_t slot = slot_of(target, RealPte{old, 0}.slot());
    const bool stale = tombstones_ != Tombstones::none && old.has(page_stale);
    if (stale && tombstones_ != Tombstones::taken_for_entries) hpt_.invalidate(ctx, target, slot);
    else in_place = hpt_.update_pp(ctx, target, slot, entry_r(target, next));
    // Even if the entry is gone: its TLB copies need not be.
    tlbie_one(ctx, target, local);
  }
  if (!in_place) {
    const std::uint64_t slot = insert_entry(ctx, target, next);
    next = next.without(format_.hpteflags).with(page_hashpte | slot << page_group_ix_shift);
  }
  ctx.step(clear_busy, writes(where.at), [&](Access& a) { store_pte(a, where, next); });
  return only(HashOutcome::done);
}

/// __hash_page_4K of kernels with 64 KiB pages: one part. The first one finds the page hashed as a whole, and is to
/// remove that entry.
Ppc64Port::HashOutcome Ppc64Port::hash_part(Context& ctx, const PteAddress& where, const HptTarget& target,
                                            std::uint64_t access, bool local) {
  Conclusion only(ctx);
  const unsigned part = hardware_.part_of(target.key()) - 1U;
  const auto second = KernelState::second_word(where.at);
  RealPte old;
  const HashOutcome outcome = ctx.step(set_busy, writes(where.at), [&](Access& a) {
    const Pte seen = a.read(where.at);
    if (!seen.has(access)) return HashOutcome::refused;
    if (seen.has(page_busy)) return HashOutcome::busy;
    old.pte = a.keep(seen.with(page_accessed | ((access & page_rw) != 0 ? page_dirty : 0)));
    store_pte(a, where, old.pte.with(page_busy | page_hashpte | page_combo));
    return HashOutcome::done;
  });
  if (outcome != HashOutcome::done) return only(outcome);
  Pte next = old.pte.with(page_hashpte | page_combo);
  bool in_place = false;
  if (old.pte.has(page_hashpte | page_combo)) {
    old.slots = ctx.step(read_slots, reads(second), [&](Access& a) { return a.read(second); });
    in_place = old.part_may_be_hashed(part) && update_part(ctx, target, old, next, local);
  } else if (old.pte.has(page_hashpte)) {
    const HptTarget whole = this->target(where.mm, where.page);
    if (params_.demotion_removes_whole) {
      hpt_.invalidate(ctx, whole, slot_of(whole, old.slot()));
      tlbie_one(ctx, whole, local);
    }
    next = next.without(page_parts);
  }
  if (!in_place) {
    const std::uint64_t slot = insert_entry(ctx, target, next);
    const std::uint64_t slots = (old.slots & ~(std::uint64_t{0xf} << part * 4)) | slot << part * 4;
    ctx.step(write_slots, writes(second), [&](Access& a) { a.write(second, slots); });
    next = next.with(page_part0 >> part);
  }
  ctx.step(clear_busy, writes(where.at), [&](Access& a) { store_pte(a, where, next); });
  return only(HashOutcome::done);
}

bool Ppc64Port::update_part(Context& ctx, const HptTarget& target, const RealPte& old, Pte next, bool local) {
  const unsigned part = hardware_.part_of(target.key()) - 1U;
  const bool hit = hpt_.update_pp(ctx, target, slot_of(target, old.slot(part)), entry_r(target, next));
  tlbie_one(ctx, target, local);
  return hit;
}

/// slb_flush_and_rebolt. Interrupts are off.
void Ppc64Port::flush_slb(Context& ctx, CpuId cpu) {
  ctx.step(rebolt, slb_and_erats(cpu), [&](Access& a) { empty_slb(a, cpu); });
}

/// The size that the kernel wants for the address; the SLB may still have been loaded with another one.
Ppc64Port::UserAccess Ppc64Port::settle_size(Context& ctx, const UserAccess& ua) {
  Conclusion only(ctx);
  if (!slices_.vary()) return ua;
  const auto word = slices_.word(ua.mm, ua.va);
  const std::uint64_t slices = only(ctx.step(read_slice, reads(word), [&](Access& a) { return a.read(word); }));
  const PageSize size = slices_.size_in(slices, ua.va);
  if (size == ua.size()) return ua;
  flush_slb(ctx, ua.cpu);
  return describe(ua.cpu, ua.mm, ua.va, ua.kind, size);
}

Ppc64Port::HashOutcome Ppc64Port::hash_fault(Context& ctx, const UserAccess& ua, PteAddress& where) {
  Conclusion only(ctx);
  if (!find_linux_pte(ctx, where)) return only(HashOutcome::refused);
  const std::uint64_t access = access_bits(ua.kind);
  const bool permitted = ctx.step(read_pte, reads(where.at), [&](Access& a) { return a.read(where.at).has(access); });
  if (!permitted) return only(HashOutcome::refused);
  const bool local = sample_local(ctx, read_cpumask, where.mm);
  const HashOutcome outcome = hardware_.part_of(ua.key) != 0 ? hash_part(ctx, where, target(ua), access, local)
                                                             : hash_entry(ctx, where, target(ua), access, local);
  if (outcome == HashOutcome::busy) only(where.at);
  return only(outcome);
}

AccessResult Ppc64Port::hash_page(Context& ctx, const UserAccess& missed) {
  const auto depth = state_.task_irqs_off(ctx.task());
  const auto in_user = state_.task_in_user(ctx.task());
  Event mode{EventKind::entered_kernel};
  mode.mm = missed.mm;
  const auto entered = ctx.step_restartable(dsi, writes(depth, in_user), Cycles{}, [&](Access& a) {
    const bool was_in_user = a.exchange(in_user, false);
    if (was_in_user) emit(a, mode);
    if (a.add(depth, std::uint64_t{1}) == 1) emit(a, Event{EventKind::irqs_disabled});
    return was_in_user;
  });
  if (!entered) return {AccessResult::Status::interrupted, false};
  const bool from_user = *entered;
  const UserAccess ua = settle_size(ctx, missed);
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
/// covers, unless it is forgotten before.
void Ppc64Port::wait_for_progress(Context& ctx, const UserAccess& ua, const PteAddress& where) {
  const HptTarget target = this->target(ua);
  Footprint footprint = reads(where.at);
  footprint.reads_words(hpt_.group_first(target.groups.primary), Hpt::group_words);
  footprint.reads_words(hpt_.group_first(target.groups.secondary), Hpt::group_words);
  const Tlb& erat = erat_for(ua.kind);
  footprint.reads_words(erat.set_first(ua.core, erat.set_of(ua.index)), erat.set_words());
  footprint.reads_words(hardware_.tlb.set_first(ua.core, hardware_.tlb.set_of(ua.index)), hardware_.tlb.set_words());
  const auto progress = [&](const Access& a) {
    if (!a.read(where.at).has(page_busy)) return true;
    if (!params_.forgets() && is_denied(a, ua)) return false;
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
  const HptTarget entry = target(mm, page);
  // Only standard pages are preloaded; which part of a page was touched, nobody says.
  if (entry.size == PageSize::s16m || slices_.peek(ctx.world(), mm, start_of(page, base())) != slices_.base()) return;
  PteAddress where{mm, page, {}};
  if (!find_linux_pte(ctx, where)) return;
  locks_.irq_disable(ctx);
  // A store asks for no more than a load here: the fault handler has set DIRTY already.
  const bool local = sample_local(ctx, read_cpumask, mm);
  hash_entry(ctx, where, entry, kind == AccessKind::fetch ? page_exec : 0, local);
  locks_.irq_enable(ctx);
}

}  // namespace mmulab
