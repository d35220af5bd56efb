// SPDX-License-Identifier: MIT
// Lazy TLB mode: a cpu whose kernel thread borrows an mm (linux-gather.md 5.1, 5.2).
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;

const Label park{"test.x86.park", "test_spin"};

Invalidation whole(MmId mm, bool freed_tables = false) {
  Invalidation what;
  what.mm = mm;
  what.freed_tables = freed_tables;
  return what;
}

/// cpu 1 runs mm_a, touches page 1 and then does `idle`; when cpu 0 has done `act`, cpu 1 does `back`.
struct Story {
  explicit Story(const X86Params& params) : x(params, 2, 1, small()) {
    x.map(mm_a, 1, 11);
    x.map(mm_b, 1, 21);
    flag = x.f.world.allocate("test.flag", 1, 1, Coherence::internal).cell<std::uint64_t>(0);
  }
  void run(const PortFixture::Body& idle, const PortFixture::Body& act, const PortFixture::Body& back) {
    x.run({[&](Context& ctx) {
             x.port->init_mm(ctx, mm_b);
             x.enter(ctx, mm_a);
             ctx.work(Cycles{50000});
             act(ctx);
             ctx.step(park, writes(flag), [&](Access& a) { a.write(flag, std::uint64_t{1}); });
           },
           [&](Context& ctx) {
             ctx.work(Cycles{10000});
             x.port->switch_mm(ctx, MmId::none(), mm_a);
             x.touch(ctx, mm_a, 1);
             idle(ctx);
             ctx.step_when(
                 park, reads(flag), [&](const Access& a) { return a.read(flag) == 1; }, [](Access&) {});
             before_back = x.cached(1, 1);
             back(ctx);
           }});
  }
  /// So small that speculation can be numbered.
  static FixtureOptions small() {
    FixtureOptions options;
    options.geometry = TableGeometry{PageShift{12}, {2, 2, 2, 0, 0}, 3};
    return options;
  }
  [[nodiscard]] bool in_mask(MmId mm) const { return (x.f.world.load(x.f.state.mm_cpumask(mm, 0)) & 2) != 0; }
  [[nodiscard]] MmId cr3(std::uint32_t cpu) const { return x.f.world.load(x.port->mmu().mm_register(CpuId{cpu})); }
  [[nodiscard]] std::size_t ipis() const { return x.log.count(EventKind::ipi_sent); }

  X86Fixture x;
  Cell<std::uint64_t> flag;
  bool before_back = false;
};

const auto nothing = [](Context&) {};

TEST_CASE("A lazy cpu keeps CR3, so speculation may still fill from the borrowed mm") {
  for (const X86Params& params : {params_2_6(), modern_params()}) {
    Story s(params);
    s.x.map(mm_a, 2, 12);
    bool filled = false;
    s.run(
        [&](Context& ctx) {
          s.x.port->switch_mm(ctx, mm_a, MmId::none());
          s.x.speculate(ctx, 2);
          filled = s.x.cached(1, 2);
        },
        nothing, nothing);
    CHECK(filled);
    CHECK(s.cr3(1) == mm_a);
    CHECK(s.x.f.world.load(s.x.f.state.cpu_lazy(CpuId{1})));
    CHECK(s.in_mask(mm_a));
  }
}

TEST_CASE("2.6: a flush makes a lazy cpu leave the mm, which then needs no more interrupts for it") {
  Story s(params_2_6());
  bool in_mask_after = true;
  MmId cr3_after = mm_a;
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); },
        [&](Context& ctx) {
          s.x.port->invalidate(ctx, whole(mm_a));
          in_mask_after = s.in_mask(mm_a);
          cr3_after = s.cr3(1);
          s.x.port->invalidate(ctx, whole(mm_a));
        },
        [&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, mm_a); });
  CHECK(s.ipis() == 1);
  CHECK_FALSE(in_mask_after);
  CHECK(cr3_after == MmId::none());
  CHECK_FALSE(s.before_back);
  // Back again: the bit was clear, so CR3 is loaded anew.
  CHECK(s.in_mask(mm_a));
  CHECK(s.cr3(1) == mm_a);
}

TEST_CASE("2.6: coming back from lazy mode undisturbed loads nothing") {
  Story s(params_2_6());
  std::size_t loads = 0;
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); }, nothing,
        [&](Context& ctx) {
          loads = s.x.log.count(EventKind::tag_loaded);
          s.x.port->switch_mm(ctx, mm_a, mm_a);
        });
  CHECK(s.x.log.count(EventKind::tag_loaded) == loads);
  CHECK(s.x.cached(1, 1));
}

TEST_CASE("2.6: a cpu that has switched away is not interrupted") {
  Story s(params_2_6());
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, mm_b); },
        [&](Context& ctx) { s.x.port->invalidate(ctx, whole(mm_a)); }, nothing);
  CHECK(s.ipis() == 0);
  CHECK_FALSE(s.in_mask(mm_a));
  CHECK(s.in_mask(mm_b));
}

TEST_CASE("2.6: an initiator that borrows the mm leaves it") {
  Story s(params_2_6());
  s.run(
      nothing,
      [&](Context& ctx) {
        s.x.port->switch_mm(ctx, mm_a, MmId::none());
        s.x.port->invalidate(ctx, whole(mm_a));
      },
      nothing);
  CHECK(s.cr3(0) == MmId::none());
  CHECK(s.x.f.world.load(s.x.f.state.mm_cpumask(mm_a, 0)) == 2);
}

