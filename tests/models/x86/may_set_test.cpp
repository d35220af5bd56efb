// SPDX-License-Identifier: MIT
// What could be cached (models/radix/may_set.h): what adds to it, and what takes away.
#include "models/radix/may_set.h"
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;

const Label store_entry{"test.x86.store_entry", "test_spin"};

/// One cpu, pages 1 and 2 in one table.
struct OneCpu {
  OneCpu() : x(may_set(), 1, 1, small()) {
    leaf[1] = x.map(mm_a, 1, 11, Rights{true, false});
    leaf[2] = x.map(mm_a, 2, 12, Rights{true, false});
  }
  static X86Params may_set() {
    X86Params p = modern_params();
    p.agents = TlbAgents::may_set;
    return p;
  }
  static FixtureOptions small() {
    FixtureOptions options;
    options.geometry = TableGeometry{PageShift{12}, {2, 2, 0, 0, 0}, 2};
    return options;
  }
  void run(const PortFixture::Body& body) {
    ExploredHost& host = x.f.start_explored({[&](Context& ctx) {
      x.enter(ctx, mm_a);
      body(ctx);
    }});
    host.set_shadow(x.port->mmu().shadow());
    step_to_end(host, 0);
  }
  static void store(Context& ctx, Cell<Pte> cell, Pte value) {
    ctx.step(store_entry, writes(cell), [&](Access& a) { a.write(cell, value); });
  }
  [[nodiscard]] Cell<Pte> upper() const {
    return x.f.state.entry(x.f.world.load(x.f.state.mm_root(mm_a)), 0);
  }
  [[nodiscard]] std::size_t copies(std::uint64_t page) const {
    std::vector<TranslationCopy> found;
    x.port->list_copies(mm_a, VirtPage{page}, found);
    return found.size();
  }
  [[nodiscard]] std::size_t pointers() const {
    std::vector<WalkCacheCopy> found;
    x.port->list_walk_copies(TableId{1}, found);
    return found.size();
  }

  X86Fixture x;
  Cell<Pte> leaf[3];
};

TEST_CASE("What memory gives could be cached, and what it gave until it is invalidated") {
  OneCpu one;
  std::vector<std::size_t> seen;
  one.run([&](Context& ctx) {
    seen.push_back(one.copies(1));
    OneCpu::store(ctx, one.leaf[1], Pte{});
    seen.push_back(one.copies(1));
    one.x.port->mmu().invlpg(ctx, VirtPage{2});
    seen.push_back(one.copies(1));
    one.x.port->mmu().invlpg(ctx, VirtPage{1});
    seen.push_back(one.copies(1));
    seen.push_back(one.copies(2));
  });
  CHECK(seen == std::vector<std::size_t>{1, 1, 1, 0, 1});
}

TEST_CASE("A pte that comes back is not cached twice") {
  OneCpu one;
  std::size_t both = 0, back = 0;
  one.run([&](Context& ctx) {
    const Pte old = ctx.world().load(one.leaf[1]);
    const Pte other = one.x.port->pte().make(Frame{13}, Rights{false, false}).with(x86::pte_accessed);
    OneCpu::store(ctx, one.leaf[1], other);
    both = one.copies(1);
    one.x.port->mmu().invlpg(ctx, VirtPage{1});
    OneCpu::store(ctx, one.leaf[1], old);
    OneCpu::store(ctx, one.leaf[1], other);
    back = one.copies(1);
  });
  CHECK(both == 2);
  CHECK(back == 2);
}

TEST_CASE("An entry that was never accessed cannot be cached") {
  OneCpu one;
  std::size_t cached = 1;
  one.x.f.world.store(one.leaf[1], one.x.f.world.load(one.leaf[1]).without(x86::pte_accessed));
  one.run([&](Context&) { cached = one.copies(1); });
  CHECK(cached == 0);
}

TEST_CASE("A pointer that goes leaves behind the translations that it gave, but for the page that is invalidated") {
  OneCpu one;
  std::vector<std::size_t> seen;
  one.run([&](Context& ctx) {
    OneCpu::store(ctx, one.upper(), Pte{});
    for (const std::size_t n : {one.pointers(), one.copies(1), one.copies(2)}) seen.push_back(n);
    one.x.port->mmu().invlpg(ctx, VirtPage{1});
    for (const std::size_t n : {one.pointers(), one.copies(1), one.copies(2)}) seen.push_back(n);
    OneCpu::store(ctx, one.leaf[2], Pte{});
    seen.push_back(one.copies(2));
    one.x.port->mmu().flush_current(ctx);
    seen.push_back(one.copies(2));
  });
  CHECK(seen == std::vector<std::size_t>{1, 1, 1, 0, 0, 1, 1, 0});
}

TEST_CASE("An access that used one translation has learned that no other was there") {
  OneCpu one;
  std::size_t before = 0, after = 0;
  one.run([&](Context& ctx) {
    const Pte other = one.x.port->pte().make(Frame{13}, Rights{false, false}).with(x86::pte_accessed);
    OneCpu::store(ctx, one.leaf[1], other);
    OneCpu::store(ctx, one.leaf[1], Pte{});
    before = one.copies(1);
    one.x.touch(ctx, mm_a, 1);
    after = one.copies(1);
  });
  CHECK(before == 2);
  CHECK(after == 1);
}

TEST_CASE("What has no room is left out, and that is not forgotten") {
  OneCpu one;
  std::vector<bool> cut;
  std::size_t kept = 0;
  one.run([&](Context& ctx) {
    const Shadow& shadow = *one.x.port->mmu().shadow();
    for (std::uint32_t n = 0; n <= radix::Holding::capacity; ++n) {
      cut.push_back(shadow.is_cut());
      const Pte other = one.x.port->pte().make(Frame{13 + n}, Rights{false, false}).with(x86::pte_accessed);
      OneCpu::store(ctx, one.leaf[1], other);
    }
    cut.push_back(shadow.is_cut());
    kept = one.copies(1);
    one.x.port->mmu().flush_current(ctx);
    cut.push_back(shadow.is_cut());
  });
  std::vector<bool> expected(radix::Holding::capacity + 1, false);
  expected.insert(expected.end(), {true, true});
  CHECK(cut == expected);
  CHECK(kept == radix::Holding::capacity + 1);
}

}  // namespace
}  // namespace mmulab
