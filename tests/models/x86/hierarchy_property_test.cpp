// SPDX-License-Identifier: MIT
// The TLB hierarchy against an oracle that is a flat map: random fills, uses and invalidations.
#include <map>

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

}  // namespace
}  // namespace mmulab
