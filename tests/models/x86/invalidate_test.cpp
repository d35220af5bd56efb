// SPDX-License-Identifier: MIT
// What each invalidating instruction kills and spares: SDM vol. 3, 4.10.4.1.
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;
using x86::InvpcidType;

/// Two mms on one cpu, under PCID 1 (mm_a) and 2 (mm_b). Page 1 of each is ordinary, page 2 of mm_a global, page 3
/// of mm_a in the same table as 1; all cached. The cpu runs mm_a when `op` does its work.
struct Survivors {
  bool one = false, global = false, three = false, other = false;
  std::uint64_t walk_of_four = 0;
};

Survivors survivors_of(const std::function<void(Context&, x86::Mmu&)>& op) {
  X86Fixture x(modern_params());
  x.map(mm_a, 1, 11);
  x.map(mm_a, 3, 13);
  x.map(mm_a, 4, 14);
  x.map(mm_b, 1, 21);
  const auto global = x.map(mm_a, 2, 12);
  x.f.world.store(global, x.f.world.load(global).with(x86::pte_global));
  Survivors s;
  x.run({[&](Context& ctx) {
    x.port->init_mm(ctx, mm_b);
    x.enter(ctx, mm_a);
    for (const std::uint64_t page : {1U, 2U, 3U}) x.touch(ctx, mm_a, page);
    x.port->switch_mm(ctx, mm_a, mm_b);
    x.touch(ctx, mm_b, 1);
    x.port->switch_mm(ctx, mm_b, mm_a);
    op(ctx, x.port->mmu());
    s.one = x.cached_under(0, 1, 1);
    s.global = x.cached_under(0, 2, 1);
    s.three = x.cached_under(0, 3, 1);
    s.other = x.cached_under(0, 1, 2);
    s.walk_of_four = x.cycles_of(ctx, mm_a, 4);
  }});
  return s;
}

constexpr std::uint64_t short_walk = 12 + 14 + 4;
constexpr std::uint64_t full_walk = 12 + 4 * 14 + 4;  // all lines are held by then

void expect(const Survivors& s, bool one, bool global, bool three, bool other, std::uint64_t walk) {
  CHECK(s.one == one);
  CHECK(s.global == global);
  CHECK(s.three == three);
  CHECK(s.other == other);
  CHECK(s.walk_of_four == walk);
}

TEST_CASE("Nothing is lost by switching to another PCID and back") {
  expect(survivors_of([](Context&, x86::Mmu&) {}), true, true, true, true, short_walk);
}
TEST_CASE("INVLPG kills its page in the current PCID, and all paging-structure entries of that PCID") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invlpg(c, VirtPage{1}); }), false, true, true, true,
         full_walk);
}
TEST_CASE("INVLPG kills a global translation of its page") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invlpg(c, VirtPage{2}); }), true, false, true, true,
         full_walk);
}
TEST_CASE("INVPCID type 0 kills one page of one PCID, not a global one") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::address, 2, VirtPage{1}); }), true,
         true, true, false, short_walk);
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::address, 1, VirtPage{2}); }), true,
         true, true, true, full_walk);
}
TEST_CASE("INVPCID type 1 kills one PCID and spares globals") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::context, 1, VirtPage{}); }), false,
         true, false, true, full_walk);
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::context, 2, VirtPage{}); }), true,
         true, true, false, short_walk);
}
TEST_CASE("INVPCID type 2 kills everything") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::all, 0, VirtPage{}); }), false,
         false, false, false, full_walk);
}
TEST_CASE("INVPCID type 3 kills every PCID and spares globals") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.invpcid(c, InvpcidType::all_non_global, 0, VirtPage{}); }),
         false, true, false, false, full_walk);
}
TEST_CASE("A CR3 write without bit 63 kills the new PCID's non-global entries") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.load_cr3(c, mm_a, 1, true); }), false, true, false, true,
         full_walk);
}
TEST_CASE("A CR3 write with bit 63 kills nothing") {
  expect(survivors_of([](Context& c, x86::Mmu& m) { m.load_cr3(c, mm_a, 1, false); }), true, true, true, true,
         short_walk);
}

TEST_CASE("Without PCID every switch flushes all but the globals") {
  X86Fixture x(params_2_6());
  x.map(mm_a, 1, 11);
  const auto global = x.map(mm_a, 2, 12);
  x.f.world.store(global, x.f.world.load(global).with(x86::pte_global));
  x.map(mm_b, 1, 21);
  bool plain = true, kept = false;
  x.run({[&](Context& ctx) {
    x.port->init_mm(ctx, mm_b);
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 1);
    x.touch(ctx, mm_a, 2);
    x.port->switch_mm(ctx, mm_a, mm_b);
    plain = x.cached(0, 1);
    kept = x.cached(0, 2);
  }});
  CHECK_FALSE(plain);
  CHECK(kept);
}

