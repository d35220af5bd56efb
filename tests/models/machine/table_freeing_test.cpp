// SPDX-License-Identifier: MIT
#include "models/machine/table_freeing.h"

#include "tests/support/catch.h"
#include "tests/support/port_fixture.h"

namespace mmulab {
namespace {

const Label work{"test.table_freeing_work", "test_spin"};

test::FixtureOptions two_cpus() {
  test::FixtureOptions options;
  options.topology.cores_per_socket = 2;
  options.limits.tables = 8;
  return options;
}

/// The cpu's next step takes effect; false if it has none.
bool step(ExploredHost& host, std::uint32_t cpu) {
  std::vector<Decision> decisions;
  host.list_decisions(decisions);
  for (const Decision& d : decisions) {
    if (d.agent != AgentId{cpu} || d.kind != Decision::Kind::step) continue;
    host.perform(d);
    return true;
  }
  return false;
}

std::vector<std::uint32_t> grace_periods_that_may_end(const TableFreeing& freeing, const World& world) {
  std::vector<std::uint32_t> units;
  freeing.list_enabled(world, units);
  return units;
}

TEST_CASE("A grace period waits for the walks that go on when it begins, and for no others") {
  for (const bool walks_before : {true, false}) {
    test::PortFixture f(two_cpus());
    TableFreeing freeing(f.machine(), f.state, f.locks, 4, Cycles{100});
    ExploredHost& host = f.start_explored({[&](Context& ctx) {
                                             const std::uint32_t batch = freeing.open_batch(ctx);
                                             CHECK_FALSE(freeing.add(ctx, batch, 1, TableId{3}));
                                             freeing.call_rcu(ctx, batch);
                                           },
                                           [&](Context& ctx) {
                                             freeing.begin_walk(ctx);
                                             freeing.end_walk(ctx);
                                           }});
    if (walks_before) REQUIRE(step(host, 1));
    while (step(host, 0)) {
    }
    CHECK_FALSE(freeing.idle());
    if (!walks_before) REQUIRE(step(host, 1));
    CHECK(grace_periods_that_may_end(freeing, f.world).empty() == walks_before);
    REQUIRE(step(host, 1));
    CHECK(grace_periods_that_may_end(freeing, f.world) == std::vector<std::uint32_t>{0});
  }
}

TEST_CASE("A batch is full when it has as many tables as it may hold") {
  test::PortFixture f(two_cpus());
  TableFreeing freeing(f.machine(), f.state, f.locks, 2, Cycles{100});
  bool first = true, second = false;
  ExploredHost& host = f.start_explored({[&](Context& ctx) {
                                           const std::uint32_t batch = freeing.open_batch(ctx);
                                           first = freeing.add(ctx, batch, 0, TableId{1});
                                           second = freeing.add(ctx, batch, 0, TableId{2});
                                         },
                                         [](Context&) {}});
  while (step(host, 0)) {
  }
  CHECK_FALSE(first);
  CHECK(second);
}

TEST_CASE("Who synchronises with walks waits for a cpu that has interrupts off") {
  test::PortFixture f(two_cpus());
  TableFreeing freeing(f.machine(), f.state, f.locks, 4, Cycles{100});
  f.interrupts.set_handler(Vector::call_function, [&](Context& ctx) { freeing.on_interrupt(ctx); });
  Cycle on_again, waited_until;
  f.run_timed({[&](Context& ctx) {
                 freeing.synchronise(ctx);
                 waited_until = ctx.now();
               },
               [&](Context& ctx) {
                 f.locks.irq_disable(ctx);
                 ctx.step_costing(work, Footprint{}, Cycles{9000}, [](Access&) {});
                 f.locks.irq_enable(ctx);
                 on_again = ctx.now();
                 ctx.step_costing(work, Footprint{}, Cycles{9000}, [](Access&) {});
               }});
  CHECK(on_again.raw() > 9000);
  CHECK(waited_until > on_again);
}

}  // namespace
}  // namespace mmulab
