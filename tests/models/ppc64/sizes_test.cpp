// SPDX-License-Identifier: MIT
// Pages of 16 MiB, and pages of 64 KiB that are hashed as a whole or in parts.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

constexpr MmId mm{0};

test::FixtureOptions huge_options() {
  test::FixtureOptions o = test::ppc64_options(2);
  o.geometry = TableGeometry{PageShift{12}, {4, 4, 4, 4, 0}, 4, OtherSizes{12, 0}};
  o.limits.huge_pages = true;
  return o;
}

test::FixtureOptions large_options() {
  test::FixtureOptions o = test::ppc64_options(2);
  o.geometry = TableGeometry{PageShift{16}, {4, 4, 4, 0, 0}, 3, OtherSizes{8, 4}};
  o.limits.demotions = true;
  return o;
}

/// A 64 KiB page, number 2, on frame 7.
struct LargePage {
  explicit LargePage(const Ppc64Params& params)
      : f(params, large_options()),
        at(f.map(mm, VirtPage{2}, Pte{std::uint64_t{7} << 32 | Ppc64Fixture::rw}, f.port.pte())),
        batch(f.world.allocate("test.real_ptes", 1, 3, Coherence::memory)) {}

  void touch(Context& ctx, unsigned part) {
    const VirtAddr va{std::uint64_t{2} << 16 | part << 12};
    while (f.port.access(ctx, mm, va, AccessKind::store).status == AccessResult::Status::interrupted) {
    }
  }
  void demote(Context& ctx) { f.port.demote_range(ctx, mm, VirtPage{2}, VirtPage{3}); }
  /// What a zap does: clear, note both words, flush.
  void unmap(Context& ctx) {
    const Pte old = f.change(ctx, 2, at, PteAction::clear);
    f.world.store(batch.cell<VirtPage>(0, BatchEntry::page), VirtPage{2});
    f.world.store(batch.cell<Pte>(0, BatchEntry::old_pte), old);
    f.world.store(batch.cell<std::uint64_t>(0, BatchEntry::second), f.world.load(KernelState::second_word(at)));
    Invalidation what = f.entries(1);
    what.entries = batch.first();
    what.entry_words = 3;
    f.port.invalidate(ctx, what);
  }
  void run(const Ppc64Fixture::Body& body) {
    f.explore({body});
    f.finish(0);
  }
  [[nodiscard]] std::vector<Hpte> entries() const {
    std::vector<Hpte> valid;
    for (std::uint32_t slot = 0; slot < f.port.hpt().slots(); ++slot) {
      const Hpte entry{f.world.load(f.port.hpt().v(slot)), f.world.load(f.port.hpt().r(slot))};
      if (entry.valid()) valid.push_back(entry);
    }
    return valid;
  }
  [[nodiscard]] Pte pte() const { return f.world.load(at); }

  Ppc64Fixture f;
  Cell<Pte> at;
  Region batch;
};

TEST_CASE("A huge page has one hash entry and one copy a core, whatever part of it is touched") {
  Ppc64Fixture f(test::tiny_params(), huge_options());
  f.port.boot_huge_range(mm, VirtPage{4096}, VirtPage{8192});
  const auto at = f.map_page(4096, 3, Ppc64Fixture::rw);
  f.explore({[&](Context& ctx) {
    CHECK(f.touch(ctx, 4096, AccessKind::load).status == AccessResult::Status::done);
    CHECK(f.touch(ctx, 8191, AccessKind::store).status == AccessResult::Status::done);
    CHECK(f.touch(ctx, 8192, AccessKind::load).status == AccessResult::Status::fault);
    f.note(0, 4096, f.change(ctx, 4096, at, PteAction::clear));
    CHECK(f.matches(4096).size() == 1);
    CHECK(f.core_has(0, 4096));
    f.port.invalidate(ctx, f.entries(1));
  }});
  f.finish(0);
  CHECK(f.log.count(EventKind::translation_filled) == 1);
  const Event filled = f.log.last(EventKind::translation_filled);
  CHECK(filled.page == VirtPage{4096});
  CHECK(filled.frame == Frame{3});
  CHECK((filled.b >> 8) == 12);
  CHECK(f.log.last(EventKind::hpte_stored).order == 12);
  CHECK(f.matches(4096).empty());
  CHECK_FALSE(f.core_has(0, 4096));
}

TEST_CASE("A segment that was loaded before its pages were huge is loaded again") {
  Ppc64Fixture f(test::tiny_params(), huge_options());
  f.explore({[&](Context& ctx) {
    CHECK(f.touch(ctx, 4096, AccessKind::load).status == AccessResult::Status::fault);
    f.port.open_huge_range(ctx, mm, VirtPage{4096}, VirtPage{8192});
    f.map_page(4096, 3, Ppc64Fixture::rw);
    CHECK(f.touch(ctx, 5000, AccessKind::load).status == AccessResult::Status::done);
  }});
  f.finish(0);
  CHECK(f.log.last(EventKind::translation_used).page == VirtPage{4096});
}

TEST_CASE("A 64 KiB page is hashed as a whole") {
  LargePage page(test::tiny_params());
  page.run([&](Context& ctx) {
    page.touch(ctx, 0);
    page.touch(ctx, 9);
  });
  REQUIRE(page.entries().size() == 1);
  CHECK(page.entries()[0].size() == PageSize::s64k);
  CHECK(page.entries()[0].frame(PageShift{16}) == Frame{7});
  CHECK(page.f.log.count(EventKind::translation_filled) == 1);
  CHECK_FALSE(page.pte().has(page_combo));
}

TEST_CASE("Once it is demoted its parts are hashed, the page's own entry goes, and a flush finds them all") {
  LargePage page(test::tiny_params());
  page.run([&](Context& ctx) {
    page.touch(ctx, 0);
    page.demote(ctx);
    CHECK(page.entries().size() == 1);  // nothing is flushed
    page.touch(ctx, 5);
    page.touch(ctx, 9);
    REQUIRE(page.entries().size() == 2);
    for (const Hpte& entry : page.entries()) CHECK(entry.size() == PageSize::s4k);
    CHECK(page.pte().has(page_combo | page_part0 >> 5 | page_part0 >> 9));
    CHECK_FALSE(page.pte().has(page_part0));
    CHECK(page.f.log.last(EventKind::translation_used).part == 10);
    page.unmap(ctx);
  });
  CHECK(page.entries().empty());
  CHECK(page.f.copies(2).empty());
}

TEST_CASE("If the page's own entry is left there, a flush by parts does not find it") {
  Ppc64Params params = test::tiny_params();
  params.demotion_removes_whole = false;
  LargePage page(params);
  page.run([&](Context& ctx) {
    page.touch(ctx, 0);
    page.demote(ctx);
    page.touch(ctx, 5);
    CHECK(page.entries().size() == 2);
    page.unmap(ctx);
  });
  REQUIRE(page.entries().size() == 1);
  CHECK(page.entries()[0].size() == PageSize::s64k);
}

}  // namespace
}  // namespace mmulab
