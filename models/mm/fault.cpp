// SPDX-License-Identifier: MIT
// The page fault: do_page_fault, handle_mm_fault, do_anonymous_page, do_no_page, do_wp_page of arch/*/mm/fault.c and
// mm/memory.c (2.6.20, 2.6.22), and their successors where a policy says so. mmap_sem is held for read throughout; the
// PTL from the last look at the pte to update_mmu_cache. Left out: nonlinear files, stack growth, retry on a
// contended mmap_sem. Cost: kernel.cost.fault_entry, fault_exit, clear_page, copy_page and the steps below.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label fault_entry{"fault.enter", "fault_entry", Phase::entry, Ordering::atomic};
const Label fault_exit{"fault.return_to_user", "fault_exit", Ordering::atomic};
const Label read_pte{"fault.read_pte", "pte_read"};
const Label clear_content{"fault.clear_page", "clear_page"};
const Label copy_read{"fault.copy_begin", "copy_page"};
const Label copy_done{"fault.copy_end", "pte_read"};
const Label reuse_test{"fault.reuse_test", "page_ref"};

Event page_event(EventKind kind, MmId mm, VirtPage page) {
  Event event{kind};
  event.mm = mm;
  event.page = page;
  return event;
}

}  // namespace

Outcome Kernel::access(Context& ctx, VirtAddr va, AccessKind kind) {
  const Conclusion only(ctx);
  for (;;) {
    only.forget_all_but();
    // Or from a system call that stores to user memory. Asked here: the port's own handler may leave user mode first.
    const bool from_user = ctx.world().load(state_.task_in_user(ctx.task()));
    const AccessResult result = port_.access(ctx, mm_of(ctx), va, kind);
    if (result.status == AccessResult::Status::done) return Outcome::ok;
    if (result.status == AccessResult::Status::interrupted) continue;
    if (result.status == AccessResult::Status::machine_check) exit(ctx);
    only.forget_all_but(from_user);
    const Outcome outcome = page_fault(ctx, va, kind, from_user);
    if (outcome != Outcome::ok) return outcome;
  }
}

Outcome Kernel::page_fault(Context& ctx, VirtAddr va, AccessKind kind, bool from_user) {
  Conclusion only(ctx);
  const MmId mm = mm_of(ctx);
  const VirtPage page = page_of(va, state_.geometry().page_shift());
  const auto in_user = state_.task_in_user(ctx.task());
  ctx.step(fault_entry, writes(in_user), [&](Access& a) {
    if (a.exchange(in_user, false)) emit(a, page_event(EventKind::entered_kernel, mm, page));
    Event event = page_event(EventKind::call_entered, mm, page);
    event.a = static_cast<std::uint64_t>(Call::fault);
    event.b = 1;
    emit(a, event);
  });
  down_read(ctx, mm);
  VmaRecord vma;
  Outcome outcome = Outcome::ok;
  if (!find_vma(ctx, mm, page, vma).exists() || page < vma.first) outcome = Outcome::bad_address;
  else if ((kind == AccessKind::store && !vma.rights.write) || (kind == AccessKind::fetch && !vma.rights.exec))
    outcome = Outcome::no_permission;
  else outcome = handle_fault(ctx, mm, vma, mapped_page(vma, page), kind);
  only.forget_all_but(outcome);
  up_read(ctx, mm);
  if (outcome == Outcome::ok) port_.after_fault(ctx, mm);
  scheduler_.cond_resched(ctx);
  ctx.step(fault_exit, writes(in_user), [&](Access& a) {
    a.write(in_user, from_user);
    Event event = page_event(EventKind::call_returned, mm, page);
    event.a = static_cast<std::uint64_t>(Call::fault);
    event.b = 1;
    emit(a, event);
    if (from_user) emit(a, page_event(EventKind::returned_to_user, mm, page));
  });
  return only(outcome);
}

Outcome Kernel::handle_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind) {
  if (vma.huge) {
    hugetlb_fault(ctx, mm, vma, page, kind);
    return Outcome::ok;
  }
  const PtePlace place =
      vma.shares_tables ? allocate_shared(ctx, mm, vma, page) : allocate_pte(ctx, mm, page);
  const Pte seen = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const PteLayout& layout = port_.pte();
  if (layout.none(seen)) {
    if (vma.kind == VmaKind::anonymous) map_anonymous(ctx, mm, vma, page, kind, place);
    else map_file(ctx, mm, vma, page, kind, place);
  } else if (layout.is_entry(seen)) {
    if (layout.entry_kind(seen) == EntryKind::migration)
      wait_for_migration(ctx, Frame{layout.entry_number(seen)});
    else
      swap_in(ctx, mm, vma, page, seen, kind, place);
  } else if (layout.is_protnone(seen)) {
    numa_fault(ctx, mm, vma, page, seen, kind, place);
  } else if (kind == AccessKind::store && !layout.rights(seen).write) {
    write_protected(ctx, mm, vma, page, seen, place);
  } else {
    make_young(ctx, mm, vma, page, seen, kind, place);
  }
  return Outcome::ok;
}

