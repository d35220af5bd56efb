// SPDX-License-Identifier: MIT
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;
using Status = AccessResult::Status;

constexpr std::uint64_t line = 200;    // a line from memory, as the fixture has it
constexpr std::uint64_t upgrade = 60;  // a line held for reading becomes writable

X86Costs other_costs() {
  X86Costs c;
  c.l1_hit = Cycles{1};
  c.stlb_hit = Cycles{9};
  c.walk_start = Cycles{100};
  c.walk_level = Cycles{1000};
  c.ad_assist = Cycles{7};
  return c;
}

TEST_CASE("A leaf entry has the bits that the manual gives it") {
  X86Fixture x(modern_params());
  const auto cell = x.map(mm_a, 5, 0x1234, Rights{true, false});
  const std::uint64_t word = x.f.world.load(cell.at);
  // P 0, W 1, U 2, A 5, D 6, NX 63, frame from bit 12.
  CHECK(word == (1ULL << 63 | 0x1234ULL << 12 | 1ULL << 6 | 1ULL << 5 | 1ULL << 2 | 1ULL << 1 | 1ULL));
  // The read-only, executable, never touched twin.
  CHECK(x.port->pte().make(Frame{1}, Rights{false, true}).raw() == 0x1005);
}

TEST_CASE("A four-level walk costs its start, four entries and the access, under any costs") {
  for (const X86Costs& cost : {X86Costs{}, other_costs()}) {
    X86Params p = modern_params();
    p.cost = cost;
    X86Fixture x(p);
    x.map(mm_a, 0, 7);
    x.map(mm_a, 1, 8);
    std::uint64_t first = 0, same_line = 0, hit = 0;
    x.run({[&](Context& ctx) {
      x.enter(ctx, mm_a);
      first = x.cycles_of(ctx, mm_a, 0);
      same_line = x.cycles_of(ctx, mm_a, 1);
      hit = x.cycles_of(ctx, mm_a, 1);
    }});
    // Four tables, so four lines that nobody holds yet.
    CHECK(first == cost.walk_start.raw() + 4 * (cost.walk_level.raw() + line) + cost.l1_hit.raw());
    // The PDE is cached and the leaf entry's line is held.
    CHECK(same_line == cost.walk_start.raw() + cost.walk_level.raw() + cost.l1_hit.raw());
    CHECK(hit == cost.l1_hit.raw());
  }
}

TEST_CASE("Each paging-structure cache saves exactly the levels above its entry") {
  for (const X86Costs& cost : {X86Costs{}, other_costs()}) {
    X86Params p = modern_params();
    p.cost = cost;
    X86Fixture x(p);
    const std::uint64_t pd = 512, pdpt = 512 * 512, pml4 = 512ULL * 512 * 512;
    for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{1}, pd, pdpt, pml4}) x.map(mm_a, page, 7);
    std::vector<std::uint64_t> cycles;
    x.run({[&](Context& ctx) {
      x.enter(ctx, mm_a);
      for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{1}, pd, pdpt, pml4})
        cycles.push_back(x.cycles_of(ctx, mm_a, page));
    }});
    const std::uint64_t fixed = cost.walk_start.raw() + cost.l1_hit.raw();
    // Neighbouring entries share a line; a new table is a new line.
    CHECK(cycles[1] == fixed + 1 * cost.walk_level.raw());
    CHECK(cycles[2] == fixed + 2 * cost.walk_level.raw() + 1 * line);
    CHECK(cycles[3] == fixed + 3 * cost.walk_level.raw() + 2 * line);
    CHECK(cycles[4] == fixed + 4 * cost.walk_level.raw() + 3 * line);
  }
}

TEST_CASE("Without paging-structure caches every walk reads four entries") {
  X86Params p = modern_params();
  p.psc_pde.ways = p.psc_pdpte.ways = p.psc_pml4e.ways = 0;
  X86Fixture x(p);
  x.map(mm_a, 0, 7);
  x.map(mm_a, 1, 8);
  std::uint64_t second = 0;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 0);
    second = x.cycles_of(ctx, mm_a, 1);
  }});
  CHECK(second == 12 + 4 * 14 + 4);
}

