// SPDX-License-Identifier: MIT
// A long random stream of loads through TLB and TSB, beside simple simulators: which access finds its entry where, and
// in which place of the TSB a new one is put.
#include "tests/models/sparc64/sparc64_lab.h"
#include "tests/support/reference_cache.h"

namespace mmulab::test {
namespace {

const MmId mm{0};
constexpr std::uint32_t entries = 512;
constexpr std::uint64_t pages = 4096;

/// Places of the TSB that became valid during one access.
struct Stores : EventObserver {
  void on_event(const Event& e) override {
    const bool valid = (e.a & (sparc64::TsbEntry::lock_bit | sparc64::TsbEntry::invalid_bit)) == 0;
    if (e.kind == EventKind::tsb_stored && valid) stored.push_back(e.location.raw());
  }
  std::vector<std::uint64_t> stored;
};

struct Verdict {
  std::uint64_t tlb_hits = 0, tsb_hits = 0, misses = 0, differences = 0;
};

Verdict drive(std::uint64_t accesses, std::uint32_t reference_entries) {
  Sparc64Params p = tiny_params(16);
  p.tsb_entries_first = p.tsb_entries_max = entries;
  FixtureOptions options = tiny_options(1);
  options.limits.tables = 300;
  Sparc64Lab lab(options, p);
  for (std::uint64_t page = 0; page < pages; ++page) lab.map(mm, page, lab.leaf(1 + page));
  ReferenceCache tlb(1, 16, Policy::lru);
  ReferenceCache tsb(reference_entries, 1, Policy::fifo);  // one way a set: the place that the page's low bits name
  Stores stores;
  Verdict v;
  PageStream stream(11);
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    const std::uint64_t first = lab.tsb(mm).first.raw();
    lab.f.stream.subscribe(stores);
    for (std::uint64_t n = 0; n < accesses; ++n) {
      const std::uint64_t page = stream.next();
      if (lab.touch(ctx, mm, page).status != AccessResult::Status::done) ++v.differences;
      std::vector<std::uint64_t> expected;
      if (tlb.access(page)) ++v.tlb_hits;
      else if (tsb.access(page)) ++v.tsb_hits;
      else ++v.misses, expected.push_back(first + 2 * (page % entries));
      if (stores.stored != expected) ++v.differences;
      stores.stored.clear();
    }
  }});
  return v;
}

void agrees(std::uint64_t accesses) {
  const Verdict v = drive(accesses, entries);
  CHECK(v.differences == 0);
  CHECK(v.tlb_hits > accesses / 20);
  CHECK(v.tsb_hits > accesses / 20);
  CHECK(v.misses > accesses / 20);
}

TEST_CASE("Each load finds its translation, and each TSB entry is put, where simple simulators say") {
  agrees(200'000);
}

TEST_CASE("The same of ten million loads", "[.nightly]") { agrees(10'000'000); }

TEST_CASE("Simulators of a smaller TSB do not agree") { CHECK(drive(5'000, entries / 2).differences > 0); }

}  // namespace
}  // namespace mmulab::test