/// Installs `value` if the pte is still as it was seen; the PTL is taken and released here. True if it was. `inner`, if
/// there is one, is taken and released under it.
static bool install_if_none(Context& ctx, Locks& locks, Port& port, Strategy& strategy, MmId mm, VirtPage page,
                            const PtePlace& place, Pte value, AccessKind kind,
                            const Cell<std::uint64_t>* inner = nullptr) {
  Conclusion only(ctx);
  locks.spin_lock(ctx, place.ptl, LockClass::ptl);
  if (inner != nullptr) locks.spin_lock(ctx, *inner, LockClass::i_mmap);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const bool still_none = port.pte().none(now);
  if (still_none) {
    strategy.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::set, value});
    port.update_mmu_cache(ctx, mm, page, value, kind);
  }
  if (inner != nullptr) locks.spin_unlock(ctx, *inner, LockClass::i_mmap);
  locks.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(still_none);
}

/// Maps a page that the caller has a reference to, and passes that on to the pte; or, if somebody else was faster,
/// gives it back and returns false.
bool Kernel::map_page(Context& ctx, MmId mm, VirtPage page, const PtePlace& place, Pte value, AccessKind kind,
                      const Cell<std::uint64_t>* inner, bool in_rss) {
  const Frame frame = port_.pte().frame(value);
  add_rmap(ctx, frame);
  if (!install_if_none(ctx, locks_, port_, strategy_, mm, page, place, value, kind, inner)) {
    remove_rmap(ctx, frame, false);
    put_page(ctx, frame);
    return false;
  }
  if (in_rss && counted(frame)) count_rss(ctx, mm, 1);
  return true;
}

void Kernel::clear_page(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  const auto content = state_.frame(frame, FrameFields::content);
  ctx.step(clear_content, writes(content), [&](Access& a) { a.write(content, std::uint64_t{0}); });
}

void Kernel::map_anonymous(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind,
                           const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  if (kind != AccessKind::store) {
    const Frame zero = KernelState::zero_frame();
    if (counted(zero)) get_page(ctx, zero);
    map_page(ctx, mm, page, place, layout.make(zero, {false, vma.rights.exec}).with(layout.accessed), kind);
    return;
  }
  const Frame frame = allocate_page(ctx, {mm, page});
  clear_page(ctx, frame);
  map_page(ctx, mm, page, place, layout.make(frame, vma.rights).with(layout.accessed | layout.dirty), kind);
}

void Kernel::map_file(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind,
                      const PtePlace& place) {
  const Conclusion nothing(ctx);
  const Frame frame = file_page(ctx, vma, page);
  // A driver's fault handler and its revocation exclude each other by a lock of the driver's own.
  if (!policy_.faults_lock_page && vma.kind != VmaKind::pfnmap)
    return map_cached(ctx, mm, vma, page, kind, place, frame);
  lock_page(ctx, frame);
  // Truncated meanwhile: the access finds no pte and faults again.
  const bool cached = is_cached(ctx, vma.file, vma.offset_pages + (page - vma.first).raw(), frame);
  if (cached) map_cached(ctx, mm, vma, page, kind, place, frame);
  unlock_page(ctx, frame);
  if (!cached) put_page(ctx, frame);
}

/// Takes over the caller's reference.
void Kernel::map_cached(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind,
                        const PtePlace& place, Frame frame) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const bool store = kind == AccessKind::store;
  Rights rights = vma.rights;
  // A private file page is copied on the store; a shared one is mapped writable but clean until it is stored to, or
  // read-only if that store is to be noticed (vma_wants_writenotify).
  if (vma.kind == VmaKind::file_private) rights.write = false;
  const bool notifies = vma.kind == VmaKind::file_shared && policy_.write_notify;
  if (notifies && !store) rights.write = false;
  Pte value = layout.make(frame, rights).with(layout.accessed);
  if (store && rights.write) value = value.with(layout.dirty);
  const auto i_mmap_lock = state_.file(vma.file, FileFields::i_mmap_lock);
  const auto* inner = policy_.fault_takes_i_mmap_lock ? &i_mmap_lock : nullptr;
  if (vma.kind == VmaKind::pfnmap) {
    // A driver's page: mapped without a reference, a map count or a place in the resident set.
    install_if_none(ctx, locks_, port_, strategy_, mm, page, place, value, kind, inner);
    put_page(ctx, frame);
    return;
  }
  const bool tells = notifies && store;
  if (tells) get_page(ctx, frame);
  const bool mapped = map_page(ctx, mm, page, place, value, kind, inner, !vma.shares_tables);
  if (tells) {
    if (mapped) set_page_dirty(ctx, frame);
    put_page(ctx, frame);
  }
  if (mapped && store && vma.kind == VmaKind::file_private) write_protected(ctx, mm, vma, page, value, place);
}

