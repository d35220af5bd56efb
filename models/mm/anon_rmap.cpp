// SPDX-License-Identifier: MIT
#include "models/mm/anon_rmap.h"

namespace mmulab {
namespace {

const Label look{"anon_vma.next", "find_vma"};
const Label read_pte{"rmap.read_pte", "pte_read"};
const Label count_references{"page.count_references", "page_ref"};

}  // namespace

/// follow_page with FOLL_GET: the anonymous page at `page`, with a reference; none if there is no such. mmap_sem held.
AnonPage Kernel::take_page(Context& ctx, MmId mm, VirtPage page) {
  Conclusion only(ctx);
  AnonPage anon;
  VmaRecord vma;
  if (!find_vma(ctx, mm, page, vma).exists() || page < vma.first || vma.kind != VmaKind::anonymous) return only(anon);
  const PtePlace place = find_pte(ctx, mm, page);
  if (!place.exists) return only(anon);
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  if (port_.pte().is_present(now) && port_.pte().frame(now) != KernelState::zero_frame()) {
    anon.frame = port_.pte().frame(now);
    anon.index = vma.offset_pages + (page - vma.first).raw();
    get_page(ctx, anon.frame);
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(anon);
}

void Kernel::give_back(Context& ctx, const AnonPage& taken) { put_page(ctx, taken.frame); }

/// page_ref_freeze: nobody but the caller holds the page.
bool Kernel::only_reference(Context& ctx, Frame frame) {
  const auto refcount = state_.frame(frame, FrameFields::refcount);
  return ctx.step(count_references, reads(refcount), [&](Access& a) { return a.read(refcount) == 1; });
}

void Kernel::lock_anon_vma(Context& ctx) {
  if (state_.has_rmap_walks()) locks_.spin_lock(ctx, state_.anon_vma_lock(), LockClass::anon_vma);
}

void Kernel::unlock_anon_vma(Context& ctx) {
  if (state_.has_rmap_walks()) locks_.spin_unlock(ctx, state_.anon_vma_lock(), LockClass::anon_vma);
}

/// The next pte of at.mm, behind at.vma, that would show the page, its PTL taken; false if there is none there.
bool Kernel::find_mapping(Context& ctx, const AnonPage& anon, Mapping& at) {
  const auto count = state_.mm_vma_count(at.mm);
  const VirtPage behind = at.vma.end;
  const auto shows = [&](const VmaRecord& vma) {
    return vma.first >= behind && vma.kind == VmaKind::anonymous &&
           anon.index - vma.offset_pages < (vma.end - vma.first).raw();
  };
  const bool found = ctx.step(
      look, reads(count).reads_words(state_.vmas_first(at.mm), state_.vmas_words()), [&](Access& a) {
        const auto n = static_cast<std::uint32_t>(a.read(count));
        std::uint32_t matches = 0;
        for (std::uint32_t i = 0; i < n && matches < 2; ++i) {
          const VmaRecord vma = load_vma(a, state_.vma_of(at.mm, i));
          if (shows(vma) && ++matches == 1) at.vma = a.keep(vma);
        }
        at.more = a.keep(matches > 1);
        return matches != 0;
      });
  if (!found) return false;
  at.page = at.vma.first + Pages{anon.index - at.vma.offset_pages};
  at.place = find_pte(ctx, at.mm, at.page);
  if (!at.place.exists) return false;
  const auto look_at_pte = [&] {
    return ctx.step(read_pte, reads(at.place.pte), [&](Access& a) { return a.read(at.place.pte); });
  };
  const Pte seen = policy_.pending_read == PendingRead::lockless ? look_at_pte() : Pte{};
  at.pending = ask_for_pending(ctx, at.mm);
  locks_.spin_lock(ctx, at.place.ptl, LockClass::ptl);
  at.now = look_at_pte();
  if (policy_.pending_read == PendingRead::lockless && !port_.pte().same(at.now, seen))
    at.pending = PendingSeen::not_asked;
  return true;
}

PendingSeen Kernel::ask_for_pending(Context& ctx, MmId mm) {
  if (policy_.pending_read == PendingRead::locked) return PendingSeen::not_asked;
  return flush_is_pending(ctx, mm) ? PendingSeen::yes : PendingSeen::no;
}

/// ptep_clear_flush. A NUMA hint counts as accessible only while a flush is pending: it may be the hint's own.
Pte Kernel::clear_flush(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, PendingSeen pending) {
  Conclusion only(ctx);
  const Pte old = strategy_.pte_op(ctx, nullptr, {mm, page, ptep, PteAction::clear, Pte{}});
  bool cached = true;
  if (!port_.pte().is_protnone(old)) cached = strategy_.may_be_cached(ctx, mm, page, old);
  else if (!policy_.hint_heeds_pending) cached = false;
  else cached = pending == PendingSeen::not_asked ? flush_is_pending(ctx, mm) : pending == PendingSeen::yes;
  if (cached) strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, page, page + Pages{1}});
  return only(old);
}

/// try_to_unmap_one of reclaim: the flush may wait for others.
Pte Kernel::clear_deferred(Context& ctx, const Mapping& at) {
  Conclusion only(ctx);
  const Pte old = strategy_.pte_op(ctx, nullptr, {at.mm, at.page, at.place.pte, PteAction::clear, Pte{}});
  if (!strategy_.rmap_note(ctx, at.mm, old.has(port_.pte().dirty)))
    strategy_.classic_flush(ctx, {Invalidation::Scope::range, at.mm, at.page, at.page + Pages{1}});
  return only(old);
}

/// The pte is empty now: shows `entry` instead (nothing if it is none) and gives up the mapping's count and reference.
void Kernel::unmap_one(Context& ctx, const Mapping& at, const AnonPage& anon, Pte entry) {
  const Conclusion nothing(ctx);
  if (!port_.pte().none(entry))
    strategy_.pte_op(ctx, nullptr, {at.mm, at.page, at.place.pte, PteAction::set, entry});
  remove_rmap(ctx, anon.frame, false);
  put_page(ctx, anon.frame);
}

}  // namespace mmulab