TEST_CASE("Modern: a lazy cpu is left alone, keeps its entries, and flushes when it comes back") {
  Story s(modern_params());
  bool after = true;
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); },
        [&](Context& ctx) { s.x.port->invalidate(ctx, whole(mm_a)); },
        [&](Context& ctx) {
          s.x.port->switch_mm(ctx, mm_a, mm_a);
          after = s.x.cached(1, 1);
        });
  CHECK(s.ipis() == 0);
  CHECK(s.before_back);
  CHECK_FALSE(after);
}

TEST_CASE("Modern: with no flush meanwhile, coming back from lazy mode keeps everything") {
  Story s(modern_params());
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); }, nothing,
        [&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, mm_a); });
  CHECK(s.x.cached(1, 1));
}

TEST_CASE("Modern: freed tables interrupt a lazy cpu, which moves to the kernel's tables") {
  Story s(modern_params());
  MmId cr3_after = mm_a;
  bool after = true;
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); },
        [&](Context& ctx) {
          s.x.port->invalidate(ctx, whole(mm_a, true));
          cr3_after = s.cr3(1);
        },
        [&](Context& ctx) {
          s.x.port->switch_mm(ctx, mm_a, mm_a);
          after = s.x.cached(1, 1);
        });
  CHECK(s.ipis() == 1);
  CHECK(cr3_after == MmId::none());
  CHECK(s.cr3(1) == mm_a);
  CHECK_FALSE(after);
}

TEST_CASE("Modern: without skip_lazy a lazy cpu is interrupted by every flush") {
  X86Params p = modern_params();
  p.skip_lazy = false;
  Story s(p);
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, MmId::none()); },
        [&](Context& ctx) { s.x.port->invalidate(ctx, whole(mm_a)); }, nothing);
  CHECK(s.ipis() == 1);
}

TEST_CASE("Modern: a cpu that runs another mm stays in the mask until an interrupt makes it drop out") {
  Story s(modern_params());
  bool after_first = false, after_second = true;
  s.run([&](Context& ctx) { s.x.port->switch_mm(ctx, mm_a, mm_b); },
        [&](Context& ctx) {
          s.x.port->invalidate(ctx, whole(mm_a));
          after_first = s.in_mask(mm_a);
          s.x.port->invalidate(ctx, whole(mm_a, true));
          after_second = s.in_mask(mm_a);
        },
        [&](Context& ctx) { s.x.port->switch_mm(ctx, mm_b, mm_a); });
  CHECK(s.ipis() == 1);
  CHECK(after_first);
  CHECK_FALSE(after_second);
  CHECK_FALSE(s.x.cached(1, 1));  // its slot's generation is behind
}

TEST_CASE("Modern: switch_mm shows SWITCHING and its mask bit before it reads tlb_gen") {
  X86Fixture x(modern_params());
  ExploredHost& host = x.f.start_explored({[&](Context& ctx) { x.enter(ctx, mm_a); }});
  REQUIRE(step_until(host, 0, "x86.switch.read_tlb_gen"));
  CHECK(x.f.world.load(x.f.state.mm_cpumask(mm_a, 0)) == 1);
  REQUIRE(step_until(host, 0, "x86.switch.claim_asid"));
  CHECK(x.f.world.load(x.port->mmu().mm_register(CpuId{0})) == MmId::none());
}

/// cpu 1 comes back to mm_a, whose page 1 it has cached; cpu 0 unmaps the page just after cpu 1 has read tlb_gen.
std::uint64_t stale_uses(bool broken) {
  X86Params p = modern_params();
  p.clear_mask_on_switch = true;
  p.gen_before_mask = broken;
  X86Fixture x(p, 2);
  const auto cell = x.map(mm_a, 1, 11);
  x.map(mm_b, 1, 21);
  bool unmapped = false;
  AccessResult last;
  ExploredHost& host = x.f.start_explored({[&](Context& ctx) {
                                             PteRequest r;
                                             r.mm = mm_a;
                                             r.page = VirtPage{1};
                                             r.ptep = cell;
                                             x.port->change_pte(ctx, r);
                                             x.port->invalidate(ctx, whole(mm_a));
                                             unmapped = true;
                                           },
                                           [&](Context& ctx) {
                                             x.port->init_mm(ctx, mm_b);
                                             x.enter(ctx, mm_a);
                                             x.touch(ctx, mm_a, 1);
                                             x.port->switch_mm(ctx, mm_a, mm_b);
                                             x.port->switch_mm(ctx, mm_b, mm_a);
                                             last = x.port->access(ctx, mm_a, VirtAddr{1 << 12}, AccessKind::load);
                                           }});
  // The second return to mm_a: its third look at tlb_gen.
  for (int n = 0; n < 2; ++n) {
    step_until(host, 1, "x86.switch.read_tlb_gen");
    host.perform({Decision::Kind::step, AgentId{1}, 0});
  }
  step_until(host, 1, "x86.switch.read_tlb_gen");
  if (broken) host.perform({Decision::Kind::step, AgentId{1}, 0});
  while (host.pending(AgentId{0}) != nullptr && host.enabled(AgentId{0}))
    host.perform({Decision::Kind::step, AgentId{0}, 0});
  const bool finished = unmapped;
  if (!broken) return finished ? 99 : 0;  // somebody who has set its bit is waited for
  step_to_end(host, 1);
  return finished && last.status == AccessResult::Status::done ? 1 : 0;
}

TEST_CASE("Modern: reading tlb_gen before setting the mask bit loses a flush, the real order is waited for") {
  CHECK(stale_uses(true) == 1);
  CHECK(stale_uses(false) == 0);
}

}  // namespace
}  // namespace mmulab
