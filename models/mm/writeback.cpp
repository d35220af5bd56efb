// SPDX-License-Identifier: MIT
// Writeback and reclaim of file pages. Source: mm/page-writeback.c (write_cache_pages, clear_page_dirty_for_io),
// mm/vmscan.c (shrink_page_list, pageout, remove_mapping). A page is written while it is locked, as by a driver that
// writes synchronously (a ramdisk); what reaches the disk is what the page holds in the step that writes it. User
// stores do not move the content word (modelling.md 6: user data has no caches here): the checker follows them by
// events. Left out: PG_writeback and its waiters, tags of the radix tree (every page in memory is looked at), the LRU
// lists, page_referenced. Cost: kernel.cost.copy_page a page written.
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label take_dirty{"page.test_clear_dirty", "page_ref", Ordering::full};
const Label write_out{"writeback.write_page", "copy_page"};

Event frame_event(EventKind kind, Frame frame) {
  Event event{kind};
  event.frame = frame;
  return event;
}

}  // namespace

/// The page gets clean: first its ptes, so that whoever stores from now on faults and says so, then its flag. True if
/// it must be written.
bool Kernel::clear_page_dirty_for_io(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  page_mkclean(ctx, file, index, frame);
  const auto flags = state_.frame(frame, FrameFields::flags);
  return ctx.step(take_dirty, writes(flags), [&](Access& a) {
    const std::uint64_t now = a.read(flags);
    if ((now & frame_dirty) == 0) return false;
    a.write(flags, now & ~std::uint64_t{frame_dirty});
    emit(a, frame_event(EventKind::page_cleaned, frame));
    return true;
  });
}

/// ->writepage. Page locked.
void Kernel::write_page(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  if (!clear_page_dirty_for_io(ctx, file, index, frame)) return;
  const auto content = state_.frame(frame, FrameFields::content);
  const auto backing = state_.file_backing(file, index);
  ctx.step(write_out, reads(content).writes(backing), [&](Access& a) {
    a.write(backing, a.read(content));
    emit(a, frame_event(EventKind::page_written, frame));
  });
}

Outcome Kernel::writeback(Context& ctx, const FileRange& range) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::writeback, VirtPage{range.first}, range.pages);
  for (std::uint64_t index = range.first; index < range.first + range.pages.raw(); ++index) {
    const Frame frame = find_get_page(ctx, range.file, index);
    if (!frame.exists()) continue;
    lock_page(ctx, frame);
    if (is_cached(ctx, range.file, index, frame)) write_page(ctx, range.file, index, frame);
    unlock_page(ctx, frame);
    put_page(ctx, frame);
    scheduler_.cond_resched(ctx);
  }
  leave(ctx, Call::writeback, VirtPage{range.first}, range.pages);
  return Outcome::ok;
}

Outcome Kernel::reclaim(Context& ctx, const FileRange& range) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::reclaim, VirtPage{range.first}, range.pages);
  for (std::uint64_t index = range.first; index < range.first + range.pages.raw(); ++index) {
    const Frame frame = find_get_page(ctx, range.file, index);
    if (!frame.exists()) continue;
    // A page that somebody has locked is left alone.
    const bool locked = trylock_page(ctx, frame);
    const bool gone = locked && shrink_page(ctx, range.file, index, frame);
    if (locked) unlock_page(ctx, frame);
    if (gone) put_page(ctx, frame);
    put_page(ctx, frame);
    scheduler_.cond_resched(ctx);
  }
  leave(ctx, Call::reclaim, VirtPage{range.first}, range.pages);
  return Outcome::ok;
}

/// One turn of shrink_page_list; true if the page has left the file, whose reference is then the caller's.
bool Kernel::shrink_page(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  const bool device = (ctx.world().load(state_.frame(frame, FrameFields::flags)) & frame_device) != 0;
  if (device || !is_cached(ctx, file, index, frame)) return false;
  if (!try_to_unmap(ctx, file, index, frame)) return false;
  write_page(ctx, file, index, frame);
  return remove_from_cache(ctx, file, index, frame, true);
}

}  // namespace mmulab
