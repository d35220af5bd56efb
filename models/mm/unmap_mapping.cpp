// SPDX-License-Identifier: MIT
// unmap_mapping_range: every mapping of a file's pages is zapped from the side, mmap_sem not held, i_mmap_lock held
// throughout; and truncation, which then takes the pages out of the file. Source: mm/memory.c (unmap_mapping_range,
// unmap_mapping_range_vma), mm/truncate.c (truncate_inode_pages_range). Truncation of a part is the punching of a hole:
// a later fault brings a new page in. On a device's file it is the driver's revocation of what it has mapped. Left out:
// i_size and truncate_count (so without kernel.faults_lock_page a fault in flight may map a page that has left its
// file), the restart address after a contended lock, nonlinear mappings, the last pass over private copies.
#include "models/mm/kernel.h"

namespace mmulab {

void Kernel::unmap_mapping_range(Context& ctx, const FileRange& range) {
  const Conclusion nothing(ctx);
  const auto lock = state_.file(range.file, FileFields::i_mmap_lock);
  locks_.spin_lock(ctx, lock, LockClass::i_mmap);
  FileMapping at;
  while (next_mapping(ctx, range, at)) {
    Gather g;
    g.mm = at.mm;
    g.kind = GatherKind::truncate;
    g.outer = OuterLock::i_mmap_lock;
    g.first = at.first;
    g.end = at.end;
    strategy_.begin(ctx, g);
    unmap_mapped(ctx, g, at.vma, at.first, at.end);
    strategy_.end(ctx, g);
  }
  locks_.spin_unlock(ctx, lock, LockClass::i_mmap);
}

Outcome Kernel::unmap_mapping(Context& ctx, const FileRange& range) {
  const Conclusion nothing(ctx);
  enter(ctx, Call::unmap_mapping, VirtPage{range.first}, range.pages);
  unmap_mapping_range(ctx, range);
  leave(ctx, Call::unmap_mapping, VirtPage{range.first}, range.pages);
  return Outcome::ok;
}

Outcome Kernel::truncate(Context& ctx, const FileRange& range) {
  const Conclusion before(ctx);
  enter(ctx, Call::truncate, VirtPage{range.first}, range.pages);
  unmap_mapping_range(ctx, range);
  for (std::uint64_t index = range.first; index < range.first + range.pages.raw(); ++index) {
    before.forget_all_but(index);
    const Frame frame = find_get_page(ctx, range.file, index);
    if (!frame.exists()) continue;
    lock_page(ctx, frame);
    const bool gone = is_cached(ctx, range.file, index, frame) && truncate_page(ctx, range.file, index, frame);
    unlock_page(ctx, frame);
    if (gone) put_page(ctx, frame);
    put_page(ctx, frame);
    scheduler_.cond_resched(ctx);
  }
  before.forget_all_but();
  leave(ctx, Call::truncate, VirtPage{range.first}, range.pages);
  return Outcome::ok;
}

/// truncate_inode_page. Page locked: no fault maps it any more. A device's page has no map count that could tell.
bool Kernel::truncate_page(Context& ctx, FileId file, std::uint64_t index, Frame frame) {
  const bool device = (ctx.world().load(state_.frame(frame, FrameFields::flags)) & frame_device) != 0;
  if (device || page_mapped(ctx, frame)) unmap_mapping_range(ctx, {file, index, Pages{1}});
  return remove_from_cache(ctx, file, index, frame, false);
}

}  // namespace mmulab
