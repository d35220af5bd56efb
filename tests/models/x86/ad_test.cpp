// SPDX-License-Identifier: MIT
// The A and D rules between two steps of a walk: the explored host is driven by hand.
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;
using Status = AccessResult::Status;

/// cpu 0 stores to page 1, which is clean; cpu 1 changes the pte. `act` runs when cpu 0 is about to take `label`.
struct Race {
  explicit Race(std::uint64_t missing) : x(modern_params(), 2) {
    cell = x.map(mm_a, 1, 8, Rights{true, true}, missing);
  }
  void run(PteAction action, std::string_view label) {
    ExploredHost& host = x.f.start_explored({[&](Context& ctx) {
                                               x.enter(ctx, mm_a);
                                               first =
                                                   x.port->access(ctx, mm_a, VirtAddr{1 << 12}, AccessKind::store);
                                             },
                                             [&](Context& ctx) {
                                               PteRequest request;
                                               request.mm = mm_a;
                                               request.page = VirtPage{1};
                                               request.ptep = cell;
                                               request.action = action;
                                               seen = x.port->change_pte(ctx, request);
                                             }});
    REQUIRE(step_until(host, 0, label));
    step_to_end(host, 1);
    step_to_end(host, 0);
  }
  X86Fixture x;
  Cell<Pte> cell;
  AccessResult first;
  Pte seen;
};

TEST_CASE("The D assist faults, and writes nothing, if W vanished after the entry was read") {
  Race race(x86::pte_dirty);
  race.run(PteAction::wrprotect, "x86.set_ad");
  CHECK(race.first.status == Status::fault);
  CHECK(race.first.protection);
  CHECK((race.x.f.world.load(race.cell.at) & (x86::pte_dirty | x86::pte_write)) == 0);
  CHECK(race.x.log.count(EventKind::translation_used) == 0);
}

TEST_CASE("The D assist faults, and leaves the entry empty, if P vanished") {
  Race race(x86::pte_dirty);
  race.run(PteAction::clear, "x86.set_ad");
  CHECK(race.first.status == Status::fault);
  CHECK_FALSE(race.first.protection);
  CHECK(race.x.f.world.load(race.cell.at) == 0);
}

TEST_CASE("A clear that comes after the D assist sees the dirty bit") {
  Race race(x86::pte_dirty);
  race.run(PteAction::clear, "x86.fill");
  CHECK(race.seen.has(x86::pte_dirty));
  // The walk in flight may still fill: the kernel has yet to invalidate.
  CHECK(race.first.status == Status::done);
}

TEST_CASE("An entry is cached only after A has been set in memory") {
  Race race(x86::pte_accessed | x86::pte_dirty);
  race.run(PteAction::young, "x86.fill");
  CHECK(race.seen.has(x86::pte_accessed | x86::pte_dirty));
}

TEST_CASE("A is set at every level on the way down") {
  X86Fixture x(modern_params());
  x.map(mm_a, 1, 8, Rights{true, true}, x86::pte_accessed);
  std::vector<Cell<Pte>> path;
  TableId table = x.f.world.load(x.f.state.mm_root(mm_a));
  for (std::size_t level = 3; level > 0; --level) {
    path.push_back(x.f.state.entry(table, 0));
    table = TableId{x86::frame_of(x.f.world.load(path.back()).raw()).raw()};
    x.f.world.store(path.back(), x.f.world.load(path.back()).without(x86::pte_accessed));
  }
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 1);
  }});
  for (const auto& cell : path) CHECK((x.f.world.load(cell).raw() & 0x60) == 0x20);
}

TEST_CASE("A speculative fill sets A and never D, and a store then needs its own assist") {
  X86Fixture x(modern_params());
  const auto cell = x.map(mm_a, 1, 8, Rights{true, true}, x86::pte_accessed | x86::pte_dirty);
  std::uint64_t after_fill = 0, used_before = 0;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.speculate(ctx, 1);
    after_fill = ctx.world().load(cell.at);
    used_before = x.log.count(EventKind::translation_used);
    x.touch(ctx, mm_a, 1, AccessKind::store);
  }});
  CHECK((after_fill & 0x60) == 0x20);
  CHECK(used_before == 0);
  CHECK(x.log.count(EventKind::translation_filled) == 2);
  CHECK((x.f.world.load(cell.at) & 0x60) == 0x60);
}

TEST_CASE("A speculative fill of an absent page has no effect and no fault") {
  X86Fixture x(modern_params());
  x.map(mm_a, 1, 8);
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.speculate(ctx, 2);
  }});
  CHECK(x.log.count(EventKind::translation_filled) == 0);
  CHECK(x.log.count(EventKind::translation_dropped) == 1);  // the switch's own CR3 write
}

TEST_CASE("An invalidation between two steps of a walk keeps it from filling") {
  X86Params p = modern_params();
  p.broadcast = true;
  X86Fixture b(p, 2);
  const auto cell = b.map(mm_a, 1, 8);
  AccessResult result;
  ExploredHost& host = b.f.start_explored({[&](Context& ctx) {
                                             b.enter(ctx, mm_a);
                                             result =
                                                 b.port->access(ctx, mm_a, VirtAddr{1 << 12}, AccessKind::load);
                                           },
                                           [&](Context& ctx) {
                                             PteRequest request;
                                             request.mm = mm_a;
                                             request.page = VirtPage{1};
                                             request.ptep = cell;
                                             request.action = PteAction::clear;
                                             b.port->change_pte(ctx, request);
                                             Invalidation what;
                                             what.mm = mm_a;
                                             b.port->invalidate(ctx, what);
                                           }});
  REQUIRE(step_until(host, 0, "x86.fill"));
  step_to_end(host, 1);
  step_to_end(host, 0);
  CHECK(result.status == Status::interrupted);
  CHECK_FALSE(b.cached(0, 1));
}

}  // namespace
}  // namespace mmulab
