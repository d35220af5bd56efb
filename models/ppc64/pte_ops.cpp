// SPDX-License-Identifier: MIT
// The accessors: pte_update waits while BUSY and is atomic; set_pte_at strips what concerns the hash table.
// Source: Linux 2.6.22 asm-powerpc/pgtable-ppc64.h (pte_update, set_pte_at, __ptep_set_access_flags);
// linux-gather.md 2.1, 2.2.
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

namespace {
const Label clear_pte{"ppc64.pte_clear", "pte_update", Ordering::atomic};
const Label wrprotect_pte{"ppc64.pte_wrprotect", "pte_update", Ordering::atomic};
const Label set_pte{"ppc64.set_pte", "set_pte"};
const Label modify_pte_start{"ppc64.pte_modify_start", "pte_update", Ordering::atomic};
const Label modify_pte_commit{"ppc64.pte_modify_commit", "set_pte"};
const Label clear_young{"ppc64.pte_clear_young", "pte_update", Ordering::atomic};
const Label raise_pte{"ppc64.pte_access_flags", "pte_update", Ordering::atomic};
const Label set_clears{"ppc64.set_pte_clears", "pte_update", Ordering::atomic};

const Label& label_of(PteAction action) {
  switch (action) {
    case PteAction::clear:
    case PteAction::clear_full: return clear_pte;
    case PteAction::wrprotect: return wrprotect_pte;
    case PteAction::set: return set_pte;
    case PteAction::modify_start: return modify_pte_start;
    case PteAction::modify_commit: return modify_pte_commit;
    case PteAction::young: return clear_young;
    case PteAction::access_flags: break;
  }
  return raise_pte;
}

Pte slot_bits_of(Pte pte, const PteFormat& format) {
  return pte.has(page_hashpte) ? Pte{pte.raw() & format.slot_bits} : Pte{};
}
}  // namespace

void Ppc64Port::store_pte(Access& a, const PteAddress& where, Pte value) const {
  Event event{EventKind::pte_stored};
  event.mm = where.mm;
  event.page = where.page;
  event.location = where.at.at;
  event.a = a.exchange(where.at, value).raw();
  event.b = value.raw();
  emit(a, event);
}

Pte Ppc64Port::cleared(Pte old) const {
  if (tombstones_ == Tombstones::none || !old.has(page_hashpte)) return Pte{};
  return slot_bits_of(old, format_).with(page_stale);
}

Pte Ppc64Port::changed(const PteRequest& request, Pte old) const {
  const Pte stripped = request.value.without(format_.hpteflags);
  const bool keeps = tombstones_ != Tombstones::none && tombstones_ != Tombstones::lost_when_set;
  const Pte tombstone = keeps && old.has(page_stale) ? slot_bits_of(old, format_).with(page_stale) : Pte{};
  switch (request.action) {
    case PteAction::clear:
    case PteAction::clear_full: return cleared(old);
    case PteAction::modify_start: return keep_hash_bits_ ? slot_bits_of(old, format_) : cleared(old);
    case PteAction::wrprotect: return old.without(page_rw);
    case PteAction::young: return old.without(page_accessed);
    case PteAction::access_flags:
      return old.with(request.value.raw() & (page_dirty | page_accessed | page_rw | page_exec));
    case PteAction::modify_commit:
      if (keep_hash_bits_) return stripped.with(slot_bits_of(old, format_).raw());
      break;
    case PteAction::set: break;
  }
  return stripped.with(tombstone.raw());
}

Pte Ppc64Port::change_pte(Context& ctx, const PteRequest& request) {
  const PteAddress where{request.mm, request.page, request.ptep};
  const auto not_busy = [&](const Access& a) {
    return !params_.pte_update_honours_busy || !a.read(where.at).has(page_busy);
  };
  // set_pte_at over a present pte clears that first, atomically; then, as over an absent one, it is a plain store.
  // Only the holder of the lock changes PRESENT, so looking ahead is safe.
  Pte replaced;
  if (request.action == PteAction::set && ctx.world().load(where.at).has(page_present)) {
    replaced = ctx.step_when(set_clears, writes(where.at), not_busy, [&](Access& a) {
      const Pte old = a.read(where.at);
      store_pte(a, where, cleared(old));
      return old;
    });
  }
  const Pte old = ctx.step_when(label_of(request.action), writes(where.at), not_busy, [&](Access& a) {
    const Pte before = a.read(where.at);
    store_pte(a, where, changed(request, before));
    return before;
  });
  return replaced.has(page_present) ? replaced : old;
}

}  // namespace mmulab
