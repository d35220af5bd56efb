// SPDX-License-Identifier: MIT
// Ten million accesses through both levels of a core's TLBs and through two simple caches one behind the other. What
// the first level forgets the second may keep and the other way round: neither includes nor excludes the other.
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/reference_cache.h"

namespace mmulab {
namespace {

using namespace test;

/// The levels as textbooks have them: a second-level hit is copied into the first, a miss fills both.
class ReferenceLevels {
 public:
  explicit ReferenceLevels(const X86Params& p)
      : first_(p.dtlb_4k.sets, p.dtlb_4k.ways, Policy::lru), second_(p.stlb.sets, p.stlb.ways, Policy::lru) {}
  /// 1, 2, or 0 for a miss.
  unsigned access(std::uint64_t page) {
    if (first_.use(page)) return 1;
    const bool in_second = second_.use(page);
    first_.fill(page);
    if (!in_second) second_.fill(page);
    return in_second ? 2 : 0;
  }

 private:
  ReferenceCache first_;
  ReferenceCache second_;
};

struct Counts {
  std::uint64_t of[3] = {};
  std::uint64_t differences = 0;
};

Counts drive(const X86Params& p, const X86Params& reference_params, std::uint64_t accesses) {
  World world;
  const radix::TlbHierarchy tlbs(world, "tlbs", Topology{}, TableGeometry{PageShift{12}, {9, 9, 9, 9, 0}, 4}, p);
  ReferenceLevels reference(reference_params);
  PageStream stream(accesses);
  const auto view = [&](Location at) { return RawWords{world.untracked_words(at)}; };
  constexpr std::uint64_t kinds = 1;  // pages of 4K alone
  const CoreId core{0};
  Counts counts;
  for (std::uint64_t n = 0; n < accesses; ++n) {
    const VirtPage page{stream.next()};
    const auto hit = tlbs.find(view, kinds, core, radix::Side::data, page, radix::tag_of(0, 1));
    const bool found = hit.array != radix::TlbHierarchy::no_array;
    const unsigned level = !found ? 0 : hit.second_level ? 2 : 1;
    if (found) tlbs.use(view, core, radix::Side::data, page, hit);
    else tlbs.fill(view, core, radix::Side::data, page, 0, radix::tag_of(0, 1), page.raw() << 12 | 1);
    ++counts.of[level];
    counts.differences += reference.access(page.raw()) == level ? 0U : 1U;
  }
  return counts;
}

TEST_CASE("Both levels hit and miss as two caches behind one another, to the last of 10^7 accesses") {
  X86Params p = modern_params();
  p.dtlb_4k = {16, 4};
  p.stlb = {128, 8};
  const Counts counts = drive(p, p, 10'000'000);
  CHECK(counts.differences == 0);
  for (const std::uint64_t each : counts.of) CHECK(each > 100'000);
}

TEST_CASE("A second level with a way less is told from the first access that misses it") {
  X86Params p = modern_params();
  p.stlb = {128, 8};
  X86Params other = p;
  other.stlb = {128, 7};
  CHECK(drive(p, other, 100'000).differences > 0);
}

}  // namespace
}  // namespace mmulab
