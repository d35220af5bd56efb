// SPDX-License-Identifier: MIT
// The hardware's part of a user access: ERAT, SLB, TLB, the search of the hash table, R and C.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;
using Status = AccessResult::Status;

struct Costs {
  std::uint64_t erat_hit, erat_miss, pteg_search, tlb_fill, slb_miss, rc_update, memory;
};
constexpr Costs cost_sets[] = {{1, 12, 30, 1, 120, 20, 260}, {3, 7, 50, 11, 90, 33, 400}};

/// The cycles of a single body on a machine with these costs.
template <class Prepare, class Act>
std::uint64_t cycles(const Costs& c, const Ppc64Params& params, Prepare prepare, Act act) {
  test::FixtureOptions options = test::ppc64_options(1);
  options.memory_latency = Cycles{c.memory};
  Ppc64Fixture f(params, options);
  f.costs.set("erat_hit", Cycles{c.erat_hit});
  f.costs.set("erat_miss", Cycles{c.erat_miss});
  f.costs.set("pteg_search", Cycles{c.pteg_search});
  f.costs.set("tlb_fill", Cycles{c.tlb_fill});
  f.costs.set("slb_miss", Cycles{c.slb_miss});
  f.costs.set("rc_update", Cycles{c.rc_update});
  prepare(f);
  return f.run({[&](Context& ctx) { act(f, ctx); }}).raw();
}

TEST_CASE("A walk costs the ERAT and TLB lookup, one search a group with its line, and the fill") {
  const Pte pte = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw);
  for (const Costs& c : cost_sets) {
    const auto load = [](Ppc64Fixture& f, Context& ctx) {
      CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::done);
    };
    // SLB miss; then ERAT and TLB miss, primary group from memory, fill, access.
    const std::uint64_t primary = c.slb_miss + c.erat_miss + (c.pteg_search + c.memory) + c.tlb_fill + c.erat_hit;
    CHECK(cycles(c, test::tiny_params(), [&](Ppc64Fixture& f) { f.file(1, 5, false, pte); }, load) == primary);
    // Serial: the secondary group follows, another line.
    CHECK(cycles(c, test::tiny_params(), [&](Ppc64Fixture& f) { f.file(1, 2, true, pte); }, load) ==
          primary + c.pteg_search + c.memory);
    // Parallel: one search over both lines, whichever group has it.
    Ppc64Params parallel = test::tiny_params();
    parallel.parallel_search = true;
    CHECK(cycles(c, parallel, [&](Ppc64Fixture& f) { f.file(1, 5, false, pte); }, load) == primary + c.memory);
  }
}

TEST_CASE("An ERAT hit costs erat_hit, a TLB hit erat_miss more, a clear R and a clear C an update each") {
  const Pte pte = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw);
  for (const Costs& c : cost_sets) {
    const std::uint64_t walk = c.erat_miss + c.pteg_search + c.tlb_fill + c.erat_hit;
    const auto twice = [](Ppc64Fixture& f, Context& ctx) {
      f.touch(ctx, 1, AccessKind::load);
      f.touch(ctx, 1, AccessKind::store);
    };
    const auto one = [&](Ppc64Fixture& f) { f.file(1, 0, false, pte); };
    CHECK(cycles(c, test::tiny_params(), one, twice) == c.slb_miss + walk + c.memory + c.erat_hit);
    // Three pages through a D-ERAT of two: page 1 is in the TLB only when it is used again. All three groups
    // differ.
    const auto round = [](Ppc64Fixture& f, Context& ctx) {
      for (const std::uint64_t page : std::initializer_list<std::uint64_t>{1, 2, 3, 1})
        f.touch(ctx, page, AccessKind::load);
    };
    const auto three = [&](Ppc64Fixture& f) {
      for (const std::uint64_t page : std::initializer_list<std::uint64_t>{1, 2, 3}) f.file(page, 0, false, pte);
    };
    CHECK(cycles(c, test::tiny_params(), three, round) ==
          c.slb_miss + 3 * (walk + c.memory) + c.erat_miss + c.erat_hit);
    // R and C clear: two byte stores. The first needs the line for writing: an upgrade within the socket, 60.
    const auto clear_rc = [&](Ppc64Fixture& f) {
      const std::uint64_t slot = f.file(1, 0, false, pte);
      f.world.store(f.port.hpt().r(slot), f.world.load(f.port.hpt().r(slot)) & ~(hpte_r | hpte_c));
    };
    const auto store = [](Ppc64Fixture& f, Context& ctx) { f.touch(ctx, 1, AccessKind::store); };
    CHECK(cycles(c, test::tiny_params(), clear_rc, store) == c.slb_miss + walk + c.memory + 2 * c.rc_update + 60);
  }
}

