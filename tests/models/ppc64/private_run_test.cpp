// SPDX-License-Identifier: MIT
// Run-ahead is exact: nobody can tell from the final World and cycle how the accesses were made.
#include <ctime>
#include <iostream>

#include "sim/units/mix.h"
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

const Label think{"test.ppc64.think", "test_think"};

/// Mostly near pages, some far; a third are stores.
std::vector<std::uint64_t> traffic(std::uint64_t seed, std::size_t n, std::uint64_t pages) {
  std::vector<std::uint64_t> addresses;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t draw = mix(seed * 1000003 + i);
    const std::uint64_t page = draw % 4 != 0 ? draw / 8 % 4 : draw / 8 % pages;
    addresses.push_back(page << 12 | (draw % 3 == 0 ? AccessBuffer::store_bit : 0));
  }
  return addresses;
}

struct Reader : PrivateRun {
  Reader(Ppc64Fixture& fixture, CpuId c, const std::vector<std::uint64_t>& addresses) : f(fixture), cpu(c) {
    buffer.addresses = addresses.data();
    buffer.end = addresses.size();
  }
  Cycle advance(Cycle now, Cycle horizon, bool& blocked) override {
    const std::size_t before = buffer.next;
    const Cycle reached = f.port.access_privately(cpu, MmId{0}, buffer, now, horizon);
    private_accesses += buffer.next - before;
    blocked = buffer.next == buffer.end;
    return reached;
  }
  [[nodiscard]] Cycle next_end(Cycle now) const override { return f.port.hit_end(cpu, MmId{0}, buffer, now); }
  void read_all(Context& ctx, bool ahead) {
    while (buffer.next != buffer.end) {
      if (ahead) f.host_timed->run_ahead(ctx, *this);
      if (buffer.next == buffer.end) break;
      const std::uint64_t word = buffer.addresses[buffer.next++];
      const bool store = (word & AccessBuffer::store_bit) != 0;
      f.touch(ctx, (word & ~AccessBuffer::store_bit) >> 12, store ? AccessKind::store : AccessKind::load);
    }
  }
  Ppc64Fixture& f;
  CpuId cpu;
  AccessBuffer buffer;
  std::size_t private_accesses = 0;
};

struct Outcome {
  Fingerprint world;
  std::vector<std::uint64_t> ends;
  std::size_t ahead = 0;
};
struct Setup {
  Ppc64Params params;
  std::uint32_t threads = 1;
  bool flusher = false;
  Cycles hit{1};
};

/// Readers on all cpus but the last, which flushes pages now and then if asked to.
Outcome run(const Setup& setup, std::uint64_t seed, bool ahead) {
  test::FixtureOptions options = test::ppc64_options(2, setup.threads);
  options.limits.tables = 64;
  Ppc64Fixture f(setup.params, options);
  f.costs.set("erat_hit", setup.hit);
  f.costs.set("erat_miss", Cycles{12});
  f.costs.set("pteg_search", Cycles{30});
  f.costs.set("tlb_fill", Cycles{2});
  f.costs.set("rc_update", Cycles{20});
  f.costs.set("hash_fault_entry", Cycles{60});
  f.costs.set("test_think", Cycles{700});
  std::vector<Cell<Pte>> ptes;
  for (std::uint64_t p = 0; p < 40; ++p) ptes.push_back(f.map_page(p, p + 1, Ppc64Fixture::rw));
  const std::uint32_t cpus = options.topology.cpus();
  std::vector<std::vector<std::uint64_t>> streams;
  for (std::uint32_t c = 0; c < cpus; ++c) streams.push_back(traffic(seed * 10 + c, 3000, 40));
  std::vector<Reader> readers;
  for (std::uint32_t c = 0; c < cpus; ++c) readers.emplace_back(f, CpuId{c}, streams[c]);
  Outcome outcome;
  outcome.ends.resize(cpus);
  std::vector<Ppc64Fixture::Body> bodies;
  for (std::uint32_t c = 0; c < cpus; ++c)
    bodies.push_back([&, c](Context& ctx) {
      if (setup.flusher && c + 1 == cpus) {
        for (std::uint64_t i = 0; i < 40; ++i) {
          ctx.step(think, Footprint{}, [](Access&) {});
          const std::uint64_t page = mix(seed + i) % 8;
          // young keeps the mapping: the readers never fault, but HPTE and copies die.
          f.note(0, page, f.change(ctx, page, ptes[page], PteAction::young));
          f.port.invalidate(ctx, f.entries(1));
        }
      } else {
        readers[c].read_all(ctx, ahead);
      }
      outcome.ends[c] = ctx.now().raw();
    });
  f.run(bodies);
  for (const Reader& r : readers) outcome.ahead += r.private_accesses;
  outcome.world = f.world.computed_fingerprint();
  return outcome;
}

