// SPDX-License-Identifier: MIT
// The arithmetic of the hashed page table: effective address -> VSID -> hash -> two groups of eight entries. Pure
// functions. Source: hardware.md 2.2, 2.3 (Power ISA book III, hash of 256 MiB and 1 TiB segments; Linux 2.6.22
// mmu-hash64.h: vsid_scramble, get_vsid, hpt_hash; Linux today: get_user_vsid with 68-bit virtual addresses).
// Left out: kernel regions, 65-bit virtual addresses' 1T segments. Costs nothing: the users of it charge.
#pragma once

#include "sim/units/units.h"

namespace mmulab::ppc64 {

enum class SegmentSize : std::uint8_t { s256m = 0, s1t = 1 };

constexpr unsigned shift_of(SegmentSize segment) { return segment == SegmentSize::s256m ? 28 : 40; }

/// A virtual segment id: the high part of a virtual address, unique to (context, effective segment).
class Vsid {
 public:
  constexpr Vsid() = default;
  constexpr explicit Vsid(std::uint64_t bits) : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  friend constexpr bool operator==(Vsid a, Vsid b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(Vsid a, Vsid b) { return a.bits_ != b.bits_; }

 private:
  std::uint64_t bits_ = 0;
};

/// How one kernel makes VSIDs: proto = context << esid_bits | ESID, VSID = proto * multiplier mod (2^bits - 1).
struct VsidScheme {
  std::uint64_t multiplier = 0;
  unsigned bits = 0;
  unsigned esid_bits = 0;
  SegmentSize segment = SegmentSize::s256m;
  [[nodiscard]] constexpr std::uint64_t modulus() const { return (std::uint64_t{1} << bits) - 1; }
};

inline constexpr VsidScheme linux_2_6_22_vsid{200730139, 36, 16, SegmentSize::s256m};
inline constexpr VsidScheme modern_vsid_256m{12538073, 40, 21, SegmentSize::s256m};
inline constexpr VsidScheme modern_vsid_1t{12538073, 28, 9, SegmentSize::s1t};

/// proto * multiplier mod (2^bits - 1), folded twice as the kernel does: no division.
constexpr Vsid scramble(const VsidScheme& scheme, std::uint64_t proto) {
  std::uint64_t x = proto * scheme.multiplier;
  x = (x >> scheme.bits) + (x & scheme.modulus());
  return Vsid{(x + ((x + 1) >> scheme.bits)) & scheme.modulus()};
}

constexpr Vsid vsid_of(const VsidScheme& scheme, std::uint64_t context, VirtAddr ea) {
  return scramble(scheme, context << scheme.esid_bits | ea.raw() >> shift_of(scheme.segment));
}

/// a * b mod (2^bits - 1), for a, b below it and bits <= 40, without a 128-bit product.
constexpr std::uint64_t multiply_modulo(std::uint64_t a, std::uint64_t b, unsigned bits) {
  const std::uint64_t modulus = (std::uint64_t{1} << bits) - 1;
  std::uint64_t sum = 0;
  for (unsigned at = 0; at < bits; ++at, a = a * 2 % modulus)
    if ((b >> at & 1) != 0) sum = (sum + a) % modulus;
  return sum;
}

/// The number whose product with the scheme's multiplier is 1: what a trace needs to name the owner of an entry.
constexpr std::uint64_t inverse_multiplier(const VsidScheme& scheme) {
  std::int64_t r0 = static_cast<std::int64_t>(scheme.modulus()), r1 = static_cast<std::int64_t>(scheme.multiplier);
  std::int64_t t0 = 0, t1 = 1;
  while (r1 != 0) {
    const std::int64_t q = r0 / r1;
    const std::int64_t r2 = r0 - q * r1, t2 = t0 - q * t1;
    r0 = r1, r1 = r2, t0 = t1, t1 = t2;
  }
  return static_cast<std::uint64_t>(t0 < 0 ? t0 + static_cast<std::int64_t>(scheme.modulus()) : t0);
}

/// The proto-VSID that scramble() turned into `vsid`.
constexpr std::uint64_t unscramble(const VsidScheme& scheme, Vsid vsid) {
  return multiply_modulo(vsid.raw(), inverse_multiplier(scheme), scheme.bits);
}

/// Where `ea` lies within its segment, in pages.
constexpr std::uint64_t page_in_segment(SegmentSize segment, VirtAddr ea, PageShift page) {
  return (ea.raw() & ((std::uint64_t{1} << shift_of(segment)) - 1)) >> page.raw();
}

/// The 39-bit hash; its low bits index the table.
constexpr std::uint64_t hash_of(SegmentSize segment, Vsid vsid, VirtAddr ea, PageShift page) {
  const std::uint64_t folded = segment == SegmentSize::s256m ? vsid.raw() : vsid.raw() ^ (vsid.raw() << 25);
  return (folded ^ page_in_segment(segment, ea, page)) & ((std::uint64_t{1} << 39) - 1);
}

/// Groups (PTEGs) in which a translation may be; `mask` is the number of groups minus one.
struct Groups {
  std::uint64_t primary = 0;
  std::uint64_t secondary = 0;
};
constexpr Groups groups_of(std::uint64_t hash, std::uint64_t mask) { return {hash & mask, ~hash & mask}; }

/// Number of groups that Linux 2.6.22 takes for so much memory: one for every two 4 KiB pages, at least 2^11.
constexpr std::uint64_t groups_for(Bytes memory) {
  std::uint64_t rounded = 1;
  while (rounded < memory.raw()) rounded *= 2;
  return rounded >> 13 > 2048 ? rounded >> 13 : 2048;
}

}  // namespace mmulab::ppc64