TEST_CASE("The SLB is loaded by software once a segment, and forgets the oldest when it is full") {
  Ppc64Fixture f(test::tiny_params());  // two entries
  const Pte pte = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw);
  constexpr std::uint64_t segment = 1 << 16;
  for (const std::uint64_t s : std::initializer_list<std::uint64_t>{0, 1, 2})
    f.file(s * segment + s, 0, false, pte);
  f.costs.set("slb_miss", Cycles{1000000});
  const std::uint64_t end = f.run({[&](Context& ctx) {
                               for (const std::uint64_t s : std::initializer_list<std::uint64_t>{0, 1, 0, 2, 1})
                                 f.touch(ctx, s * segment + s, AccessKind::load);
                               // Segment 0 was the oldest, and its page has left the two-entry D-ERAT.
                               f.touch(ctx, 0, AccessKind::load);
                             }}).raw();
  CHECK(end / 1000000 == 4);
}

TEST_CASE("A fetch goes through the I-ERAT and heeds N") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::ro | page_exec);
  f.map_page(2, 6, Ppc64Fixture::ro);
  AccessResult executable, other;
  f.run({[&](Context& ctx) {
    executable = f.touch(ctx, 1, AccessKind::fetch);
    f.touch(ctx, 2, AccessKind::load);
    other = f.touch(ctx, 2, AccessKind::fetch);
  }});
  CHECK(executable.status == Status::done);
  CHECK(other.status == Status::fault);
  const TlbKey key{VirtPage{1}, 1, 0};
  const Tlb& ierat = f.port.hardware().ierat;
  const Tlb& derat = f.port.hardware().derat;
  CHECK(ierat.find(PeekWords(f.world, ierat.set_first(CoreId{0}, 0)), key) != Tlb::absent);
  CHECK(derat.find(PeekWords(f.world, derat.set_first(CoreId{0}, 0)), key) == Tlb::absent);
}

TEST_CASE("A walk that a tlbie overtook fills nothing, the access starts over and sees the new entry") {
  Ppc64Fixture f(test::tiny_params());
  const Pte old = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw | page_hashpte);
  const std::uint64_t slot = f.file(1, 0, false, old);
  f.map_page(1, 7, Ppc64Fixture::rw);
  f.note(0, 1, old);
  f.explore({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); },
             [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  f.step_to(1, "ppc64.tlb_fill");
  f.finish(0);
  CHECK((f.world.load(f.port.hpt().v(slot)) & hpte_valid) == 0);
  f.step(1);
  CHECK_FALSE(f.core_has(1, 1));
  CHECK(f.log.count(EventKind::translation_filled) == 0);
  f.finish(1);
  CHECK(f.log.last(EventKind::translation_used).frame == Frame{7});
}

