// SPDX-License-Identifier: MIT
// Ten million accesses through the one TLB and through a simple simulator of each policy: every hit is a hit there.
#include "models/machine/tlb.h"
#include "tests/support/catch.h"
#include "tests/support/reference_cache.h"

namespace mmulab::test {
namespace {

constexpr std::uint64_t accesses = 10'000'000;

struct Counts {
  std::uint64_t hits = 0;
  std::uint64_t differences = 0;
};

Counts drive(Replacement replacement, Policy policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t count) {
  World world;
  const Tlb tlb(world, "tlb", 1, TlbGeometry{sets, ways, replacement});
  ReferenceCache reference(sets, ways, policy);
  PageStream stream(sets * 64 + ways);
  Counts counts;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t page = stream.next();
    RawWords set{world.untracked_words(tlb.set_first(CoreId{0}, tlb.set_of(VirtPage{page})))};
    const TlbKey key{VirtPage{page}, 1, 0};
    const std::uint32_t way = tlb.find(set, key);
    const bool hit = way != Tlb::absent;
    if (hit) tlb.touch(set, way);
    else tlb.insert(set, key, page);
    counts.hits += hit ? 1U : 0U;
    counts.differences += reference.access(page) == hit ? 0U : 1U;
  }
  return counts;
}

struct Case {
  Replacement replacement;
  Policy policy;
};

TEST_CASE("A TLB hits and misses as textbooks say, to the last of 10^7 accesses") {
  for (const Case& c : {Case{Replacement::lru, Policy::lru}, Case{Replacement::fifo, Policy::fifo},
                        Case{Replacement::random, Policy::random}, Case{Replacement::tree, Policy::tree}}) {
    INFO("policy " << static_cast<int>(c.policy));
    const Counts many = drive(c.replacement, c.policy, 64, 8, accesses);
    CHECK(many.differences == 0);
    CHECK(many.hits > accesses / 10);
    CHECK(many.hits < accesses - accesses / 100);
    for (const std::uint32_t sets : {1U, 4U})
      for (const std::uint32_t ways : {1U, 2U, 4U, 16U})
        CHECK(drive(c.replacement, c.policy, sets, ways, accesses / 40).differences == 0);
  }
}

TEST_CASE("The comparison tells one policy from another") {
  CHECK(drive(Replacement::lru, Policy::tree, 4, 4, 10'000).differences > 0);
  CHECK(drive(Replacement::tree, Policy::lru, 4, 4, 10'000).differences > 0);
  CHECK(drive(Replacement::fifo, Policy::lru, 4, 4, 10'000).differences > 0);
  CHECK(drive(Replacement::random, Policy::fifo, 4, 4, 10'000).differences > 0);
}

}  // namespace
}  // namespace mmulab::test