TEST_CASE("Accesses made in silence and accesses made by steps end in the same World at the same cycle") {
  std::vector<Setup> setups;
  for (const bool parallel : {false, true})
    for (const std::uint32_t threads : {1U, 2U})
      for (const bool flusher : {false, true}) {
        Setup s;
        s.params = test::tiny_params();
        s.params.tlb = {2, 4, Replacement::lru};
        s.params.parallel_search = parallel;
        s.params.preset_c = !parallel;
        s.params.tlbie_latency = Cycles{300};
        s.params.snoop_stall = Cycles{parallel ? 25U : 0U};
        s.threads = threads;
        s.flusher = flusher;
        setups.push_back(s);
      }
  // While so long a hit waits for its turn, some copies die.
  setups.push_back(setups[1]);
  setups.back().hit = Cycles{90};
  setups.push_back({});  // a real geometry
  setups.back().params.tlb.replacement = Replacement::random;
  for (const Setup& setup : setups)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Outcome slow = run(setup, seed, false);
      const Outcome fast = run(setup, seed, true);
      CHECK(fast.ends == slow.ends);
      CHECK(fast.world == slow.world);
      CHECK(slow.ahead == 0);
      // The real geometry holds every page; the tiny one misses a lot, and hash faults are never private.
      CHECK(fast.ahead > 100);
    }
}

TEST_CASE("What needs the table's owner, software or a byte store is left to the ordered path") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  f.map_page(2, 6, Ppc64Fixture::rw);
  const std::uint64_t addresses[] = {1 << 12, 1 << 12 | AccessBuffer::store_bit, 2 << 12};
  f.run({[&](Context& ctx) {
    const auto stops_at = [&](std::size_t n) {
      AccessBuffer buffer;
      buffer.addresses = addresses + n;
      buffer.end = 1;
      const Cycle now = ctx.now();
      const Cycle reached = f.port.access_privately(CpuId{0}, MmId{0}, buffer, now, now + Cycles{1000000});
      return buffer.next == 0 && reached == now;
    };
    CHECK(stops_at(0));  // SLB miss
    f.touch(ctx, 1, AccessKind::load);
    CHECK_FALSE(stops_at(0));
    CHECK(stops_at(1));  // protection
    CHECK(stops_at(2));  // hash fault
  }});
}

TEST_CASE("An access that would not be over before the horizon is not begun") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  const std::uint64_t addresses[] = {1 << 12, 1 << 12, 1 << 12};
  f.costs.set("erat_hit", Cycles{10});
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    AccessBuffer buffer;
    buffer.addresses = addresses;
    buffer.end = 3;
    const Cycle now = ctx.now();
    CHECK(f.port.access_privately(CpuId{0}, MmId{0}, buffer, now, now + Cycles{20}) == now + Cycles{10});
    CHECK(buffer.next == 1);
    CHECK(f.port.access_privately(CpuId{0}, MmId{0}, buffer, now, now + Cycles{21}) == now + Cycles{20});
    CHECK(buffer.next == 3);
  }});
}

/// Not a test of correctness: prints rates. Run by name: test_ppc64 "[rate]".
void measure(const char* name, const Ppc64Params& params, std::uint64_t pages, bool local) {
  test::FixtureOptions options = test::ppc64_options(1);
  options.limits.tables = 64;
  Ppc64Fixture f(params, options);
  for (std::uint64_t p = 0; p < pages; ++p) f.map_page(p, p + 1, Ppc64Fixture::rw);
  std::vector<std::uint64_t> addresses;
  for (std::uint64_t i = 0; i < 1 << 20; ++i) addresses.push_back((local ? i / 8 : mix(i)) % pages << 12);
  f.run({[&](Context& ctx) {
    for (std::uint64_t p = 0; p < pages; ++p) f.touch(ctx, p, AccessKind::store);
    AccessBuffer buffer;
    buffer.addresses = addresses.data();
    buffer.end = addresses.size();
    std::uint64_t done = 0;
    const std::clock_t begin = std::clock();
    for (int round = 0; round < 20; ++round) {
      buffer.next = 0;
      f.port.access_privately(CpuId{0}, MmId{0}, buffer, ctx.now(), never);
      done += buffer.next;
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::cout << name << ": " << static_cast<double>(done) / seconds / 1e6 << " M accesses a cpu second\n";
  }});
}
TEST_CASE("Rates of run-ahead", "[.rate]") {
  Ppc64Params fully = {};
  fully.derat = {1, 48, Replacement::lru};
  measure("970, 64 pages, 8 touches each", Ppc64Params{}, 64, true);
  measure("970, 64 pages, uniform", Ppc64Params{}, 64, false);
  measure("970, 800 pages, uniform: TLB hits", Ppc64Params{}, 800, false);
  measure("970, 4000 pages, uniform: walks", Ppc64Params{}, 4000, false);
  measure("fully associative 48, 32 pages, uniform", fully, 32, false);
}
}  // namespace
}  // namespace mmulab