TEST_CASE("C is a byte to the hardware: its late store gives a write-protected entry its right back") {
  Ppc64Params params = test::tiny_params();
  params.preset_c = false;
  Ppc64Fixture f(params);
  const Pte pte = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw);
  const std::uint64_t slot = f.file(1, 0, false, pte);
  const auto r = f.port.hpt().r(slot);
  f.world.store(r, f.world.load(r) & ~hpte_c);
  const std::uint64_t read_only = (f.world.load(r) & ~hpte_pp) | hpte_pp_read_only;
  f.explore({[&](Context& ctx) {
               CHECK(f.port.hpt().update_pp(ctx, f.port.target(MmId{0}, VirtPage{1}), slot, read_only));
             },
             [&](Context& ctx) { f.touch(ctx, 1, AccessKind::store); }});
  f.step_to(1, "ppc64.walk_rc");  // matched while the entry was writable
  f.finish(0);
  CHECK_FALSE(Hpte{hpte_valid, f.world.load(r)}.writable());
  f.step(1);
  CHECK(Hpte{hpte_valid, f.world.load(r)}.writable());
  CHECK((f.world.load(r) & hpte_c) != 0);
}

TEST_CASE("R is in another byte than PP: a late store of R takes nothing back") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t slot = f.file(1, 0, false, Ppc64Fixture::pte_of(5, Ppc64Fixture::rw));
  const auto r = f.port.hpt().r(slot);
  f.world.store(r, f.world.load(r) & ~hpte_r);
  const std::uint64_t read_only = (f.world.load(r) & ~hpte_pp) | hpte_pp_read_only;
  f.explore(
      {[&](Context& ctx) { f.port.hpt().update_pp(ctx, f.port.target(MmId{0}, VirtPage{1}), slot, read_only); },
       [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  f.step_to(1, "ppc64.walk_rc");
  f.finish(0);
  f.step(1);
  CHECK(f.world.load(r) == (read_only | hpte_r));
}

TEST_CASE("A store of C into a slot that has changed hands corrupts the new owner, unless a tlbie came first") {
  for (const bool tlbie_first : {false, true}) {
    Ppc64Params params = test::tiny_params();
    params.preset_c = false;
    Ppc64Fixture f(params);
    const Pte old = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw | page_hashpte);
    const std::uint64_t slot = f.file(1, 0, false, old);
    const auto r = f.port.hpt().r(slot);
    f.world.store(r, f.world.load(r) & ~hpte_c);
    f.note(0, 1, old);
    f.explore({[&](Context& ctx) {
                 if (tlbie_first) f.port.invalidate(ctx, f.entries(1));
                 else f.port.invalidate_software_entry(ctx, MmId{0}, VirtPage{1}, old);
               },
               [&](Context& ctx) { f.touch(ctx, 1, AccessKind::store); }});
    f.step_to(1, "ppc64.walk_rc");
    f.finish(0);
    const std::uint64_t other = hpte_r_of(Ppc64Fixture::pte_of(9, Ppc64Fixture::ro), false);
    f.world.store(r, other);
    f.step(1);
    // The byte as it was at the match: N 0x04 and PP = 2, now with C 0x80.
    CHECK(f.world.load(r) == (tlbie_first ? other : ((other & ~std::uint64_t{0xff}) | 0x86)));
  }
}

TEST_CASE("A copy without C lets loads through and sends the first store to the table once") {
  Ppc64Params params = test::tiny_params();
  params.preset_c = false;
  Ppc64Fixture f(params);
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    CHECK(f.log.last(EventKind::translation_used).b == CopyData::write);
    f.touch(ctx, 1, AccessKind::store);
    f.touch(ctx, 1, AccessKind::store);
  }});
  CHECK(f.log.count(EventKind::translation_filled) == 2);
  CHECK(f.log.last(EventKind::translation_used).b == (CopyData::write | CopyData::changed));
  CHECK((f.world.load(f.port.hpt().r(f.matches(1)[0])) & hpte_c) != 0);
}

TEST_CASE("The census finds the copy in the TLB and in the ERAT of the core that has it") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.run({nullptr, [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  const auto found = f.copies(1);
  REQUIRE(found.size() == 2);
  for (const TranslationCopy& copy : found) {
    CHECK(copy.core == CoreId{1});
    CHECK(copy.frame == Frame{5});
    CHECK(copy.tag == Tag{1});
    CHECK(copy.rights == (CopyData::write | CopyData::changed));
  }
}

}  // namespace
}  // namespace mmulab
