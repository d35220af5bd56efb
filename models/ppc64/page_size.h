// SPDX-License-Identifier: MIT
// The page sizes that a segment may have, and how large pages are told from one another in a hash entry: L in
// doubleword 0, LP in the low bits of the real page number. Source: hardware.md 2.1; Linux 2.6.22 mmu-hash64.h
// (mmu_psize_defs: penc 0 for 16 MiB, 1 for 64 KiB). Left out: 1 MiB, 16 GiB, pages of several sizes in one segment.
#pragma once

#include "models/machine/tlb.h"

namespace mmulab::ppc64 {

enum class PageSize : std::uint8_t { s4k, s64k, s16m };

constexpr PageShift shift_of(PageSize size) {
  return PageShift{size == PageSize::s4k ? 12U : size == PageSize::s64k ? 16U : 24U};
}
/// log2 of the 4 KiB pages in one.
constexpr unsigned order_of(PageSize size) { return shift_of(size).raw() - 12; }
/// Hardware's page numbers count 4 KiB pages; a larger page has the number of its first one.
constexpr VirtPage first_of(VirtPage page, PageSize size) {
  return VirtPage{page.raw() >> order_of(size) << order_of(size)};
}
/// A copy's key: page numbers as above.
constexpr TlbKey key_of(VirtPage page, std::uint64_t context, PageSize size) {
  return TlbKey{first_of(page, size), static_cast<std::uint32_t>(context), static_cast<unsigned>(size)};
}
/// A part of a base page has its number there, plus 1; what is not less than a page, 0.
constexpr std::uint8_t part_of(VirtPage page, PageSize size, PageShift base) {
  if (size != PageSize::s4k || base == PageShift{12}) return 0;
  return static_cast<std::uint8_t>((page.raw() & ((std::uint64_t{1} << (base.raw() - 12)) - 1)) + 1);
}
/// What selects the set of an ERAT or TLB.
constexpr VirtPage index_of(TlbKey key) {
  return VirtPage{key.page().raw() >> order_of(static_cast<PageSize>(key.size_code()))};
}

}  // namespace mmulab::ppc64
