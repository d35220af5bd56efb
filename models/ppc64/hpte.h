// SPDX-License-Identifier: MIT
// A hashed page-table entry: two big-endian doublewords, bit for bit. Source: hardware.md 2.1 (Power ISA before
// 3.0; Linux mmu-hash64.h, QEMU mmu-hash64.h). Left out: POWER9's moved B field, keys.
// Costs nothing: the users of it charge.
#pragma once

#include <array>

#include "models/ppc64/hash.h"
#include "models/ppc64/page_size.h"

namespace mmulab::ppc64 {

// Doubleword 0.
inline constexpr unsigned hpte_b_shift = 62;
inline constexpr std::uint64_t hpte_b = std::uint64_t{3} << hpte_b_shift;
inline constexpr std::uint64_t hpte_avpn = 0x3fffffffffffff80;
inline constexpr std::uint64_t hpte_bolted = 0x10;  ///< software: never evicted
inline constexpr std::uint64_t hpte_lock = 0x08;    ///< software: held by whoever changes the entry
inline constexpr std::uint64_t hpte_large = 0x04;  ///< L: not 4 KiB; LP tells which size
inline constexpr std::uint64_t hpte_secondary = 0x02;  ///< H
inline constexpr std::uint64_t hpte_valid = 0x01;      ///< V
/// What hardware compares: B, AVPN, L, H and V (and LP if L is set); the software bits are ignored.
inline constexpr std::uint64_t hpte_hardware_compare =
    hpte_b | hpte_avpn | hpte_large | hpte_secondary | hpte_valid;

// Doubleword 1.
inline constexpr unsigned hpte_rpn_shift = 12;
inline constexpr std::uint64_t hpte_rpn = 0x0ffffffffffff000;
inline constexpr std::uint64_t hpte_lp_64k = 0x1000;  ///< LP: the real page number's low bits, if L is set
inline constexpr std::uint64_t hpte_r = 0x100;  ///< referenced: in the second byte from below
inline constexpr std::uint64_t hpte_c = 0x80;   ///< changed: in the lowest byte, together with N and PP
inline constexpr std::uint64_t hpte_wimg = 0x78;
inline constexpr std::uint64_t hpte_m = 0x10;
inline constexpr std::uint64_t hpte_n = 0x04;   ///< no execute
inline constexpr std::uint64_t hpte_pp = 0x03;
inline constexpr std::uint64_t hpte_pp_read_write = 2;
inline constexpr std::uint64_t hpte_pp_read_only = 3;

inline constexpr std::uint32_t slots_per_group = 8;
/// Page bits that the smallest real table (2^11 groups) implies by its index, and AVPN therefore leaves out.
inline constexpr unsigned implied_bits = 11;

struct Hpte {
  std::uint64_t v = 0;
  std::uint64_t r = 0;
  [[nodiscard]] constexpr bool valid() const { return (v & hpte_valid) != 0; }
  [[nodiscard]] constexpr SegmentSize segment() const { return static_cast<SegmentSize>(v >> hpte_b_shift & 3); }
  [[nodiscard]] constexpr PageSize size() const {
    if ((v & hpte_large) == 0) return PageSize::s4k;
    return (r & hpte_lp_64k) != 0 ? PageSize::s64k : PageSize::s16m;
  }
  /// A page frame as the kernel counts them: in base pages, or in pages of a larger page's own size.
  [[nodiscard]] constexpr Frame frame(PageShift base = PageShift{12}) const {
    const unsigned own = shift_of(size()).raw();
    return Frame{(r & hpte_rpn) >> (own < base.raw() ? base.raw() : own)};
  }
  /// With Ks = 0, Kp = 1, as user code sees it.
  [[nodiscard]] constexpr bool readable() const { return (r & hpte_pp) != 0; }
  [[nodiscard]] constexpr bool writable() const { return (r & hpte_pp) == hpte_pp_read_write; }
  [[nodiscard]] constexpr bool executable() const { return readable() && (r & hpte_n) == 0; }
};

/// B and AVPN of doubleword 0: virtual address >> 23, less what a larger page leaves out.
constexpr std::uint64_t avpn_of(SegmentSize segment, Vsid vsid, VirtAddr ea, PageShift page) {
  const unsigned shift = shift_of(segment);
  const std::uint64_t offset = ea.raw() & ((std::uint64_t{1} << shift) - 1);
  std::uint64_t abbreviated = vsid.raw() << (shift - 23) | offset >> 23;
  if (page.raw() > 23) abbreviated &= ~((std::uint64_t{1} << (page.raw() - 23)) - 1);
  return (std::uint64_t{static_cast<std::uint8_t>(segment)} << hpte_b_shift) | (abbreviated << 7 & hpte_avpn);
}

/// Tables of fewer than 2^11 groups exist only in this lab, for exploration. Their index does not imply the page
/// bits that AVPN leaves out, so those are kept in bits 51..61, which VSIDs of 36 bits never reach; everything
/// that compares AVPNs then tells the same pages apart as in the smallest real table.
inline constexpr unsigned tiny_page_shift = 51;

/// Doubleword 0 as one table lays it out, without H and V.
class AvpnLayout {
 public:
  AvpnLayout(const VsidScheme& scheme, std::uint64_t groups)
      : scheme_(scheme), mask_(groups - 1), tiny_(groups < (std::uint64_t{1} << implied_bits)) {}

