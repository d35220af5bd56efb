// SPDX-License-Identifier: MIT
// The Linux pte of ppc64 with 4 KiB pages, bit for bit. Source: Linux 2.6.20 / 2.6.22 asm-powerpc/pgtable.h and
// pgtable-4k.h. Left out: 64 KiB pages with their 16 sub-page slots in a second word, huge pages, swap entries.
#pragma once

#include "models/mm/pte.h"
#include "models/ppc64/hpte.h"

namespace mmulab::ppc64 {

inline constexpr std::uint64_t page_present = 0x0001;
inline constexpr std::uint64_t page_user = 0x0002;
inline constexpr std::uint64_t page_exec = 0x0004;
inline constexpr std::uint64_t page_coherent = 0x0010;
inline constexpr std::uint64_t page_dirty = 0x0080;
inline constexpr std::uint64_t page_accessed = 0x0100;
inline constexpr std::uint64_t page_rw = 0x0200;
inline constexpr std::uint64_t page_hashpte = 0x0400;   ///< may be in the hash table or in some TLB
inline constexpr std::uint64_t page_busy = 0x0800;      ///< somebody hashes it; everybody else waits
inline constexpr std::uint64_t page_group_ix = 0x7000;  ///< slot within its group
inline constexpr unsigned page_group_ix_shift = 12;
inline constexpr std::uint64_t page_secondary = 0x8000;
/// Not Linux: the slot bits outlived their mapping (the preset safe-deferral-tombstone; modelling.md 5 B).
inline constexpr std::uint64_t page_stale = 0x10000;
inline constexpr std::uint64_t page_slot_bits = page_hashpte | page_group_ix | page_secondary;
inline constexpr std::uint64_t page_hpteflags = page_slot_bits | page_busy | page_stale;
inline constexpr unsigned page_rpn_shift = 17;

constexpr PteLayout linux_pte_layout() {
  PteLayout layout;
  layout.present = page_present;
  layout.write = page_rw;
  layout.user = page_user;
  layout.dirty = page_dirty;
  layout.accessed = page_accessed;
  layout.exec = page_exec;
  layout.ignored = page_hpteflags;
  layout.frame_shift = page_rpn_shift;
  layout.frame_mask = ~((std::uint64_t{1} << page_rpn_shift) - 1);
  layout.fixed = page_coherent;
  return layout;
}

/// Doubleword 1 for a pte (hash_low_64.S, __hash_page_4K; hpte_encode_r): read-write only if RW and DIRTY, R from
/// ACCESSED, N = !EXEC, and C always, so that hardware has nothing to write back.
constexpr std::uint64_t hpte_r_of(Pte pte, bool preset_c, PageSize size = PageSize::s4k) {
  std::uint64_t r = (pte.raw() >> page_rpn_shift) << shift_of(size).raw() | (pte.raw() & (hpte_wimg | hpte_r));
  if (size == PageSize::s64k) r |= hpte_lp_64k;
  r |= pte.has(page_rw | page_dirty) ? hpte_pp_read_write : hpte_pp_read_only;
  if (!pte.has(page_exec)) r |= hpte_n;
  return preset_c ? r | hpte_c : r;
}

}  // namespace mmulab::ppc64
