// SPDX-License-Identifier: MIT
// The Linux pte of ppc64 with 4 KiB and with 64 KiB pages, bit for bit. A 64 KiB page has one hash entry, or, once it
// is COMBO, one for each of its parts of 4 KiB: a bit here says that the part may have one, four bits of the pte's
// second word (here beside it, there in the page's second half) say where (real_pte_t). Source: Linux 2.6.20 / 2.6.22
// asm-powerpc/pgtable.h, pgtable-4k.h, pgtable-64k.h. Left out: swap entries, a pte for a single 4 KiB frame
// (_PAGE_4K_PFN).
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

// 64 KiB pages only.
inline constexpr std::uint64_t page_parts = 0x0ffff000;  ///< HPTE_SUB: in a COMBO pte, parts that may have an entry
inline constexpr std::uint64_t page_part0 = 0x08000000;  ///< HPTE_SUB0: of these, the first
inline constexpr std::uint64_t page_combo = 0x10000000;  ///< the page is hashed in parts
inline constexpr unsigned page_part_order = 4;

inline constexpr PteField fields_of_4k[] = {
    {page_present, "PRESENT"}, {page_user, "USER"},       {page_rw, "RW"},           {page_exec, "EXEC"},
    {page_dirty, "DIRTY"},     {page_accessed, "ACCESSED"}, {page_busy, "BUSY"},     {page_hashpte, "HASHPTE"},
    {page_secondary, "SECONDARY"}, {page_group_ix, "GROUP_IX"}, {page_stale, "STALE"}, {}};
inline constexpr PteField fields_of_64k[] = {
    {page_present, "PRESENT"}, {page_user, "USER"},         {page_rw, "RW"},     {page_exec, "EXEC"},
    {page_dirty, "DIRTY"},     {page_accessed, "ACCESSED"}, {page_busy, "BUSY"}, {page_hashpte, "HASHPTE"},
    {page_combo, "COMBO"},     {page_parts, "HPTE_SUB"},    {}};

/// What the two kinds of ptes differ in.
struct PteFormat {
  PageShift base;
  std::uint64_t slot_bits = 0;
  std::uint64_t hpteflags = 0;
  unsigned rpn_shift = 0;
  const PteField* fields = nullptr;
};
inline constexpr PteFormat pte_of_4k{PageShift{12}, page_slot_bits, page_hpteflags, page_rpn_shift,
                                     fields_of_4k};
inline constexpr PteFormat pte_of_64k{PageShift{16}, page_hashpte | page_parts | page_combo,
                                      page_hashpte | page_parts | page_combo | page_busy, 32, fields_of_64k};

/// real_pte_t.
struct RealPte {
  Pte pte;
  std::uint64_t slots = 0;  ///< of a COMBO pte: four bits a part
  [[nodiscard]] constexpr bool part_may_be_hashed(unsigned part) const { return pte.has(page_part0 >> part); }
  /// SECONDARY and GROUP_IX, as the low four bits (__rpte_to_hidx).
  [[nodiscard]] constexpr unsigned slot(unsigned part) const { return slots >> (part * 4) & 0xf; }
  [[nodiscard]] constexpr unsigned slot() const { return pte.raw() >> page_group_ix_shift & 0xf; }
};

constexpr PteLayout linux_pte_layout(const PteFormat& format) {
  PteLayout layout;
  layout.present = page_present;
  layout.write = page_rw;
  layout.user = page_user;
  layout.dirty = page_dirty;
  layout.accessed = page_accessed;
  layout.exec = page_exec;
  layout.ignored = format.hpteflags;
  layout.frame_shift = format.rpn_shift;
  layout.frame_mask = ~((std::uint64_t{1} << format.rpn_shift) - 1);
  layout.fixed = page_coherent;
  layout.fields = format.fields;
  return layout;
}

/// Doubleword 1 for a pte (hash_low_64.S, __hash_page_4K; hpte_encode_r): read-write only if RW and DIRTY, R from
/// ACCESSED, N = !EXEC, and C always, so that hardware has nothing to write back. `part`: of a page that is larger than
/// the entry.
constexpr std::uint64_t hpte_r_of(Pte pte, bool preset_c, PageSize size = PageSize::s4k,
                                  const PteFormat& format = pte_of_4k, unsigned part = 0) {
  const unsigned own = shift_of(size).raw(), base = format.base.raw();
  std::uint64_t r = (pte.raw() >> format.rpn_shift) << (own < base ? base : own) | (pte.raw() & (hpte_wimg | hpte_r));
  r |= std::uint64_t{part} << hpte_rpn_shift;
  if (size == PageSize::s64k) r |= hpte_lp_64k;
  r |= pte.has(page_rw | page_dirty) ? hpte_pp_read_write : hpte_pp_read_only;
  if (!pte.has(page_exec)) r |= hpte_n;
  return preset_c ? r | hpte_c : r;
}

}  // namespace mmulab::ppc64
