// SPDX-License-Identifier: MIT
// Into how many VMAs a region can fall apart: mprotect and munmap split (mm/mmap.c, split_vma), nothing merges.
#pragma once

#include "workloads/draft.h"

namespace mmulab::workload {

/// At most so many VMAs at once, whatever the interleaving.
std::uint64_t vma_bound(const Draft& draft, std::uint32_t region);

}  // namespace mmulab::workload