/// fault_dirty_shared_page: a store through a pte that has just become dirty is announced in the page's flag. Under the
/// page lock, or clear_page_dirty_for_io could take the flag although it has not seen the pte.
void Kernel::tell_dirty(Context& ctx, Frame frame) {
  const Conclusion nothing(ctx);
  if (policy_.faults_lock_page) lock_page(ctx, frame);
  set_page_dirty(ctx, frame);
  if (policy_.faults_lock_page) unlock_page(ctx, frame);
  put_page(ctx, frame);
}

/// do_wp_page: a page that is this mm's alone is made writable; any other one is copied.
void Kernel::write_protected(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen,
                             const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const Frame frame = layout.frame(seen);
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  if (!layout.same(now, seen)) return locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  bool reuse = vma.kind == VmaKind::file_shared || vma.kind == VmaKind::pfnmap;
  const bool tells = vma.kind == VmaKind::file_shared && policy_.write_notify;
  if (!reuse && frame != KernelState::zero_frame()) {
    const auto mapcount = state_.frame(frame, FrameFields::mapcount);
    const auto flags = state_.frame(frame, FrameFields::flags);
    reuse = ctx.step(reuse_test, reads(mapcount, flags), [&](Access& a) {
      return a.read(mapcount) == 1 && (a.read(flags) & (frame_file | frame_ksm)) == 0;
    });
  }
  if (reuse) {
    const Pte raised = layout.with_rights(now, vma.rights).with(layout.accessed | layout.dirty);
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::access_flags, raised});
    port_.update_mmu_cache(ctx, mm, page, raised, AccessKind::store);
    if (tells) get_page(ctx, frame);
  } else if (counted(frame)) {
    // The source must outlive the copy: another thread may drop the last mapping meanwhile (page_cache_get in
    // do_wp_page).
    get_page(ctx, frame);
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  if (!reuse) copy_on_write(ctx, mm, vma, page, seen, place);
  else if (tells) tell_dirty(ctx, frame);
}

/// cow_user_page. The zero page is not copied: the new page is cleared (alloc_zeroed_user_highpage).
void Kernel::fill_copy(Context& ctx, MmId mm, VirtPage page, Frame source, Frame target) {
  const Conclusion nothing(ctx);
  if (source == KernelState::zero_frame()) return clear_page(ctx, target);
  const auto from = state_.frame(source, FrameFields::content);
  const auto to = state_.frame(target, FrameFields::content);
  const std::uint64_t content = ctx.step(copy_read, reads(from), [&](Access& a) {
    Event event = page_event(EventKind::copy_begun, mm, page);
    event.frame = source;
    emit(a, event);
    return a.read(from);
  });
  ctx.step(copy_done, writes(to), [&](Access& a) { a.write(to, content); });
}

/// The rest of do_wp_page; the source has been given an extra reference.
void Kernel::copy_on_write(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen,
                           const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  const Frame source = layout.frame(seen);
  const Frame target = allocate_page(ctx, {mm, page});
  fill_copy(ctx, mm, page, source, target);
  add_rmap(ctx, target);
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  const bool still = layout.same(now, seen);
  const Pte value = layout.make(target, vma.rights).with(layout.accessed | layout.dirty);
  if (still) {
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::clear, Pte{}});
    if (policy_.cow_flushes_first)
      strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, page, page + Pages{1}});
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::set, value});
    if (!policy_.cow_flushes_first)
      strategy_.classic_flush(ctx, {Invalidation::Scope::range, mm, page, page + Pages{1}});
    port_.update_mmu_cache(ctx, mm, page, value, AccessKind::store);
  }
  if (source != KernelState::zero_frame()) end_copy(ctx, mm, page, source, target);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  // A page takes the place of another one in the resident set, or comes to it.
  if (still && !counted(source)) count_rss(ctx, mm, 1);
  remove_rmap(ctx, still ? source : target, false);
  put_page(ctx, source);
  put_page(ctx, still ? source : target);
}

void Kernel::end_copy(Context& ctx, MmId mm, VirtPage page, Frame source, Frame target) {
  const Conclusion nothing(ctx);
  const auto to = state_.frame(target, FrameFields::content);
  ctx.step(copy_done, reads(to), [&](Access& a) {
    Event event = page_event(EventKind::copy_ended, mm, page);
    event.frame = source;
    event.a = target.raw();
    event.b = a.read(to);
    emit(a, event);
  });
}

/// handle_pte_fault's tail: the pte permits the access already; set accessed, and dirty on a store.
void Kernel::make_young(Context& ctx, MmId mm, const VmaRecord&, VirtPage page, Pte seen, AccessKind kind,
                        const PtePlace& place) {
  const Conclusion nothing(ctx);
  const PteLayout& layout = port_.pte();
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(read_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  if (layout.same(now, seen)) {
    const Pte raised = now.with(kind == AccessKind::store ? layout.accessed | layout.dirty : layout.accessed);
    strategy_.pte_op(ctx, nullptr, {mm, page, place.pte, PteAction::access_flags, raised});
    port_.update_mmu_cache(ctx, mm, page, raised, kind);
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
}

}  // namespace mmulab
