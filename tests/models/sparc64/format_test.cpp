// SPDX-License-Identifier: MIT
// Raw words, by hand and by property. Worked examples: hardware.md 3.2.
#include <rapidcheck.h>

#include "models/sparc64/tsb_format.h"
#include "tests/support/catch.h"

namespace mmulab::sparc64 {
namespace {

TEST_CASE("The TSB pointers and tag targets of the worked examples come out") {
  CHECK(TsbRegister{0x40000000}.pointer_8k(VirtAddr{0x70012000}).raw() == 0x40000090);
  CHECK(tag_target(0, VirtAddr{0x70012000}).bits == 0x1c0);
  CHECK(TsbRegister{0x40000007}.pointer_8k(VirtAddr{0x80123456000}).raw() == 0x4001a2b0);
  CHECK(tag_target(0, VirtAddr{0x80123456000}).bits == 0x20048d);
  CHECK(TsbRegister{0x40101003}.pointer_8k(VirtAddr{0x70012000}).raw() == 0x40100090);
  CHECK(TsbRegister{0x40101003}.pointer_64k(VirtAddr{0x70012000}).raw() == 0x40110010);
}

TEST_CASE("A tag target carries the context above the address") {
  const TteTag tag = tag_target(0x1abc, VirtAddr{0x70012000});
  CHECK(tag.bits == 0x1abc0000000001c0);
  CHECK(tag.context() == 0x1abc);
  CHECK(tag.va_tag() == 0x1c0);
  CHECK_FALSE(tag.global());
  CHECK(TteTag{0x80000000000001c0}.global());
}

TEST_CASE("A raw sun4u data word decodes field by field") {
  // V, Size 3 = 4M, PA 0x1_2340_0000, CP, CV, W, G
  const TteData tte{sun4u_layout, 0xe000000123400033};
  CHECK(tte.valid());
  CHECK(tte.size() == PageSize::size_4m);
  CHECK(tte.physical().raw() == 0x123400000);
  CHECK(tte.writable());
  CHECK(tte.global());
  CHECK_FALSE(tte.privileged());
  CHECK_FALSE(tte.executable());
}

TEST_CASE("A raw sun4v data word decodes field by field") {
  // V, PA 0x1_2340_0000, CP, CV, EP (exec), W, Size 3
  const TteData tte{sun4v_layout, 0x80000001234006c3};
  CHECK(tte.valid());
  CHECK(tte.size() == PageSize::size_4m);
  CHECK(tte.physical().raw() == 0x123400000);
  CHECK(tte.writable());
  CHECK(tte.executable());
  CHECK_FALSE(tte.global());
}

TEST_CASE("The pointer equals the formula written as a concatenation of bit fields") {
  CHECK(rc::check([](std::uint64_t base, std::uint64_t va, bool split) {
    const unsigned n = *rc::gen::inRange(0U, 8U);
    const TsbRegister reg{(base & ~std::uint64_t{0x1fff}) | (split ? 0x1000U : 0U) | n};
    const auto field = [](std::uint64_t x, unsigned high, unsigned low) {
      return x >> low & ((std::uint64_t{1} << (high - low + 1)) - 1);
    };
    const unsigned low = (split ? 14 : 13) + n;
    const std::uint64_t top = base >> low << low;
    RC_ASSERT(reg.pointer_8k(VirtAddr{va}).raw() == (top | field(va, 21 + n, 13) << 4));
    const std::uint64_t half = split ? std::uint64_t{1} << (13 + n) : 0;
    RC_ASSERT(reg.pointer_64k(VirtAddr{va}).raw() == (top | half | field(va, 24 + n, 16) << 4));
  }));
}

TEST_CASE("Linux's tag is va >> 22 for every TSB of at least 512 entries") {
  CHECK(rc::check([] {
    const VirtAddr va{*rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 44)};
    const std::uint32_t entries = 512U << *rc::gen::inRange(0U, 8U);
    const TsbHash hash{PageShift{13}, 512};
    const VirtPage page = page_of(va, PageShift{13});
    RC_ASSERT(hash.tag(page) == va.raw() >> 22);
    RC_ASSERT(hash.index(page, entries) == (va.raw() >> 13 & (entries - 1)));
  }));
}

TEST_CASE("Tag and index together name the page, in tables of any size") {
  CHECK(rc::check([] {
    const std::uint32_t least = 1U << *rc::gen::inRange(0U, 12U);
    const std::uint32_t entries = least << *rc::gen::inRange(0U, 4U);
    const TsbHash hash{PageShift{13}, least};
    const VirtPage page{*rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 40)};
    RC_ASSERT(hash.page(hash.tag(page), hash.index(page, entries)) == page);
  }));
}

TEST_CASE("Hardware may write through a pte only if it is both writable and modified") {
  CHECK(rc::check([](bool write, bool dirty, bool v9) {
    const TteFormat format = v9 ? TteFormat::sun4u : TteFormat::sun4v;
    const PteLayout layout = pte_layout(format, PageShift{13});
    const auto frame = *rc::gen::inRange<std::uint64_t>(0, 1U << 20);
    Pte pte = layout.make(Frame{frame}, Rights{write, false});
    if (dirty) pte = pte.with(layout.dirty);
    const TteData tte{layout_of(format), tte_of(layout_of(format), pte)};
    RC_ASSERT(tte.writable() == (write && dirty));
    RC_ASSERT(tte.valid());
    RC_ASSERT(tte.size() == PageSize::size_8k);
    RC_ASSERT(tte.physical().raw() == frame << 13);
  }));
}

TEST_CASE("No two meanings of a pte share a bit") {
  for (TteFormat format : {TteFormat::sun4u, TteFormat::sun4v}) {
    const TteLayout& t = layout_of(format);
    std::uint64_t seen = 0;
    for (std::uint64_t mask : {t.valid, t.no_fault_only, t.physical, t.size_mask, t.locked, t.cacheable,
                               t.side_effect, t.privileged, t.writable, t.global, t.soft_present, t.soft_read,
                               t.soft_write, t.soft_modified, t.soft_accessed, t.soft_exec}) {
      CHECK((seen & mask) == 0);
      seen |= mask;
    }
  }
}

}  // namespace
}  // namespace mmulab::sparc64
