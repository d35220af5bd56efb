// SPDX-License-Identifier: MIT
// The page cache: pages of files, which hold one reference of the file itself, and their dirty flag. Source:
// mm/filemap.c (find_get_page, add_to_page_cache, remove_from_page_cache), mm/page-writeback.c (set_page_dirty). Left
// out: the radix tree, i_size, waiting for a read (a page arrives in the step that adds it). A device's pages live
// here, too: they stand for whatever its driver maps with remap_pfn_range. Cost: kernel.cost.page_cache.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label lookup{"page_cache.find", "page_cache"};
const Label take{"page_cache.get", "page_ref", Ordering::full};
const Label insert{"page_cache.add", "page_cache", Ordering::full};
const Label again{"page_cache.still_there", "page_cache"};
const Label remove{"page_cache.remove", "page_cache", Ordering::full};
const Label set_flag{"page.set_dirty", "page_ref", Ordering::full};

Event frame_event(EventKind kind, Frame frame) {
  Event event{kind};
  event.frame = frame;
  return event;
}

}  // namespace

/// find_get_page: the caller gets a reference; none if the page is not in memory.
Frame Kernel::find_get_page(Context& ctx, FileId file, std::uint64_t index) {
  Conclusion only(ctx);
  const auto slot = state_.file_page(file, index);
  for (;;) {
    only.forget_all_but();
    const Frame frame = ctx.step(lookup, reads(slot), [&](Access& a) { return a.read(slot); });
    if (!frame.exists()) return only(frame);
    // page_cache_get_speculative: it may have left the file meanwhile.
    const auto refcount = state_.frame(frame, FrameFields::refcount);
    const bool got = ctx.step(take, tallies(refcount).reads(slot), [&](Access& a) {
      if (a.read(slot) != frame) return false;
      a.tally(refcount, std::uint64_t{1});
      return true;
    });
    if (got) return only(frame);
  }
}

/// The page that `vma` maps at `page`, brought in (as a clean page) if need be. The caller gets a reference.
Frame Kernel::file_page(Context& ctx, const VmaRecord& vma, VirtPage page) {
  Conclusion only(ctx);
  const std::uint64_t index = vma.offset_pages + (page - vma.first).raw();
  const bool device = vma.kind == VmaKind::pfnmap;
  const auto slot = state_.file_page(vma.file, index);
  const auto backing = state_.file_backing(vma.file, index);
  for (;;) {
    only.forget_all_but();
    const Frame known = find_get_page(ctx, vma.file, index);
    if (known.exists()) return only(known);
    const Frame fresh = allocate_page(ctx, {MmId::none(), VirtPage{index}, device});
    const auto flags = state_.frame(fresh, FrameFields::flags);
    const auto refcount = state_.frame(fresh, FrameFields::refcount);
    const auto content = state_.frame(fresh, FrameFields::content);
    const bool added = ctx.step(insert, writes(slot, flags, refcount, content).reads(backing), [&](Access& a) {
      if (a.read(slot).exists()) return false;
      a.write(slot, fresh);
      a.write(flags, std::uint64_t{frame_file} | (device ? std::uint64_t{frame_device} : 0));
      a.add(refcount, std::uint64_t{1});
      a.write(content, a.read(backing));
      return true;
    });
    if (added) return only(fresh);
    put_page(ctx, fresh);
  }
}

/// Whether `frame`, which the caller has locked, is the file's page still (page->mapping).
bool Kernel::is_cached(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  const auto slot = state_.file_page(file, index);
  return ctx.step(again, reads(slot), [&](Access& a) { return a.read(slot) == frame; });
}

/// The file's reference goes to the caller. Page locked. `keep` asks remove_mapping's question: a page that is dirty,
/// or that others hold (beyond the file's and the caller's reference), stays; true if it is gone.
bool Kernel::remove_from_cache(Context& ctx, FileId file, std::uint64_t index, Frame frame, bool keep) {
  const auto slot = state_.file_page(file, index);
  const auto refcount = state_.frame(frame, FrameFields::refcount);
  const auto flags = state_.frame(frame, FrameFields::flags);
  return ctx.step(remove, writes(slot, flags).reads(refcount), [&](Access& a) {
    constexpr std::uint64_t file_and_caller = 2;
    const std::uint64_t now = a.read(flags);
    if (keep && (a.read(refcount) != file_and_caller || (now & frame_dirty) != 0)) return false;
    a.write(slot, Frame::none());
    a.write(flags, now & ~std::uint64_t{frame_dirty | frame_file});
    Event event = frame_event(EventKind::page_discarded, frame);
    event.a = keep ? 1 : 0;
    emit(a, event);
    return true;
  });
}

void Kernel::mark_dirty(Access& a, Frame frame) const {
  const auto flags = state_.frame(frame, FrameFields::flags);
  const std::uint64_t old = a.read(flags);
  if ((old & frame_file) == 0 || (old & frame_dirty) != 0) return;
  a.write(flags, old | frame_dirty);
  emit(a, frame_event(EventKind::page_dirtied, frame));
}

void Kernel::set_page_dirty(Context& ctx, Frame frame) {
  const auto flags = state_.frame(frame, FrameFields::flags);
  ctx.step(set_flag, writes(flags), [&](Access& a) { mark_dirty(a, frame); });
}

}  // namespace mmulab