  [[nodiscard]] std::uint64_t avpn(Vsid vsid, VirtAddr ea, PageSize size = PageSize::s4k) const {
    const PageShift shift = shift_of(size);
    const std::uint64_t real =
        avpn_of(scheme_.segment, vsid, ea, shift) | (size == PageSize::s4k ? 0 : hpte_large);
    return tiny_ ? real | (page_in_segment(scheme_.segment, ea, shift) & implied_mask) << tiny_page_shift : real;
  }
  /// Whose translation an entry of `group` is: what the hash and the scramble can be inverted to.
  struct Owner {
    std::uint64_t context = 0;
    VirtPage page;  ///< 4 KiB
  };
  [[nodiscard]] Owner owner(const Hpte& entry, std::uint64_t group) const {
    const std::uint64_t v = entry.v;
    const unsigned order = order_of(entry.size());
    const unsigned segment_bits = shift_of(scheme_.segment) - 23;
    const std::uint64_t real =
        (v & hpte_avpn & (tiny_ ? (std::uint64_t{1} << tiny_page_shift) - 1 : ~std::uint64_t{0})) >> 7;
    const Vsid vsid{real >> segment_bits};
    const std::uint64_t hash = (v & hpte_secondary) != 0 ? ~group : group;
    const std::uint64_t folded =
        scheme_.segment == SegmentSize::s256m ? vsid.raw() : vsid.raw() ^ (vsid.raw() << 25);
    const std::uint64_t low = (tiny_ ? v >> tiny_page_shift : hash ^ folded) << order & implied_mask;
    const std::uint64_t in_segment = (real & ((std::uint64_t{1} << segment_bits) - 1)) << implied_bits | low;
    const std::uint64_t proto = unscramble(scheme_, vsid);
    const std::uint64_t esid = proto & ((std::uint64_t{1} << scheme_.esid_bits) - 1);
    return {proto >> scheme_.esid_bits, VirtPage{esid << (shift_of(scheme_.segment) - 12) | in_segment}};
  }
  [[nodiscard]] std::uint64_t group_mask() const { return mask_; }

 private:
  static constexpr std::uint64_t implied_mask = (std::uint64_t{1} << implied_bits) - 1;
  VsidScheme scheme_;
  std::uint64_t mask_;
  bool tiny_;
};

/// As it lies in memory.
constexpr std::array<std::uint8_t, 16> to_bytes(const Hpte& hpte) {
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(hpte.v >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(hpte.r >> (56 - 8 * i));
  }
  return bytes;
}
constexpr Hpte from_bytes(const std::array<std::uint8_t, 16>& bytes) {
  Hpte hpte;
  for (unsigned i = 0; i < 8; ++i) {
    hpte.v = hpte.v << 8 | bytes[i];
    hpte.r = hpte.r << 8 | bytes[8 + i];
  }
  return hpte;
}

}  // namespace mmulab::ppc64
