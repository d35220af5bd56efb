// SPDX-License-Identifier: MIT
// The reverse map of file pages: from a range of a file to the ranges of VMAs that map it, and from one page to its
// ptes. Source: mm/rmap.c (page_check_address, page_mkclean, try_to_unmap), mm/prio_tree.c and later
// mm/interval_tree.c. A file's i_mmap is not kept as a tree: it is the VMA records themselves, in the order of mms and
// addresses, and i_mmap_lock guards the membership of file VMAs as it guards the tree (link, unlink, split, fork).
// i_mmap_lock is a spinlock for every kernel (mutex since 3.0, rwsem since 3.19: readers exclude each other here).
// Left out: nonlinear mappings, anon_vma, page_referenced. Cost: kernel.cost.find_vma a look at an mm's records, and
// what the walk and the strategy charge.
#pragma once

#include "models/mm/vma.h"

namespace mmulab {

/// Where a walk over the mappings of a file's range is: one VMA, and the part of it that maps the range.
struct FileMapping {
  MmId mm;
  VmaRecord vma;
  VirtPage first;
  VirtPage end;
};

inline void remember(History& history, const FileMapping& at) {
  history.learn(at.mm);
  history.learn(at.vma);
  history.learn(at.first);
  history.learn(at.end);
}

/// The pages of a file that a call is about.
struct FileRange {
  FileId file;
  std::uint64_t first = 0;
  Pages pages;
};

}  // namespace mmulab
