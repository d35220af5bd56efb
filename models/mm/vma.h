// SPDX-License-Identifier: MIT
// A VMA as the kernel's code hands it about: a copy of the record. Records move within their mm's array, so code that
// gives mmap_sem or i_mmap_lock up finds its VMA again by address.
#pragma once

#include "models/mm/state.h"
#include "sim/exec/history.h"

namespace mmulab {

/// Of the word that holds a VMA's rights (1 write, 2 exec).
inline constexpr std::uint64_t vma_rights = 3;
inline constexpr std::uint64_t vma_shares_tables = 4;
inline constexpr std::uint64_t vma_huge = 8;

struct VmaRecord {
  VirtPage first;
  VirtPage end;
  Rights rights;
  VmaKind kind = VmaKind::none;
  FileId file;
  std::uint64_t offset_pages = 0;
  /// Its page tables may belong to several address spaces (VM_HUGETLB and VM_MAYSHARE).
  bool shares_tables = false;
  /// Its pages are huge (VM_HUGETLB); `first` and `end` count base pages all the same.
  bool huge = false;
  /// In the file's i_mmap, so that the file's pages are found in it.
  [[nodiscard]] bool maps_file() const { return kind != VmaKind::none && kind != VmaKind::anonymous; }
};

/// [first, end).
struct PageRange {
  VirtPage first;
  VirtPage end;
};

inline void remember(History& history, const PageRange& r) {
  history.learn(r.first);
  history.learn(r.end);
}

inline void remember(History& history, const VmaRecord& r) {
  history.learn(r.first);
  history.learn(r.end);
  history.learn(std::uint64_t{r.rights.write} | std::uint64_t{r.rights.exec} << 1);
  history.learn(static_cast<std::uint64_t>(r.kind) | std::uint64_t{r.shares_tables} << 8 | std::uint64_t{r.huge} << 9);
  history.learn(r.file);
  history.learn(r.offset_pages);
}

}  // namespace mmulab
