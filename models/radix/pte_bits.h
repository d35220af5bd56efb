// SPDX-License-Identifier: MIT
// The x86-64 page-table entry, bit by bit (Intel SDM vol. 3, 4.5, tables 4-15 to 4-20; AMD64 vol. 2, 5.3-5.4). All
// levels share the layout; an upper entry's frame field holds the TableId of the next table instead of its frame
// number. Left out: PWT, PCD, PAT, protection keys, reserved-bit checks. Costs nothing.
#pragma once

#include "models/mm/pte.h"

namespace mmulab::radix {

inline constexpr std::uint64_t pte_present = 1U << 0;
inline constexpr std::uint64_t pte_write = 1U << 1;
inline constexpr std::uint64_t pte_user = 1U << 2;
inline constexpr std::uint64_t pte_accessed = 1U << 5;
inline constexpr std::uint64_t pte_dirty = 1U << 6;
/// In an entry of level 1 (PDE) or 2 (PDPTE): it maps a 2M or 1G page and ends the walk.
inline constexpr std::uint64_t pte_large = 1U << 7;
inline constexpr std::uint64_t pte_global = 1U << 8;
inline constexpr std::uint64_t pte_no_exec = std::uint64_t{1} << 63;
inline constexpr std::uint64_t pte_frame_mask = 0x000f'ffff'ffff'f000;
inline constexpr unsigned pte_frame_shift = 12;
/// The highest level at which a leaf may sit: 1G pages in the PDPT.
inline constexpr std::size_t leaf_level_max = 2;

inline constexpr PteField pte_fields[] = {{pte_present, "P"},  {pte_write, "RW"},    {pte_user, "US"},
                                          {pte_accessed, "A"}, {pte_dirty, "D"},     {pte_large, "PS"},
                                          {pte_global, "G"},   {pte_no_exec, "XD"}, {}};

[[nodiscard]] constexpr PteLayout pte_layout() {
  PteLayout layout;
  layout.fields = pte_fields;
  layout.present = pte_present;
  layout.write = pte_write;
  layout.user = pte_user;
  layout.dirty = pte_dirty;
  layout.accessed = pte_accessed;
  layout.no_exec = pte_no_exec;
  layout.global = pte_global;
  layout.frame_shift = pte_frame_shift;
  layout.frame_mask = pte_frame_mask;
  return layout;
}

[[nodiscard]] constexpr Frame frame_of(std::uint64_t entry) {
  return Frame{(entry & pte_frame_mask) >> pte_frame_shift};
}

inline constexpr std::uint64_t rights_mask = pte_write | pte_user | pte_no_exec;

/// SDM 4.6, 4.10.2.2: rights of a translation are those of every level together, W and U by AND, NX by OR.
[[nodiscard]] constexpr std::uint64_t combine_rights(std::uint64_t above, std::uint64_t entry) {
  const std::uint64_t granted = pte_write | pte_user;
  return (entry & ~granted) | (entry & above & granted) | (above & pte_no_exec);
}

}  // namespace mmulab::radix
