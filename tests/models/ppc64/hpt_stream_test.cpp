// SPDX-License-Identifier: MIT
// A long random stream of loads through ERAT, TLB, hash table and hash faults, beside simple simulators of each: which
// access finds its entry where, in which slot a new one is put, and who had to go.
#include "tests/models/ppc64/ppc64_fixture.h"
#include "tests/support/reference_cache.h"
#include "tests/support/reference_hpt.h"

namespace mmulab::test {
namespace {

constexpr std::uint64_t pages = 4096;
constexpr std::uint32_t groups = 128;

/// What the hash table was told during one access.
struct Stores : EventObserver {
  explicit Stores(Location table) : first(table) {}
  void on_event(const Event& e) override {
    if (e.kind != EventKind::hpte_stored) return;
    const std::uint64_t slot = (e.location.raw() - first.raw()) / 2;
    if (e.b == 0) evicted.push_back(slot);
    else if ((e.b & ppc64::hpte_valid) != 0 && (e.a & ppc64::hpte_valid) == 0) inserted.push_back(slot);
  }
  Location first;
  std::vector<std::uint64_t> evicted, inserted;
};

struct Verdict {
  std::uint64_t hits[3] = {};  // ERAT, TLB, hash table
  std::uint64_t faults = 0;
  std::uint64_t evictions = 0;
  std::uint64_t differences = 0;
};

class Comparison {
 public:
  explicit Comparison(const Ppc64Params& p)
      : erat_(p.derat.sets, p.derat.ways, Policy::lru), tlb_(p.tlb.sets, p.tlb.ways, Policy::lru), hpt_(groups) {}
  /// `stores`: what the model did for this access.
  void follow(std::uint64_t page, Stores& stores) {
    std::vector<std::uint64_t> expected;
    if (erat_.use(page)) ++verdict.hits[0];
    else if (tlb_.use(page)) ++verdict.hits[1], erat_.fill(page);
    else expected = miss(page, stores);
    if (stores.inserted != expected) ++verdict.differences;
    if (expected.empty() && !stores.evicted.empty()) ++verdict.differences;
    stores.inserted.clear();
    stores.evicted.clear();
  }
  Verdict verdict;

 private:
  std::vector<std::uint64_t> miss(std::uint64_t page, const Stores& stores) {
    std::vector<std::uint64_t> expected;
    if (hpt_.holds({1, page})) {
      ++verdict.hits[2];
    } else {
      ++verdict.faults;
      auto slot = hpt_.put({1, page});
      if (slot.has_value() != stores.evicted.empty()) ++verdict.differences;
      for (const std::uint64_t gone : stores.evicted) {
        ++verdict.evictions;
        if (!hpt_.evict(gone, {1, page})) ++verdict.differences;
      }
      if (!slot) slot = hpt_.put({1, page});
      if (slot) expected.push_back(*slot);
    }
    tlb_.fill(page);
    erat_.fill(page);
    return expected;
  }
  ReferenceCache erat_, tlb_;
  ReferenceHpt hpt_;
};

Verdict drive(std::uint64_t accesses, std::uint32_t reference_ways) {
  Ppc64Params p = tiny_params();
  p.pteg_count = groups;
  p.derat = {16, 2, Replacement::lru};
  p.tlb = {64, 4, Replacement::lru};
  FixtureOptions options = ppc64_options(1);
  options.limits.tables = 64;
  Ppc64Fixture f(p, options);
  for (std::uint64_t page = 0; page < pages; ++page) f.map_page(page, 1 + page, Ppc64Fixture::rw);
  Stores stores(f.port.hpt().v(0).at);
  f.stream.subscribe(stores);
  p.tlb.ways = reference_ways;
  Comparison comparison(p);
  PageStream stream(7);
  f.run({[&](Context& ctx) {
    for (std::uint64_t n = 0; n < accesses; ++n) {
      const std::uint64_t page = stream.next();
      if (f.touch(ctx, page, AccessKind::load).status != AccessResult::Status::done) ++comparison.verdict.differences;
      comparison.follow(page, stores);
      f.log.events.clear();
    }
  }});
  return comparison.verdict;
}

void agrees(std::uint64_t accesses) {
  const Verdict v = drive(accesses, 4);
  CHECK(v.differences == 0);
  for (const std::uint64_t hits : v.hits) CHECK(hits > accesses / 100);
  CHECK(v.faults > accesses / 100);
  CHECK(v.evictions > accesses / 100);
}

TEST_CASE("Each load finds its entry, and each entry is put, where simple simulators say") { agrees(200'000); }

TEST_CASE("The same of ten million loads", "[.nightly]") { agrees(10'000'000); }

TEST_CASE("Simulators of a smaller TLB do not agree") { CHECK(drive(5'000, 3).differences > 0); }

}  // namespace
}  // namespace mmulab::test
