// SPDX-License-Identifier: MIT
// The TLB hierarchy against an oracle that is a flat map: random fills, uses and invalidations.
#include <map>
#include <set>
#include <tuple>

#include <rapidcheck/catch.h>

#include "tests/models/x86/x86_fixture.h"

namespace mmulab {
namespace {

using namespace test;

struct Operation {
  std::uint32_t what;
  std::uint32_t page;
  std::uint32_t pcid;
};

rc::Gen<Operation> operations() {
  return rc::gen::construct<Operation>(rc::gen::inRange(0U, 16U), rc::gen::inRange(0U, 24U),
                                       rc::gen::inRange(1U, 4U));
}

/// What may be cached: an entry that the hierarchy still has must be here, with the same data. It may have fewer
/// (eviction), never more and never others.
using Oracle = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;  // (pcid, page); pcid 0 = global

TEST_CASE("The hierarchy never holds what a flat map of the fills and invalidations does not") {
  rc::prop("against a flat map", [] {
    const auto sequence = *rc::gen::container<std::vector<Operation>>(operations());
    const auto sets = *rc::gen::element(1U, 2U, 4U);
    const auto ways = *rc::gen::inRange(1U, 5U);
    X86Params p = modern_params();
    p.dtlb_4k = {sets, ways};
    p.stlb = {2 * sets, ways + 1};
    using radix::TlbLevels;
    p.levels = *rc::gen::element(TlbLevels::independent, TlbLevels::inclusive, TlbLevels::exclusive);
    p.replacement = *rc::gen::element(Replacement::lru, Replacement::fifo, Replacement::random);
    FixtureOptions options;
    options.limits.mms = 3;
    X86Fixture x(p, 1, 1, options);
    for (std::uint32_t pcid = 1; pcid < 4; ++pcid)
      for (std::uint64_t page = 0; page < 24; ++page) {
        const auto cell = x.map(MmId{pcid - 1}, page, 100 * pcid + page);
        if (page % 5 == 4) x.f.world.store(cell, x.f.world.load(cell).with(x86::pte_global));
      }
    Oracle oracle;
    bool sound = true, complete = true;
    x.run({[&](Context& ctx) {
      x86::Mmu& mmu = x.port->mmu();
      for (const Operation& op : sequence) {
        const auto erase_if = [&](auto&& dies) {
          for (auto it = oracle.begin(); it != oracle.end();)
            it = dies(it->first) ? oracle.erase(it) : std::next(it);
        };
        if (ctx.world().load(mmu.pcid_register(CpuId{0})) != op.pcid)
          mmu.load_cr3(ctx, MmId{op.pcid - 1}, op.pcid, false);
        const std::uint32_t key_pcid = op.page % 5 == 4 ? 0 : op.pcid;
        if (op.what < 10) {
          // A hit must agree with the oracle; so must a miss that the oracle also expects. A fill puts it in.
          const bool was = x.cached_under(0, op.page, op.pcid);
          if (was && oracle.count({key_pcid, op.page}) == 0) sound = false;
          x.touch(ctx, MmId{op.pcid - 1}, op.page);
          const std::uint64_t frame = x.log.events.back().frame.raw();
          if (was && oracle[{key_pcid, op.page}] != frame) sound = false;
          oracle[{key_pcid, op.page}] = frame;
          if (!x.cached_under(0, op.page, op.pcid)) complete = false;
        } else if (op.what == 10) {
          mmu.invlpg(ctx, VirtPage{op.page});
          oracle.erase({op.pcid, op.page});
          oracle.erase({0, op.page});
        } else if (op.what == 11) {
          mmu.invpcid(ctx, x86::InvpcidType::address, op.pcid, VirtPage{op.page});
          oracle.erase({op.pcid, op.page});
        } else if (op.what == 12) {
          mmu.invpcid(ctx, x86::InvpcidType::context, op.pcid, VirtPage{});
          erase_if([&](const auto& k) { return k.first == op.pcid; });
        } else if (op.what == 13) {
          mmu.invpcid(ctx, x86::InvpcidType::all_non_global, 0, VirtPage{});
          erase_if([&](const auto& k) { return k.first != 0; });
        } else if (op.what == 14) {
          mmu.invpcid(ctx, x86::InvpcidType::all, 0, VirtPage{});
          oracle.clear();
        } else {
          mmu.load_cr3(ctx, MmId{op.pcid - 1}, op.pcid, true);
          erase_if([&](const auto& k) { return k.first == op.pcid; });
        }
        for (std::uint32_t pcid = 1; pcid < 4; ++pcid)
          for (std::uint32_t page = 0; page < 24; ++page)
            if (x.cached_under(0, page, pcid) && oracle.count({page % 5 == 4 ? 0 : pcid, page}) == 0)
              sound = false;
      }
    }});
    RC_ASSERT(sound);
    RC_ASSERT(complete);
  });
}

/// Pages that lie under 3 x 3 x 3 different entries of the upper levels.
std::uint64_t spread(std::uint32_t n) {
  return std::uint64_t{n % 3} << 9 | std::uint64_t{n / 3 % 3} << 18 | std::uint64_t{n / 9 % 3} << 27;
}

/// What the paging-structure caches may hold: (pcid, level, prefix) of walks since the last invalidation.
using WalkOracle = std::set<std::tuple<std::uint32_t, std::size_t, std::uint64_t>>;

/// The table that an entry of `level` on the way to `page` points to, read from the tables themselves.
std::uint64_t table_below(const X86Fixture& x, MmId mm, std::uint64_t page, std::size_t level) {
  const World& world = x.f.world;
  const TableGeometry& geometry = x.f.state.geometry();
  TableId table = world.load(x.f.state.mm_root(mm));
  for (std::size_t at = geometry.levels() - 1; at >= level; --at)
    table = TableId{x.port->pte().frame(world.load(x.f.state.entry(table, geometry.index(VirtPage{page}, at)))).raw()};
  return table.raw();
}

/// Every cached entry is one that a walk left and nothing dropped, and it leads where the tables lead.
bool walk_caches_are_sound(const X86Fixture& x, const WalkOracle& oracle) {
  const auto& tlbs = x.port->mmu().tlbs();
  const auto peek = [&](Location at) { return PeekWords{x.f.world, at}; };
  for (std::uint32_t pcid = 1; pcid < 3; ++pcid)
    for (std::uint32_t n = 0; n < 27; ++n)
      for (std::size_t level = 1; level <= 3; ++level) {
        const VirtPage page{spread(n)};
        const std::uint64_t data = tlbs.find_psc(peek, CoreId{0}, level, page, x86::tag_of(0, pcid));
        if (data == 0) continue;
        if (oracle.count({pcid, level, page.raw() >> 9 * level}) == 0) return false;
        if (x86::frame_of(data).raw() != table_below(x, MmId{pcid - 1}, page.raw(), level)) return false;
      }
  return true;
}

void keep_other_pcids(WalkOracle& oracle, std::uint32_t pcid) {
  for (auto it = oracle.begin(); it != oracle.end();) it = std::get<0>(*it) == pcid ? oracle.erase(it) : std::next(it);
}

TEST_CASE("Paging-structure caches hold nothing that no walk left, and the way of the last walk") {
  rc::prop("against a set of walks", [] {
    const auto sequence = *rc::gen::container<std::vector<Operation>>(rc::gen::construct<Operation>(
        rc::gen::inRange(0U, 12U), rc::gen::inRange(0U, 27U), rc::gen::inRange(1U, 3U)));
    X86Params p = modern_params();
    p.psc_pde = {*rc::gen::element(1U, 2U), *rc::gen::inRange(1U, 4U)};
    p.psc_pdpte = {1, *rc::gen::inRange(1U, 4U)};
    p.psc_pml4e = {1, *rc::gen::inRange(1U, 3U)};
    FixtureOptions options;
    options.limits.mms = 2;
    options.limits.tables = 120;
    X86Fixture x(p, 1, 1, options);
    for (std::uint32_t pcid = 1; pcid < 3; ++pcid)
      for (std::uint32_t n = 0; n < 27; ++n) x.map(MmId{pcid - 1}, spread(n), 100 * pcid + n);
    WalkOracle oracle;
    bool sound = true, complete = true;
    x.run({[&](Context& ctx) {
      x86::Mmu& mmu = x.port->mmu();
      const auto peek = [&](Location at) { return PeekWords{ctx.world(), at}; };
      for (const Operation& op : sequence) {
        const VirtPage page{spread(op.page)};
        if (ctx.world().load(mmu.pcid_register(CpuId{0})) != op.pcid)
          mmu.load_cr3(ctx, MmId{op.pcid - 1}, op.pcid, false);
        if (op.what < 8) {
          const bool walks = !x.cached_under(0, page.raw(), op.pcid);
          x.touch(ctx, MmId{op.pcid - 1}, page.raw());
          for (std::size_t level = 1; walks && level <= 3; ++level)
            oracle.insert({op.pcid, level, page.raw() >> 9 * level});
          if (walks && mmu.tlbs().find_psc(peek, CoreId{0}, 1, page, x86::tag_of(0, op.pcid)) == 0) complete = false;
        } else if (op.what == 8) {
          mmu.invlpg(ctx, page);
          keep_other_pcids(oracle, op.pcid);
        } else if (op.what == 9) {
          mmu.invpcid(ctx, op.page % 2 == 0 ? x86::InvpcidType::context : x86::InvpcidType::address, op.pcid, page);
          keep_other_pcids(oracle, op.pcid);
        } else if (op.what == 10) {
          mmu.invpcid(ctx, x86::InvpcidType::all_non_global, 0, VirtPage{});
          oracle.clear();
        } else {
          mmu.load_cr3(ctx, MmId{op.pcid - 1}, op.pcid, true);
          keep_other_pcids(oracle, op.pcid);
        }
        sound = sound && walk_caches_are_sound(x, oracle);
      }
    }});
    RC_ASSERT(sound);
    RC_ASSERT(complete);
  });
}

}  // namespace
}  // namespace mmulab
