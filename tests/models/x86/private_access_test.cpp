// SPDX-License-Identifier: MIT
// Run-ahead leaves the same World at the same cycle as steps do.
#include <random>

#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;

struct Traffic {
  std::vector<std::uint64_t> addresses;
};

Traffic random_traffic(std::uint32_t seed, std::size_t n) {
  std::mt19937 draw(seed);
  Traffic t;
  std::uint64_t page = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (draw() % 4 == 0) page = draw() % 3 == 0 ? 1024 + draw() % 512 : draw() % 700;
    t.addresses.push_back(page << 12 | (draw() % 3 == 0 ? AccessBuffer::store_bit : 0));
  }
  return t;
}

struct Outcome {
  Fingerprint world;
  Cycle end;
  std::uint64_t ahead = 0;
};

/// A quarter of the pages are clean and some not accessed; page 1024 on is a 2M mapping if `large`.
Outcome run(const X86Params& params, const Traffic& traffic, bool ahead, bool large, std::uint32_t cpus) {
  X86Fixture x(params, cpus);
  for (std::uint64_t page = 0; page < 700; ++page)
    x.map(mm_a, page, 100 + page, Rights{true, true}, page % 4 == 1 ? x86::pte_dirty : page % 8 == 2 ? 0x60U : 0U);
  if (large) {
    const TableId root = x.f.world.load(x.f.state.mm_root(mm_a));
    const auto next = [&](TableId t) {
      return TableId{x86::frame_of(x.f.world.load(x.f.state.entry(t, 0)).raw()).raw()};
    };
    x.f.world.store(x.f.state.entry(next(next(root)), 2), Pte{0x200000ULL << 12 | 0xe7 | x86::pte_global});
  } else {
    for (std::uint64_t page = 1024; page < 1536; ++page) x.map(mm_a, page, 5000 + page);
  }
  Outcome o;
  const auto body = [&](Context& ctx) {
    if (ctx.cpu() == CpuId{0})
      x.port->init_mm(ctx, mm_a);
    else
      ctx.work(Cycles{5000});
    x.port->switch_mm(ctx, MmId::none(), mm_a);
    AccessBuffer buffer{traffic.addresses.data(), 0, traffic.addresses.size()};
    struct Ahead : PrivateRun {
      Cycle advance(Cycle now, Cycle horizon, bool& blocked) override {
        const std::size_t before = buffer->next;
        const Cycle reached = port->access_privately(cpu, mm_a, *buffer, now, horizon);
        *ahead += buffer->next - before;
        blocked = buffer->next == buffer->end;
        return reached;
      }
      [[nodiscard]] Cycle next_end(Cycle now) const override { return port->hit_end(cpu, mm_a, *buffer, now); }
      X86Port* port = nullptr;
      CpuId cpu;
      AccessBuffer* buffer = nullptr;
      std::uint64_t* ahead = nullptr;
    };
    Ahead stretch;
    stretch.port = x.port.get();
    stretch.cpu = ctx.cpu();
    stretch.buffer = &buffer;
    stretch.ahead = &o.ahead;
    while (buffer.next < buffer.end) {
      if (ahead) x.f.host_timed->run_ahead(ctx, stretch);
      if (buffer.next == buffer.end) break;
      const std::uint64_t raw = buffer.addresses[buffer.next];
      const bool store = (raw & AccessBuffer::store_bit) != 0;
      x.touch(ctx, mm_a, (raw & ~AccessBuffer::store_bit) >> 12, store ? AccessKind::store : AccessKind::load);
      ++buffer.next;
    }
  };
  o.end = x.run(std::vector<PortFixture::Body>(cpus, body));
  o.world = x.f.world.computed_fingerprint();
  return o;
}

X86Params tiny_params() {
  X86Params p = modern_params();
  p.dtlb_4k = {1, 2};
  p.dtlb_2m = {1, 1};
  p.dtlb_1g.ways = 0;
  p.itlb_4k = {1, 2};
  p.stlb.ways = p.stlb_1g.ways = p.psc_pml4e.ways = 0;
  p.psc_pde = p.psc_pdpte = {1, 1};
  return p;
}

X86Params unified_params() {
  X86Params p = modern_params();
  p.dtlb_4k = {1, 72};
  p.dtlb_unified = p.itlb_unified = true;
  p.stlb = {128, 24};
  p.stlb_instructions = false;
  p.stlb_code = {64, 8};
  return p;
}

/// Small enough that the levels take from each other.
X86Params related_params(Replacement replacement, radix::TlbLevels levels) {
  X86Params p = modern_params();
  p.dtlb_4k = {4, 2};
  p.itlb_4k = {4, 2};
  p.stlb = {4, 4};
  p.replacement = replacement;
  p.levels = levels;
  return p;
}

std::vector<X86Params> all_params() {
  std::vector<X86Params> all = {modern_params(), tiny_params(), unified_params(), params_2_6()};
  for (const auto levels : {radix::TlbLevels::independent, radix::TlbLevels::inclusive, radix::TlbLevels::exclusive})
    for (const auto replacement : {Replacement::lru, Replacement::fifo, Replacement::tree, Replacement::random})
      all.push_back(related_params(replacement, levels));
  return all;
}

TEST_CASE("Running ahead ends at the same cycle in the same World as taking every step") {
  for (const X86Params& params : all_params())
    for (const bool large : {false, true})
      for (const std::uint32_t cpus : {1U, 2U})
        for (std::uint32_t seed = 1; seed <= 3; ++seed) {
          const Traffic traffic = random_traffic(seed, 6000);
          const Outcome steps = run(params, traffic, false, large, cpus);
          const Outcome ahead = run(params, traffic, true, large, cpus);
          CHECK(steps.ahead == 0);
          CHECK(ahead.ahead > 2000);
          CHECK(ahead.end == steps.end);
          CHECK(ahead.world == steps.world);
        }
}

TEST_CASE("No private access completes at or after the horizon") {
  X86Fixture x(modern_params());
  x.map(mm_a, 1, 8);
  std::vector<std::size_t> done;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 1);
    const std::vector<std::uint64_t> addresses(10, 1 << 12);
    for (const std::uint64_t room : {0U, 4U, 5U, 8U, 9U, 100U}) {
      AccessBuffer buffer{addresses.data(), 0, addresses.size()};
      const Cycle start{1000};
      const Cycle end = x.port->access_privately(CpuId{0}, mm_a, buffer, start, start + Cycles{room});
      done.push_back(buffer.next);
      CHECK((end - start).raw() == 4 * buffer.next);
    }
  }});
  // Four cycles each, strictly before the horizon.
  CHECK(done == std::vector<std::size_t>{0, 0, 1, 1, 2, 10});
}

}  // namespace
}  // namespace mmulab
