// SPDX-License-Identifier: MIT
#include <rapidcheck.h>

#include "models/ppc64/linux_pte.h"
#include "tests/support/catch.h"

namespace mmulab::ppc64 {
namespace {

/// The rows of hardware.md 2.10.
struct Row {
  const char* name;
  std::uint64_t vsid, ea;
  unsigned htab_log2;
  SegmentSize segment;
  unsigned page_shift;
  std::uint64_t hash, primary, secondary, byte_offset, avpn;
};
constexpr SegmentSize small = SegmentSize::s256m;
constexpr SegmentSize large = SegmentSize::s1t;
const Row rows[] = {
    {"2.6.22 ctx=1", 0x6f211e6da, 0x10000000, 24, small, 12, 0x6f211e6da, 0x1e6da, 0x1925, 0xf36d00,
     0x6f211e6da000},
    {"next page", 0x6f211e6da, 0x10001000, 24, small, 12, 0x6f211e6db, 0x1e6db, 0x1924, 0xf36d80, 0x6f211e6da000},
    {"64K pages", 0x1e0f1cdae, 0xfffe123000, 26, small, 16, 0x1e0f1c3bc, 0x1c3bc, 0x63c43, 0xe1de00,
     0x1e0f1cdaee00},
    {"raw VSID", 0xabcde1234, 0x23456789, 18, small, 12, 0xabcde2662, 0x662, 0x19d, 0x33100, 0xabcde1234300},
    {"modern 256M", 0x1750330da5, 0x7fff00001000, 30, small, 16, 0x1750330da5, 0x330da5, 0x4cf25a, 0x1986d280,
     0x1750330da5000},
    {"modern 1T", 0xb68cdc, 0x7fff00001000, 30, large, 16, 0x19b8498cdc, 0x498cdc, 0x367323, 0x24c66e00,
     0x4000b68cdcff0000},
    {"modern 1T 4K", 0xb68cdc, 0x7fff00001000, 24, large, 12, 0x19b7468cdd, 0x8cdd, 0x17322, 0x466e80,
     0x4000b68cdcff0000},
    {"raw 1T 16M", 0x2aaaaa, 0x7f1234567890, 28, large, 24, 0x55542ab89e, 0xab89e, 0x154761, 0x55c4f00,
     0x40002aaaaa123400},
};

TEST_CASE("The published worked examples come out, digit for digit") {
  for (const Row& row : rows) {
    INFO(row.name);
    const std::uint64_t hash = hash_of(row.segment, Vsid{row.vsid}, VirtAddr{row.ea}, PageShift{row.page_shift});
    const Groups groups = groups_of(hash, (std::uint64_t{1} << (row.htab_log2 - 7)) - 1);
    CHECK(hash == row.hash);
    CHECK(groups.primary == row.primary);
    CHECK(groups.secondary == row.secondary);
    CHECK(groups.primary * 128 == row.byte_offset);
    CHECK(avpn_of(row.segment, Vsid{row.vsid}, VirtAddr{row.ea}, PageShift{row.page_shift}) == row.avpn);
  }
}

TEST_CASE("The published contexts scramble to the published VSIDs") {
  CHECK(vsid_of(linux_2_6_22_vsid, 1, VirtAddr{0x10000000}).raw() == 0x6f211e6da);
  CHECK(vsid_of(linux_2_6_22_vsid, 5, VirtAddr{0xfffe123000}).raw() == 0x1e0f1cdae);
  CHECK(vsid_of(modern_vsid_256m, 0x123, VirtAddr{0x7fff00001000}).raw() == 0x1750330da5);
  CHECK(vsid_of(modern_vsid_1t, 0x123, VirtAddr{0x7fff00001000}).raw() == 0xb68cdc);
}

__extension__ typedef unsigned __int128 Wide;

TEST_CASE("The folded scramble is the plain product modulo 2^n - 1") {
  CHECK(rc::check([] {
    const VsidScheme scheme = *rc::gen::element(linux_2_6_22_vsid, modern_vsid_256m, modern_vsid_1t);
    const unsigned proto_bits = scheme.bits == 36 ? 35 : scheme.bits == 40 ? 40 : 28;
    const std::uint64_t proto =
        *rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()) & ((std::uint64_t{1} << proto_bits) - 1);
    const auto plain = static_cast<std::uint64_t>(Wide{proto} * scheme.multiplier % scheme.modulus());
    RC_ASSERT(scramble(scheme, proto).raw() == plain);
    if (proto != scheme.modulus()) RC_ASSERT(unscramble(scheme, scramble(scheme, proto)) == proto);
  }));
}

TEST_CASE("Primary and secondary hash are those of the Power ISA's bit-field form") {
  CHECK(rc::check([] {
    const auto vsid = *rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()) & 0x3fffffffff;
    const auto ea = *rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()) & 0xfffffffffff;
    const auto shift = *rc::gen::element(12U, 16U, 24U);
    const auto size = *rc::gen::inRange(0U, 13U);
    const std::uint64_t mask = (std::uint64_t{1} << (11 + size)) - 1;
    // ISA: low 39 bits of the VSID, xor of the page index; 1T: xor of the VSID shifted by 25, modulo 2^39.
    const std::uint64_t h256 =
        vsid % (std::uint64_t{1} << 39) ^ ea % (std::uint64_t{1} << 28) / (std::uint64_t{1} << shift);
    const std::uint64_t h1t = vsid % (std::uint64_t{1} << 39) ^
                              vsid * (std::uint64_t{1} << 25) % (std::uint64_t{1} << 39) ^
                              ea % (std::uint64_t{1} << 40) / (std::uint64_t{1} << shift);
    RC_ASSERT(hash_of(small, Vsid{vsid}, VirtAddr{ea}, PageShift{shift}) == h256);
    RC_ASSERT(hash_of(large, Vsid{vsid}, VirtAddr{ea}, PageShift{shift}) == h1t);
    const Groups groups = groups_of(h256, mask);
    RC_ASSERT(groups.primary + groups.secondary == mask);
    RC_ASSERT(groups.primary == h256 % (mask + 1));
  }));
}

