// SPDX-License-Identifier: MIT
// The accessors, as Linux 2.6.22 writes them.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

constexpr std::uint64_t hashed = page_hashpte | page_secondary | 0x5000;

struct Change {
  std::uint64_t old;
  std::uint64_t left;
};
/// Applies one action to a pte with these bits, frame 5.
Change apply(std::uint64_t flags, PteAction action, std::uint64_t value = 0, bool in_place = false,
             bool tombstones = false) {
  Ppc64Fixture f(test::tiny_params());
  f.port.set_modify_in_place(in_place);
  f.port.set_tombstones(tombstones ? Port::Tombstones::kept : Port::Tombstones::none);
  const auto at = f.map_page(1, 5, flags);
  Change change{};
  f.run({[&](Context& ctx) { change.old = f.change(ctx, 1, at, action, Pte{value}).raw(); }});
  change.left = f.world.load(at).raw();
  return change;
}
std::uint64_t five(std::uint64_t flags) { return Ppc64Fixture::pte_of(5, flags).raw(); }
std::uint64_t six(std::uint64_t flags) { return Ppc64Fixture::pte_of(6, flags).raw(); }

TEST_CASE("clear, clear_full and modify_start return the old pte with its slot and leave nothing") {
  for (const PteAction action : {PteAction::clear, PteAction::clear_full, PteAction::modify_start}) {
    const Change c = apply(Ppc64Fixture::rw | hashed, action);
    CHECK(c.old == five(Ppc64Fixture::rw | hashed));
    CHECK(c.left == 0);
  }
}
TEST_CASE("wrprotect clears RW and nothing else: the slot stays") {
  CHECK(apply(Ppc64Fixture::rw | hashed, PteAction::wrprotect).left ==
        five((Ppc64Fixture::rw & ~page_rw) | hashed));
}
TEST_CASE("young clears ACCESSED and keeps the slot") {
  CHECK(apply(Ppc64Fixture::rw | hashed, PteAction::young).left ==
        five((Ppc64Fixture::rw & ~page_accessed) | hashed));
}
TEST_CASE("set strips everything that concerns the hash table, and returns the pte that it replaced") {
  const Change over = apply(Ppc64Fixture::ro | hashed, PteAction::set, six(Ppc64Fixture::rw | hashed | page_busy));
  CHECK(over.old == five(Ppc64Fixture::ro | hashed));
  CHECK(over.left == six(Ppc64Fixture::rw));
  CHECK(apply(0, PteAction::modify_commit, six(Ppc64Fixture::rw | hashed)).left == six(Ppc64Fixture::rw));
}
TEST_CASE("set over a present pte is two stores: nothing in between") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::ro | hashed);
  f.run({[&](Context& ctx) { f.change(ctx, 1, at, PteAction::set, Pte{six(Ppc64Fixture::rw)}); }});
  REQUIRE(f.log.count(EventKind::pte_stored) == 2);
  CHECK(f.log.events[f.log.events.size() - 2].b == 0);
  CHECK(f.log.last(EventKind::pte_stored).a == 0);
}
TEST_CASE("access_flags only raises, and only DIRTY, ACCESSED, RW and EXEC") {
  const Change c =
      apply(Ppc64Fixture::ro | hashed, PteAction::access_flags, six(page_rw | page_dirty | page_exec));
  CHECK(c.left == five(Ppc64Fixture::rw | page_exec | hashed));
}
TEST_CASE("modify-in-place carries HASHPTE and the slot over, and the pte is none in between") {
  const Change start = apply(Ppc64Fixture::rw | hashed, PteAction::modify_start, 0, true);
  CHECK(start.left == hashed);
  CHECK(linux_pte_layout(pte_of_4k).none(Pte{start.left}));
  Ppc64Fixture f(test::tiny_params());
  f.port.set_modify_in_place(true);
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw | hashed);
  f.run({[&](Context& ctx) {
    f.change(ctx, 1, at, PteAction::modify_start);
    f.change(ctx, 1, at, PteAction::modify_commit, Pte{five(Ppc64Fixture::ro)});
  }});
  CHECK(f.world.load(at).raw() == five(Ppc64Fixture::ro | hashed));
}
TEST_CASE("A tombstone keeps the slot of what was cleared, is none, and is merged into the next mapping") {
  const Change c = apply(Ppc64Fixture::rw | hashed, PteAction::clear, 0, false, true);
  CHECK(c.left == (hashed | page_stale));
  CHECK(linux_pte_layout(pte_of_4k).none(Pte{c.left}));
  CHECK(apply(Ppc64Fixture::rw, PteAction::clear, 0, false, true).left == 0);
  const Change over = apply(Ppc64Fixture::ro | hashed, PteAction::set, six(Ppc64Fixture::rw), false, true);
  CHECK(over.left == six(Ppc64Fixture::rw | hashed | page_stale));
  CHECK(over.old == five(Ppc64Fixture::ro | hashed));
}
TEST_CASE("Only HASHPTE says that a copy may exist") {
  Ppc64Fixture f(test::tiny_params());
  CHECK(f.port.may_be_cached(Pte{page_hashpte}));
  CHECK_FALSE(f.port.may_be_cached(Pte{Ppc64Fixture::rw}));
}
TEST_CASE("Every accessor waits while the pte is BUSY, the twin that does not goes ahead") {
  for (const bool honours : {true, false}) {
    for (const PteAction action : {PteAction::clear, PteAction::wrprotect, PteAction::set, PteAction::modify_start,
                                   PteAction::young, PteAction::access_flags}) {
      Ppc64Params params = test::tiny_params();
      params.pte_update_honours_busy = honours;
      Ppc64Fixture f(params);
      const auto at = f.map_page(1, 5, Ppc64Fixture::ro | page_busy | page_hashpte);
      f.explore({[&](Context& ctx) { f.change(ctx, 1, at, action, Pte{six(Ppc64Fixture::rw)}); }});
      CHECK(f.waits(0) == honours);
      f.world.store(at, f.world.load(at).without(page_busy));
      CHECK_FALSE(f.waits(0));
      f.finish(0);
    }
  }
}
}  // namespace
}  // namespace mmulab
