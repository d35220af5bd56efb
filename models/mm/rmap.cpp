// SPDX-License-Identifier: MIT
#include <algorithm>

#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label look{"i_mmap.next", "find_vma"};
const Label check_pte{"rmap.check_pte", "pte_read"};
const Label mapped{"rmap.page_mapped", "page_ref"};
const Label mkclean_begin{"rmap.mkclean_begin", "page_ref"};
const Label mkclean_end{"rmap.mkclean_end", "page_ref"};

Event mkclean_event(EventKind kind, std::uint64_t index) {
  Event event{kind};
  event.a = static_cast<std::uint64_t>(Call::page_mkclean);
  event.page = VirtPage{index};
  event.b = 1;
  return event;
}

/// The part of `vma` that maps the range; empty if none.
FileMapping mapping_of(MmId mm, const VmaRecord& vma, const FileRange& range) {
  FileMapping found{mm, vma, VirtPage{}, VirtPage{}};
  const std::uint64_t vma_end = vma.offset_pages + (vma.end - vma.first).raw();
  const std::uint64_t first = std::max(range.first, vma.offset_pages);
  const std::uint64_t end = std::min(range.first + range.pages.raw(), vma_end);
  if (!vma.maps_file() || vma.file != range.file || first >= end) return found;
  found.first = vma.first + Pages{first - vma.offset_pages};
  found.end = vma.first + Pages{end - vma.offset_pages};
  return found;
}

}  // namespace

/// vma_interval_tree_foreach: the mapping of the range behind `at` (mm none: the first); false if there is none.
/// i_mmap_lock held.
bool Kernel::next_mapping(Context& ctx, const FileRange& range, FileMapping& at) {
  VirtPage behind = at.mm.exists() ? at.vma.end : VirtPage{};
  for (std::uint32_t m = at.mm.exists() ? at.mm.raw() : 0; m < state_.limits().mms; ++m, behind = VirtPage{}) {
    const MmId mm{m};
    const auto count = state_.mm_vma_count(mm);
    const bool found =
        ctx.step(look, reads(count).reads_words(state_.vmas_first(mm), state_.vmas_words()), [&](Access& a) {
          const auto vmas = static_cast<std::uint32_t>(a.read(count));
          for (std::uint32_t n = 0; n < vmas; ++n) {
            const VmaRecord vma = load_vma(a, state_.vma_of(mm, n));
            if (vma.first < behind) continue;
            const FileMapping mapping = mapping_of(mm, vma, range);
            if (mapping.first == mapping.end) continue;
            at = a.keep(mapping);
            return true;
          }
          return false;
        });
    if (found) return true;
  }
  return false;
}

bool Kernel::page_mapped(Context& ctx, Frame frame) {
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  return ctx.step(mapped, reads(mapcount), [&](Access& a) { return a.read(mapcount) != 0; });
}

/// page_check_address: the pte at `page`, with its PTL held, if it maps `frame`. Without `sync` a pte that is not
/// present at a glance ends the matter without the lock.
PtePlace Kernel::check_address(Context& ctx, MmId mm, VirtPage page, Frame frame, bool sync) {
  Conclusion only(ctx);
  PtePlace place = find_pte(ctx, mm, page);
  if (!place.exists) return only(place);
  const PteLayout& layout = port_.pte();
  if (!sync) {
    const Pte seen = ctx.step(check_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
    place.exists = layout.is_present(seen);
    if (!place.exists) return only(place);
  }
  locks_.spin_lock(ctx, place.ptl, LockClass::ptl);
  const Pte now = ctx.step(check_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  place.exists = layout.is_present(now) && layout.frame(now) == frame;
  if (!place.exists) locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(place);
}

/// page_mkclean: write-protects and cleans every shared mapping of the page, whose flag is set if one was dirty. The
/// page is locked, so that its place in the file stays.
void Kernel::page_mkclean(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  const Conclusion nothing(ctx);
  const auto mapcount = state_.frame(frame, FrameFields::mapcount);
  const auto flags = state_.frame(frame, FrameFields::flags);
  const bool is_mapped = ctx.step(mkclean_begin, reads(mapcount), [&](Access& a) {
    emit(a, mkclean_event(EventKind::call_entered, index));
    return a.read(mapcount) != 0;
  });
  bool dirty = false;
  if (is_mapped) {
    const auto lock = state_.file(file, FileFields::i_mmap_lock);
    locks_.spin_lock(ctx, lock, LockClass::i_mmap);
    FileMapping at;
    while (next_mapping(ctx, {file, index, Pages{1}}, at))
      if (at.vma.kind == VmaKind::file_shared) dirty = mkclean_one(ctx, at, frame) || dirty;
    locks_.spin_unlock(ctx, lock, LockClass::i_mmap);
  }
  ctx.step(mkclean_end, writes(flags), [&](Access& a) {
    if (dirty) mark_dirty(a, frame);
    emit(a, mkclean_event(EventKind::call_returned, index));
  });
}

/// page_mkclean_one.
bool Kernel::mkclean_one(Context& ctx, const FileMapping& at, Frame frame) {
  Conclusion only(ctx);
  const PteLayout& layout = port_.pte();
  const PtePlace place = check_address(ctx, at.mm, at.first, frame, !policy_.mkclean_skips_empty_ptes);
  if (!place.exists) return only(false);
  const Pte seen = ctx.step(check_pte, reads(place.pte), [&](Access& a) { return a.read(place.pte); });
  bool dirty = false;
  if (seen.has(layout.dirty) || layout.rights(seen).write) {
    const Pte old = clear_flush(ctx, at.mm, at.first, place.pte);
    dirty = old.has(layout.dirty);
    const Pte clean = old.without(layout.write | layout.dirty | layout.ignored);
    strategy_.pte_op(ctx, nullptr, {at.mm, at.first, place.pte, PteAction::set, clean});
  }
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
  return only(dirty);
}

/// try_to_unmap of a file page: true if nobody maps it any more. The page is locked.
bool Kernel::try_to_unmap(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  Conclusion only(ctx);
  if (page_mapped(ctx, frame)) {
    const auto lock = state_.file(file, FileFields::i_mmap_lock);
    locks_.spin_lock(ctx, lock, LockClass::i_mmap);
    FileMapping at;
    while (next_mapping(ctx, {file, index, Pages{1}}, at)) unmap_one(ctx, at, frame);
    locks_.spin_unlock(ctx, lock, LockClass::i_mmap);
  }
  return only(!page_mapped(ctx, frame));
}

/// try_to_unmap_one.
void Kernel::unmap_one(Context& ctx, const FileMapping& at, Frame frame) {
  const Conclusion nothing(ctx);
  const PtePlace place = check_address(ctx, at.mm, at.first, frame, false);
  if (!place.exists) return;
  const Pte old = clear_flush(ctx, at.mm, at.first, place.pte);
  count_rss(ctx, at.mm, -1);
  remove_rmap(ctx, frame, old.has(port_.pte().dirty));
  put_page(ctx, frame);
  locks_.spin_unlock(ctx, place.ptl, LockClass::ptl);
}

}  // namespace mmulab