TEST_CASE("The fifth page of a four-way set comes back from the second level") {
  X86Fixture x(modern_params());
  for (std::uint64_t n = 0; n < 5; ++n) x.map(mm_a, n * 16, 10 + n);  // 16 sets: all in set 0
  std::uint64_t again = 0, then = 0;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    for (std::uint64_t n = 0; n < 5; ++n) x.touch(ctx, mm_a, n * 16);
    again = x.cycles_of(ctx, mm_a, 0);  // evicted by page 64; promoted now
    then = x.cycles_of(ctx, mm_a, 0);
  }});
  CHECK(again == 4 + 8);
  CHECK(then == 4);
}

TEST_CASE("Setting A costs one assist and the upgrade of the entry's line") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7);
  const auto cell = x.map(mm_a, 1, 8, Rights{true, true}, x86::pte_accessed | x86::pte_dirty);
  std::uint64_t load = 0, store = 0, again = 0;
  std::uint64_t after_load = 0, after_store = 0;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 0);
    load = x.cycles_of(ctx, mm_a, 1);
    after_load = ctx.world().load(cell.at);
    store = x.cycles_of(ctx, mm_a, 1, AccessKind::store);
    after_store = ctx.world().load(cell.at);
    again = x.cycles_of(ctx, mm_a, 1, AccessKind::store);
  }});
  CHECK(load == 12 + 14 + (40 + upgrade) + 4);
  CHECK((after_load & 0x60) == 0x20);  // A, not D
  CHECK(store == 12 + 14 + 40 + 4);    // through an entry with D clear: walk again, the line is owned by now
  CHECK((after_store & 0x60) == 0x60);
  CHECK(again == 4);
}

TEST_CASE("A 2M page ends the walk at the PDE and is one entry for all its pages") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7);
  const TableId root = x.f.world.load(x.f.state.mm_root(mm_a));
  const auto next = [&](TableId t) {
    return TableId{x86::frame_of(x.f.world.load(x.f.state.entry(t, 0)).raw()).raw()};
  };
  const TableId directory = next(next(root));
  // PDE 1: P, W, U, A, D, PS.
  x.f.world.store(x.f.state.entry(directory, 1), Pte{0x200000ULL << 12 | 0xe7});
  std::uint64_t first = 0, other = 0;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 0);
    first = x.cycles_of(ctx, mm_a, 512 + 3);
    other = x.cycles_of(ctx, mm_a, 512 + 511, AccessKind::store);
  }});
  CHECK(first == 12 + 14 + 4);  // the PDPTE is cached: the PDE alone, and its line is held
  CHECK(other == 4);
  const Event used = x.log.events.back();
  CHECK(used.kind == EventKind::translation_used);
  CHECK(used.frame == Frame{0x200000 + 511});
}

TEST_CASE("A 1G page ends the walk at the PDPTE") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7);
  const TableId root = x.f.world.load(x.f.state.mm_root(mm_a));
  const TableId pdpt{x86::frame_of(x.f.world.load(x.f.state.entry(root, 0)).raw()).raw()};
  x.f.world.store(x.f.state.entry(pdpt, 2), Pte{0x80000ULL << 12 | 0xe7});
  std::uint64_t first = 0, other = 0;
  const std::uint64_t gigabyte = 512 * 512;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 0);
    first = x.cycles_of(ctx, mm_a, 2 * gigabyte);
    other = x.cycles_of(ctx, mm_a, 2 * gigabyte + 77777);
  }});
  CHECK(first == 12 + 14 + 4);
  CHECK(other == 4);
  CHECK(x.log.events.back().frame == Frame{0x80000 + 77777});
}