TEST_CASE("Two mms under two PCIDs never see each other's translations") {
  X86Fixture x(modern_params());
  x.map(mm_a, 1, 11);
  x.map(mm_b, 1, 21);
  x.run({[&](Context& ctx) {
    x.port->init_mm(ctx, mm_b);
    x.enter(ctx, mm_a);
    MmId now = mm_a;
    for (int i = 0; i < 6; ++i) {
      x.touch(ctx, now, 1);
      const MmId next = now == mm_a ? mm_b : mm_a;
      x.port->switch_mm(ctx, now, next);
      now = next;
    }
  }});
  std::size_t uses = 0;
  for (const Event& e : x.log.events) {
    if (e.kind != EventKind::translation_used) continue;
    ++uses;
    CHECK(e.frame == Frame{e.mm == mm_a ? 11U : 21U});
  }
  CHECK(uses == 6);
  CHECK(x.log.count(EventKind::translation_filled) == 2);
}

TEST_CASE("A seventh mm takes the oldest of six ASIDs and flushes it") {
  FixtureOptions options;
  options.limits.mms = 8;
  X86Fixture x(modern_params(), 1, 1, options);
  for (std::uint32_t m = 0; m < 7; ++m) x.map(MmId{m}, 1, 10 + m);
  x.run({[&](Context& ctx) {
    for (std::uint32_t m = 0; m < 7; ++m) {
      x.enter(ctx, MmId{m});
      x.touch(ctx, MmId{m}, 1);
    }
  }});
  CHECK(x.log.events.back().frame == Frame{16});
  std::vector<TranslationCopy> copies;
  x.port->list_copies(MmId{0}, VirtPage{1}, copies);
  CHECK(copies.empty());
  x.port->list_copies(MmId{1}, VirtPage{1}, copies);
  CHECK(copies.size() == 1);  // the last four mms have page 1 in the four-way first level, six in the second
  x.port->list_copies(MmId{6}, VirtPage{1}, copies);
  CHECK(copies.size() == 3);
  CHECK(copies.back().tag == Tag{1});
}

TEST_CASE("Siblings of a core share its TLB's room but not its translations") {
  X86Fixture x(modern_params(), 2, 2);
  x.map(mm_a, 1, 11);
  bool before = true;
  x.run({[&](Context& ctx) {
           x.enter(ctx, mm_a);
           x.touch(ctx, mm_a, 1);
         },
         [&](Context& ctx) {
           ctx.work(Cycles{100000});
           x.port->switch_mm(ctx, MmId::none(), mm_a);
           before = x.cached(1, 1);
           x.touch(ctx, mm_a, 1);
         }});
  CHECK_FALSE(before);
  CHECK(x.cached(0, 1));
  CHECK(x.cached(1, 1));
}

TEST_CASE("INVLPG of any page inside it kills a 2M translation") {
  X86Fixture x(modern_params());
  x.map(mm_a, 0, 7);
  const TableId root = x.f.world.load(x.f.state.mm_root(mm_a));
  const auto next = [&](TableId t) {
    return TableId{x86::frame_of(x.f.world.load(x.f.state.entry(t, 0)).raw()).raw()};
  };
  x.f.world.store(x.f.state.entry(next(next(root)), 1), Pte{0x200000ULL << 12 | 0xe7});
  bool before = false, after = true;
  x.run({[&](Context& ctx) {
    x.enter(ctx, mm_a);
    x.touch(ctx, mm_a, 512);
    before = x.cached(0, 600);
    x.port->mmu().invlpg(ctx, VirtPage{777});
    after = x.cached(0, 600);
  }});
  CHECK(before);
  CHECK_FALSE(after);
}

TEST_CASE("The accessors change what they say, and say so") {
  X86Fixture x(modern_params());
  const auto cell = x.map(mm_a, 1, 11);
  const Pte full = x.f.world.load(cell);
  std::vector<Pte> old, now;
  x.run({[&](Context& ctx) {
    const auto change = [&](PteAction action, Pte value) {
      PteRequest r;
      r.mm = mm_a;
      r.page = VirtPage{1};
      r.ptep = cell;
      r.action = action;
      r.value = value;
      old.push_back(x.port->change_pte(ctx, r));
      now.push_back(ctx.world().load(cell));
    };
    change(PteAction::young, Pte{});
    change(PteAction::wrprotect, Pte{});
    change(PteAction::access_flags, full.without(x86::pte_dirty));  // a read fault: hardware sets A by itself
    change(PteAction::access_flags, full);
    change(PteAction::modify_start, Pte{});
    change(PteAction::modify_commit, full.without(x86::pte_write));
    change(PteAction::clear, Pte{});
    change(PteAction::set, full);
    change(PteAction::clear_full, Pte{});
  }});
  const Pte young = full.without(x86::pte_accessed), read_only = young.without(x86::pte_write);
  CHECK(now == std::vector<Pte>{young, read_only, read_only, full, Pte{}, full.without(x86::pte_write), Pte{},
                                full, Pte{}});
  CHECK(old == std::vector<Pte>{full, young, read_only, read_only, full, Pte{}, full.without(x86::pte_write),
                                Pte{}, full});
  CHECK(x.log.count(EventKind::pte_stored) == 8);
}

}  // namespace
}  // namespace mmulab
