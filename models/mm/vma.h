// SPDX-License-Identifier: MIT
// A VMA as the kernel's code hands it about: a copy of the record. Records move within their mm's array, so code that
// gives mmap_sem or i_mmap_lock up finds its VMA again by address.
#pragma once

#include "models/mm/state.h"

namespace mmulab {

struct VmaRecord {
  VirtPage first;
  VirtPage end;
  Rights rights;
  VmaKind kind = VmaKind::none;
  FileId file;
  std::uint64_t offset_pages = 0;
  /// In the file's i_mmap, so that the file's pages are found in it.
  [[nodiscard]] bool maps_file() const { return kind != VmaKind::none && kind != VmaKind::anonymous; }
};

}  // namespace mmulab
