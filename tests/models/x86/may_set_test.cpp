// SPDX-License-Identifier: MIT
// What could be cached (models/radix/may_set.h): what adds to it, and what takes away.
#include "models/radix/may_set.h"
#include "sim/exec/store_drain.h"
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

/// Its stores wait in a buffer.
struct OneCpuWithBuffer : OneCpu {
  OneCpuWithBuffer() : buffers(x.f.world, MemoryModel::tso, 1, 4), drain(buffers) {}
  void start(const PortFixture::Body& body) {
    host = &x.f.start_explored({[this, body](Context& ctx) {
      ctx.set_store_buffers(&buffers);
      buffers.delay(false);
      x.enter(ctx, mm_a);
      buffers.delay(true);
      body(ctx);
    }});
    host->set_shadow(x.port->mmu().shadow());
    host->set_store_buffers(&buffers, host->add_device(drain));
  }
  void step_until(const std::function<bool()>& done) {
    while (!done()) host->perform({Decision::Kind::step, AgentId{0}, 0});
  }
  /// The oldest store becomes visible.
  void drain_one() { host->perform({Decision::Kind::device, host->drain(), 0}); }

  StoreBuffers buffers;
  StoreDrain drain;
  ExploredHost* host = nullptr;
};

TEST_CASE("What waits in a store buffer could be cached by its own cpu's accesses alone") {
  OneCpuWithBuffer one;
  std::vector<std::size_t> seen;
  one.start([&](Context& ctx) {
    const Pte other = one.x.port->pte().make(Frame{13}, Rights{false, false}).with(x86::pte_accessed);
    OneCpu::store(ctx, one.leaf[1], other);
    seen.push_back(one.copies(1));
    one.x.touch(ctx, mm_a, 1);
    seen.push_back(one.copies(1));
    OneCpu::store(ctx, one.leaf[1], Pte{});
    seen.push_back(one.copies(1));
    one.x.port->mmu().invlpg(ctx, VirtPage{1});
    seen.push_back(one.copies(1));
  });
  one.step_until([&] { return seen.size() == 3; });
  CHECK(seen == std::vector<std::size_t>{1, 2, 2});
  one.drain_one();
  CHECK(one.copies(1) == 2);
  one.drain_one();
  CHECK(one.copies(1) == 2);
  one.step_until([&] { return seen.size() == 4; });
  CHECK(seen.back() == 0);
}

struct Uses : EventObserver {
  void on_event(const Event& event) override {
    if (event.kind == EventKind::translation_used) frames.push_back(event.frame);
  }
  std::vector<Frame> frames;
};

TEST_CASE("An access may meet what memory gives and its cpu's own store hides") {
  OneCpuWithBuffer one;
  Uses uses;
  one.x.f.stream.subscribe(uses);
  one.start([&](Context& ctx) {
    const Pte other = one.x.port->pte().make(Frame{13}, Rights{false, false}).with(x86::pte_accessed);
    OneCpu::store(ctx, one.leaf[1], other);
    for (unsigned n = 0; n < 2; ++n) one.x.touch(ctx, mm_a, 1);
  });
  one.step_until([&] { return one.buffers.waiting_of(CpuId{0}) == 1; });
  one.host->perform({Decision::Kind::step, AgentId{0}, 0}, {1});
  CHECK(one.host->asked().front().possibilities == 2);
  one.step_until([&] { return uses.frames.size() == 2; });
  CHECK(uses.frames == std::vector<Frame>{Frame{11}, Frame{13}});
}

TEST_CASE("A pointer that its cpu's own store hides may lead an access on") {
  OneCpuWithBuffer one;
  Uses uses;
  one.x.f.stream.subscribe(uses);
  one.start([&](Context& ctx) {
    OneCpu::store(ctx, one.upper(), Pte{});
    OneCpu::store(ctx, one.leaf[1], one.x.port->pte().make(Frame{13}, Rights{false, false}).with(x86::pte_accessed));
    one.x.touch(ctx, mm_a, 1);
  });
  one.step_until([&] { return one.buffers.waiting_of(CpuId{0}) == 2; });
  one.host->perform({Decision::Kind::step, AgentId{0}, 0}, {1});
  // None, the new one by the old pointer, the old one.
  CHECK(one.host->asked().front().possibilities == 3);
  CHECK(uses.frames == std::vector<Frame>{Frame{13}});
}

}  // namespace
}  // namespace mmulab