TEST_CASE("Linux 2.6.22 takes a group for every two pages, and never fewer than 2048") {
  CHECK(groups_for(Bytes{1ULL << 20}) == 2048);
  CHECK(groups_for(Bytes{1ULL << 30}) == 131072);
  CHECK(groups_for(Bytes{(1ULL << 30) + 1}) == 262144);
}

TEST_CASE("An entry's owner can be read back from doubleword 0 and its group, in real and in tiny tables") {
  CHECK(rc::check([] {
    const auto page = *rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()) & 0xffffffff;
    const auto context = *rc::gen::inRange<std::uint64_t>(1, 0x10000);
    const auto groups = *rc::gen::element<std::uint64_t>(2, 4, 64, 2048, 8192, 1 << 17);
    const bool secondary = *rc::gen::arbitrary<bool>();
    const VirtAddr ea{page << 12};
    const auto size = *rc::gen::element(PageSize::s4k, PageSize::s64k, PageSize::s16m);
    const AvpnLayout layout(linux_2_6_22_vsid, groups);
    const Vsid vsid = vsid_of(linux_2_6_22_vsid, context, ea);
    const Groups g = groups_of(hash_of(small, vsid, ea, shift_of(size)), layout.group_mask());
    const std::uint64_t v = layout.avpn(vsid, ea, size) | hpte_valid | (secondary ? hpte_secondary : 0);
    const Hpte entry{v, hpte_r_of(Pte{}, true, size)};
    RC_ASSERT(entry.size() == size);
    const AvpnLayout::Owner owner = layout.owner(entry, secondary ? g.secondary : g.primary);
    RC_ASSERT(owner.context == context);
    RC_ASSERT(owner.page == first_of(VirtPage{page}, size));
  }));
}

TEST_CASE("A pte is told by the names of its bits, and says a frame, a slot or neither") {
  const PteLayout layout = linux_pte_layout(pte_of_4k);
  // Frame 1 at bit 17; present, user, coherent (not told), accessed, HASHPTE, slot 2 of the secondary group.
  CHECK(pte_text(layout, Pte{0x20000 | 0x1 | 0x2 | 0x10 | 0x100 | 0x400 | 0x8000 | 0x2000}) ==
        "0x2a513: frame 1, PRESENT USER ACCESSED HASHPTE SECONDARY GROUP_IX=0x2");
  CHECK(pte_text(layout, Pte{}) == "0x0");
  CHECK(pte_text(layout, Pte{0x400}) == "0x400: HASHPTE");
  // Accessed, but neither present nor of any number: what clearing has left.
  CHECK(pte_text(layout, Pte{0x500}) == "0x500: ACCESSED HASHPTE");
  CHECK(pte_text(layout, layout.entry(EntryKind::swap, 3, Pte{})) == "0x80000: swap slot 3");
}

}  // namespace
}  // namespace mmulab::ppc64
