// SPDX-License-Identifier: MIT
#include "models/ppc64/hpt.h"
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

/// Independent of hpte.h: one bit field of the big-endian image, bit 0 the most significant of the first byte.
std::uint64_t field(const std::array<std::uint8_t, 16>& bytes, unsigned first, unsigned last) {
  std::uint64_t value = 0;
  for (unsigned bit = first; bit <= last; ++bit) value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1);
  return value;
}

TEST_CASE("The bytes of an inserted entry decode by the manual's bit numbers") {
  Ppc64Params params = test::tiny_params();
  params.pteg_count = 1U << 17;  // the table of 2^24 bytes of the worked examples
  Ppc64Fixture f(params);
  f.map_page(0x10001, 0x1234, Ppc64Fixture::rw | page_coherent);
  f.run({[&](Context& ctx) { f.touch(ctx, 0x10001, AccessKind::store); }});
  const auto found = f.matches(0x10001);
  REQUIRE(found.size() == 1);
  // Context 1, EA 0x10001000: the worked example's primary group, its byte offset 0xf36d80.
  CHECK(found[0] * 16 == 0xf36d80);
  const std::uint64_t slot = found[0];
  const auto bytes = to_bytes({f.world.load(f.port.hpt().v(slot)), f.world.load(f.port.hpt().r(slot))});
  CHECK(field(bytes, 0, 1) == 0);                   // B: 256 MiB
  CHECK(field(bytes, 2, 56) == 0x6f211e6da000 >> 7);  // AVPN
  CHECK(field(bytes, 57, 60) == 0);                 // SW: unlocked
  CHECK(field(bytes, 61, 63) == 1);                 // L, H clear, V set
  CHECK(field(bytes, 64 + 4, 64 + 51) == 0x1234);   // RPN
  CHECK(field(bytes, 64 + 55, 64 + 56) == 3);       // R and C
  CHECK(field(bytes, 64 + 57, 64 + 60) == 2);       // WIMG: M
  CHECK(field(bytes, 64 + 61, 64 + 61) == 1);       // N: the pte has no EXEC
  CHECK(field(bytes, 64 + 62, 64 + 63) == 2);       // PP: read-write
  const Hpte back = from_bytes(bytes);
  CHECK(back.v == f.world.load(f.port.hpt().v(slot)));
  CHECK(back.r == f.world.load(f.port.hpt().r(slot)));
}

TEST_CASE("Doubleword 1 follows RW and DIRTY, EXEC and ACCESSED") {
  const auto r = [](std::uint64_t flags) { return hpte_r_of(Pte{flags}, true); };
  CHECK((r(page_rw | page_dirty) & hpte_pp) == 2);
  CHECK((r(page_rw) & hpte_pp) == 3);     // clean: the first store must fault
  CHECK((r(page_dirty) & hpte_pp) == 3);
  CHECK((r(page_exec) & hpte_n) == 0);
  CHECK((r(0) & hpte_n) == hpte_n);
  CHECK((r(page_accessed) & hpte_r) == hpte_r);
  CHECK((r(0) & (hpte_r | hpte_c)) == hpte_c);
  CHECK((hpte_r_of(Pte{page_rw | page_dirty}, false) & hpte_c) == 0);
}

TEST_CASE("The user rights of PP and N are those with Ks = 0, Kp = 1") {
  const auto hpte = [](std::uint64_t r) { return Hpte{hpte_valid, r}; };
  CHECK_FALSE(hpte(0).readable());
  CHECK(hpte(1).readable());
  CHECK_FALSE(hpte(1).writable());
  CHECK(hpte(2).writable());
  CHECK(hpte(3).readable());
  CHECK_FALSE(hpte(3).writable());
  CHECK(hpte(3).executable());
  CHECK_FALSE(hpte(3 | hpte_n).executable());
  CHECK_FALSE(hpte(0).executable());
}

TEST_CASE("Hardware compares B, AVPN, L, H and V, and ignores the software bits") {
  Ppc64Fixture f(test::tiny_params());
  const HptTarget t = f.port.target(MmId{0}, VirtPage{1});
  const std::uint64_t v = t.avpn | hpte_valid;
  CHECK(Hpt::hardware_matches(v, t, false));
  CHECK(Hpt::hardware_matches(v | hpte_lock | hpte_bolted, t, false));
  CHECK_FALSE(Hpt::hardware_matches(v | hpte_large, t, false));
  CHECK_FALSE(Hpt::hardware_matches(v, t, true));
  CHECK(Hpt::hardware_matches(v | hpte_secondary, t, true));
  CHECK_FALSE(Hpt::hardware_matches(v & ~hpte_valid, t, false));
  CHECK_FALSE(Hpt::hardware_matches(v ^ (std::uint64_t{1} << 62), t, false));
  CHECK_FALSE(Hpt::hardware_matches(v ^ 0x80, t, false));
}

TEST_CASE("A tiny table tells apart all pages that the smallest real table tells apart") {
  Ppc64Fixture f(test::tiny_params());
  const HptTarget first = f.port.target(MmId{0}, VirtPage{0});
  for (std::uint64_t page = 1; page < 2048; ++page) {
    const HptTarget other = f.port.target(MmId{0}, VirtPage{page});
    CHECK_FALSE((other.avpn == first.avpn && other.groups.primary == first.groups.primary));
  }
}
}  // namespace
}  // namespace mmulab