TEST_CASE("Rights are those of all levels together, and a fault leaves nothing cached for its page") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7, Rights{true, true});
  x.map(mm_a, 1, 8, Rights{false, false});
  x.map(mm_a, 512, 9, Rights{true, true});
  const TableId root = x.f.world.load(x.f.state.mm_root(mm_a));
  const auto next = [&](TableId t) {
    return TableId{x86::frame_of(x.f.world.load(x.f.state.entry(t, 0)).raw()).raw()};
  };
  const auto pde1 = x.f.state.entry(next(next(root)), 1);
  x.f.world.store(pde1, x.f.world.load(pde1).without(x86::pte_write).with(x86::pte_no_exec));
  bool cached_after_fault = true;
  std::vector<AccessResult> results;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    const auto once = [&](std::uint64_t page, AccessKind kind) {
      results.push_back(x.port->access(ctx, mm_a, VirtAddr{page << 12}, kind));
    };
    once(0, AccessKind::store);
    once(1, AccessKind::load);
    once(1, AccessKind::store);
    cached_after_fault = x.cached(0, 1);
    once(1, AccessKind::fetch);
    once(512, AccessKind::load);
    once(512, AccessKind::store);
    once(512, AccessKind::fetch);
    once(2, AccessKind::load);
    once(std::uint64_t{1} << 30, AccessKind::load);
  }});
  const auto is = [&](std::size_t n, Status status, bool protection) {
    return results[n].status == status && results[n].protection == protection;
  };
  CHECK(is(0, Status::done, false));
  CHECK(is(1, Status::done, false));
  CHECK(is(2, Status::fault, true));
  CHECK_FALSE(cached_after_fault);
  CHECK(is(3, Status::fault, true));
  CHECK(is(4, Status::done, false));
  CHECK(is(5, Status::fault, true));
  CHECK(is(6, Status::fault, true));
  CHECK(is(7, Status::fault, false));
  CHECK(is(8, Status::fault, false));
}

TEST_CASE("Fetches fill the instruction side and loads the data side, the second level serves both") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7);
  std::uint64_t fetch = 0;
  bool data_before = true;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 0);
    const auto& tlbs = x.port->mmu().tlbs();
    const auto set = PeekWords{
        ctx.world(), tlbs.set_first(CoreId{0}, tlbs.first_level(x86::Side::instruction, 0), VirtPage{0})};
    data_before = set.get(0) == 0;
    fetch = x.cycles_of(ctx, mm_a, 0, AccessKind::fetch);
  }});
  CHECK(data_before);
  CHECK(fetch == 4 + 8);
}

TEST_CASE("Tiny tables of four entries walk like big ones") {
  FixtureOptions options;
  options.geometry = TableGeometry(PageShift{12}, {2, 2, 2, 0, 0}, 3);
  X86Params p = modern_params();
  p.dtlb_4k = p.itlb_4k = {1, 2};
  p.dtlb_unified = p.itlb_unified = true;
  p.stlb.ways = p.stlb_1g.ways = p.psc_pml4e.ways = 0;
  p.psc_pde = p.psc_pdpte = {1, 1};
  X86Fixture x(p, 1, 1, options);
  for (const std::uint64_t page : {0U, 1U, 4U, 63U}) x.map(mm_a, page, 7);
  std::vector<std::uint64_t> cycles;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    for (const std::uint64_t page : {0U, 1U, 4U, 63U, 4U, 0U}) cycles.push_back(x.cycles_of(ctx, mm_a, page));
  }});
  // Three tables; then the PDE alone; then two levels and one new table; then all three, two of them new.
  CHECK(cycles[0] == 12 + 3 * (14 + line) + 4);
  CHECK(cycles[1] == 12 + 14 + 4);
  CHECK(cycles[2] == 12 + 2 * 14 + line + 4);
  CHECK(cycles[3] == 12 + 3 * 14 + 2 * line + 4);
  CHECK(cycles[4] == 4);                // two entries: 63 and 4
  CHECK(cycles[5] == 12 + 3 * 14 + 4);  // one walk-cache entry a level, and both lead to page 63
}

}  // namespace
}  // namespace mmulab
