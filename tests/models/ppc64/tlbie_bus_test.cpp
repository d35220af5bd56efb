// SPDX-License-Identifier: MIT
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using test::Ppc64Fixture;

const Label wait_done{"test.ppc64.wait_done", "test_wait_done"};

struct Ends {
  std::uint64_t first;
  std::uint64_t second;
};
/// Two cpus send n tlbies each, from cycle 0; when each of them has finished waiting.
Ends race(std::uint64_t issue, std::uint64_t latency, bool one_at_a_time, std::uint32_t n,
          std::uint32_t sockets = 1) {
  Ppc64Params params = test::tiny_params();
  params.tlbie_queue = 4;
  params.tlbie_latency = Cycles{latency};
  params.tlbie_per_remote_socket = Cycles{70};
  params.one_tlbie_at_a_time = one_at_a_time;
  test::FixtureOptions options = test::ppc64_options(2 / sockets);
  options.topology.sockets = sockets;
  Ppc64Fixture f(params, options);
  f.costs.set("tlbie", Cycles{issue});
  f.costs.set("test_wait_done", Cycles{5});
  Ends ends{};
  const auto send = [&](Context& ctx, std::uint64_t& end) {
    for (std::uint64_t i = 0; i < n; ++i) f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{i}, 1, 0});
    const auto left = f.port.bus().outstanding(ctx.cpu());
    ctx.step_when(wait_done, reads(left), [&](const Access& a) { return a.read(left) == 0; }, [](Access&) {});
    end = ctx.now().raw();
  };
  f.run({[&](Context& ctx) { send(ctx, ends.first); }, [&](Context& ctx) { send(ctx, ends.second); }});
  return ends;
}

TEST_CASE("Where tlbies are concurrent each cpu waits for its own, where not, they queue on one bus") {
  for (const auto& [i, l] : {std::pair<std::uint64_t, std::uint64_t>{10, 1500}, {25, 400}}) {
    // Issued at i, 2i, 3i; the first completes at i + l, each next one l later. The waiter is woken a cycle later
    // and takes its 5 cycles.
    const Ends own = race(i, l, false, 3);
    CHECK(own.first == i + 3 * l + 1 + 5);
    CHECK(own.second == own.first);
    // One bus: taken in (cycle, cpu) order, so the two cpus alternate; the first one's last is the fifth of six.
    const Ends bus = race(i, l, true, 3);
    CHECK(bus.first == i + 5 * l + 1 + 5);
    CHECK(bus.second == i + 6 * l + 1 + 5);
    // A remote socket is done 70 later, and so is the sender's tlbie as a whole.
    CHECK(race(i, l, false, 3, 2).first == i + 3 * (l + 70) + 1 + 5);
  }
}

TEST_CASE("A full queue holds the sender back") {
  // Room for four: the fifth is issued when the first has completed; the bus stays busy, so the end is the same.
  CHECK(race(10, 1500, false, 6).first == 10 + 6 * 1500 + 1 + 5);
  Ppc64Fixture f(test::tiny_params());  // room for two
  f.explore({[&](Context& ctx) {
    for (std::uint64_t i = 0; i < 3; ++i) f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{i}, 1, 0});
  }});
  f.step(0);
  f.step(0);
  CHECK(f.waits(0));
  f.deliver(f.pending_tlbies()[0]);
  CHECK(f.waits(0));  // one core of two
  f.deliver(f.pending_tlbies()[0]);
  CHECK_FALSE(f.waits(0));
}

TEST_CASE("A tlbie kills copies of its page and context only, in ERAT and TLB") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.map_page(2, 6, Ppc64Fixture::rw);
  f.explore({[&](Context& ctx) {
               f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{1}, 2, 0});
               f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{1}, 1, 0});
             },
             [&](Context& ctx) {
               f.touch(ctx, 1, AccessKind::load);
               f.touch(ctx, 2, AccessKind::load);
             }});
  f.finish(1);
  f.step(0);
  f.deliver_all();
  CHECK(f.copies(1).size() == 2);
  f.step(0);
  f.deliver_all();
  CHECK(f.copies(1).empty());
  CHECK(f.copies(2).size() == 2);
  // The stream hears of each core, whether or not there was a copy: the checkers may believe in one.
  CHECK(f.log.count(EventKind::translation_dropped) == 4);
  const Event dropped = f.log.last(EventKind::translation_dropped);
  CHECK(dropped.page == VirtPage{1});
  CHECK(dropped.tag == Tag{1});
  CHECK(dropped.a == 0);
  CHECK(dropped.b == 2);
}

TEST_CASE("Each tlbie stalls every core once, and its next access pays") {
  Ppc64Params params = test::tiny_params();
  params.snoop_stall = Cycles{40};
  params.tlbie_latency = Cycles{1000};
  Ppc64Fixture f(params);
  f.file(1, 0, false, Ppc64Fixture::pte_of(5, Ppc64Fixture::rw));
  std::uint64_t before = 0, after = 0, next = 0;
  f.costs.set("test_wait_done", Cycles{5000});
  f.run({[&](Context& ctx) {
           f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{7}, 1, 0});
           f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{8}, 1, 0});
         },
         [&](Context& ctx) {
           f.touch(ctx, 1, AccessKind::load);
           ctx.step(wait_done, Footprint{}, [](Access&) {});
           before = ctx.now().raw();
           f.touch(ctx, 1, AccessKind::load);
           after = ctx.now().raw();
           f.touch(ctx, 1, AccessKind::load);
           next = ctx.now().raw();
         }});
  CHECK(after - before == 1 + 2 * 40);
  CHECK(next - after == 1);
}

TEST_CASE("More than 64 cores are all visited") {
  Ppc64Fixture f(test::tiny_params(), test::ppc64_options(70));
  f.explore({[&](Context& ctx) { f.port.bus().issue(ctx, MmId{0}, TlbKey{VirtPage{1}, 1, 0}); }});
  f.step(0);
  CHECK(f.pending_tlbies().size() == 70);
  f.deliver_all();
  CHECK(f.pending_tlbies().empty());
  CHECK(f.world.load(f.port.bus().outstanding(CpuId{0})) == 0);
}
}  // namespace
}  // namespace mmulab
