// SPDX-License-Identifier: MIT
// Cycles of a shootdown, derived by hand from the steps, for warm lines: the second of two equal ones is measured.
#include "tests/models/x86/x86_fixture.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using namespace test;

const Label park{"test.x86.shootdown_park", "test_spin"};

constexpr std::uint64_t move = 60;  // a line from another core, or its upgrade
constexpr std::uint64_t one_way = 1200;
constexpr std::uint64_t wake = 1;   // a parked cpu goes on one cycle after what woke it
constexpr std::uint64_t plain = 1;  // lock, unlock, preemption and interrupt steps, ipi.send: 1 each here

X86Costs doubled() {
  X86Costs c;
  c.cr3_flush = Cycles{700};
  c.invlpg = Cycles{123};
  c.ipi_dispatch = Cycles{91};
  c.request_read = Cycles{17};
  c.request_write = Cycles{13};
  c.acknowledge = Cycles{29};
  c.wait_test = Cycles{3};
  c.flush_setup = Cycles{44};
  c.queue_take = Cycles{31};
  return c;
}

Invalidation of_mm() {
  Invalidation what;
  what.mm = mm_a;
  return what;
}
Invalidation of_pages(std::uint64_t n) {
  Invalidation what = of_mm();
  what.scope = Invalidation::Scope::range;
  what.first = VirtPage{1};
  what.end = VirtPage{1 + n};
  return what;
}

struct Measured {
  std::uint64_t cycles = 0;
  std::size_t ipis = 0;
  bool anybody_cached = false;
  std::size_t waits = 0;
};

/// All cpus run mm_a; cpus 1 to n-1 spin in the kernel while cpu 0 invalidates twice.
Measured shootdown(const X86Params& params, std::uint32_t cpus, const Invalidation& what,
                   std::uint64_t pages = 1) {
  X86Fixture x(params, cpus);
  for (std::uint64_t page = 1; page <= pages; ++page) x.map(mm_a, page, 10 + page);
  const auto flag = x.f.world.allocate("test.flag", 1, 1, Coherence::internal).cell<std::uint64_t>(0);
  Measured m;
  const auto target = [&](Context& ctx) {
    ctx.work(Cycles{10000} * ctx.cpu().raw());
    x.port->switch_mm(ctx, MmId::none(), mm_a);
    for (std::uint64_t page = 1; page <= pages; ++page) x.touch(ctx, mm_a, page);
    ctx.step_when(
        park, reads(flag), [&](const Access& a) { return a.read(flag) == 1; }, [](Access&) {});
  };
  std::vector<PortFixture::Body> bodies(cpus, target);
  bodies[0] = [&](Context& ctx) {
    x.enter(ctx, mm_a);
    for (std::uint64_t page = 1; page <= pages; ++page) x.touch(ctx, mm_a, page);
    ctx.work(Cycles{100000});
    x.port->invalidate(ctx, what);
    const Cycle start = ctx.now();
    x.port->invalidate(ctx, what);
    m.cycles = (ctx.now() - start).raw();
  };
  x.run(bodies);
  m.ipis = x.log.count(EventKind::ipi_sent);
  m.waits = x.log.count(EventKind::remote_wait_ended);
  for (std::uint32_t c = 0; c < cpus; ++c)
    for (std::uint64_t page = 1; page <= pages; ++page) m.anybody_cached = m.anybody_cached || x.cached(c, page);
  return m;
}

TEST_CASE("2.6, alone: mask, CR3, nothing else") {
  for (const X86Costs& c : {X86Costs{}, doubled()}) {
    X86Params p = params_2_6();
    p.cost = c;
    const std::uint64_t rest = plain + c.flush_setup.raw() + c.percpu.raw() + plain;
    CHECK(shootdown(p, 1, of_mm()).cycles == rest + c.cr3_flush.raw());
    CHECK(shootdown(p, 1, of_pages(1)).cycles == rest + c.invlpg.raw());
    CHECK(shootdown(p, 1, of_pages(2)).cycles == rest + c.cr3_flush.raw());  // a range is the whole mm
  }
}

TEST_CASE("2.6, two cpus: the sender's way, the wire, the receiver's, and four moves of the slot's line") {
  for (const X86Costs& c : {X86Costs{}, doubled()}) {
    X86Params p = params_2_6();
    p.cost = c;
    // preempt off, mask, local flush, slot lock, publish, send
    const std::uint64_t sender =
        plain + c.flush_setup.raw() + c.cr3_flush.raw() + plain + c.request_write.raw() + plain;
    // irq entry, dispatch, read of the slot, flush, acknowledgement in the slot
    const std::uint64_t receiver = wake + plain + c.ipi_dispatch.raw() + (move + c.request_read.raw()) +
                                   c.cr3_flush.raw() + (move + c.acknowledge.raw());
    // the sender sees it, clears the request, unlocks, returns, preempt on
    const std::uint64_t end =
        wake + (move + c.wait_test.raw()) + (move + c.request_write.raw()) + plain + c.percpu.raw() + plain;
    const Measured m = shootdown(p, 2, of_mm());
    CHECK(m.cycles == sender + one_way + receiver + end);
    CHECK(m.ipis == 2);
    CHECK(m.waits == 2);
    CHECK_FALSE(m.anybody_cached);
  }
}

TEST_CASE("2.6, four cpus: three acknowledgements queue for one line") {
  // Until the sends: 1 + 30 + 350 + 1 + 10 = 392; sends end at 393, 394, 395; handlers dispatched 1252 later, at
  // 1645, 1646, 1647. The slot's line serves one at a time: read by 1705, 1765, 1825, + 10. CR3: 2065, 2125, 2185.
  // Acknowledgement 1: line at 2125, done 2145; 2: issued 2125, line at 2185, done 2205. The sender, woken at
  // 2146, is next: line at 2245, test at 2250, one bit is left. 3: issued 2185, line at 2305, done 2325. The
  // sender again: 2326, line 2386, test 2391; clears the request 2391 + 60 + 10 = 2461; unlock 1, return 2,
  // preempt 1: 2465.
  CHECK(shootdown(params_2_6(), 4, of_mm()).cycles == 2465);
}

TEST_CASE("Modern, alone: tlb_gen, info, mask, and the flush function with interrupts off") {
  for (const X86Costs& c : {X86Costs{}, doubled()}) {
    X86Params p = modern_params();
    p.cost = c;
    const std::uint64_t rest = plain + c.tlb_gen_atomic.raw() + c.request_write.raw() + c.flush_setup.raw() +
                               plain + c.ipi_dispatch.raw() + c.percpu.raw() + c.percpu.raw() + plain +
                               c.percpu.raw() + plain;
    CHECK(shootdown(p, 1, of_mm()).cycles == rest + c.cr3_flush.raw());
    CHECK(shootdown(p, 1, of_pages(3)).cycles == rest + 3 * c.invlpg.raw());
  }
}

TEST_CASE("Modern, two cpus: a csd of its own, four shared lines out and back") {
  for (const X86Costs& c : {X86Costs{}, doubled()}) {
    X86Params p = modern_params();
    p.cost = c;
    // preempt off; tlb_gen and info, both read by the target last time; mask; target check; csd; queue; send
    const std::uint64_t sender = plain + (move + c.tlb_gen_atomic.raw()) + (move + c.request_write.raw()) +
                                 c.flush_setup.raw() + c.target_check.raw() + (move + c.request_write.raw()) +
                                 (move + c.queue_add.raw()) + plain;
    // queue, csd, info and tlb_gen move; the own slot's generation; unlock of the csd. The sender's own flush is
    // over.
    const std::uint64_t receiver = wake + plain + (move + c.queue_take.raw()) + (move + c.request_read.raw()) +
                                   (move + c.request_read.raw()) + c.ipi_dispatch.raw() + (move + c.percpu.raw()) +
                                   c.cr3_flush.raw() + c.percpu.raw() + (move + c.acknowledge.raw());
    const std::uint64_t end = wake + (move + c.wait_test.raw()) + c.percpu.raw() + plain;
    const Measured m = shootdown(p, 2, of_mm());
    CHECK(m.cycles == sender + one_way + receiver + end);
    CHECK(m.ipis == 2);
    CHECK_FALSE(m.anybody_cached);
  }
}

TEST_CASE("Modern, four cpus: receivers queue for the info and tlb_gen lines, not for acknowledgements") {
  // 1 + 80 + 70 + 30, then 5 + 70 + 80 a target: 646; sends at 647, 648, 649; irq entry done 1202 later: 1849,
  // 1850, 1851. Own queue + 80, own csd + 70: 1999, 2000, 2001. Info line 2059, 2119, 2179, + 10; function + 50:
  // 2119, 2179, 2239. tlb_gen line 2179, 2239, 2299, + 2; CR3 350, store 2, unlock 60 + 20: 2613, 2673, 2733. The
  // sender, waiting for the first since 1065: 2614 + 65 = 2679; the second 2744, the third 2809; return 2, preempt
  // 1: 2812.
  CHECK(shootdown(modern_params(), 4, of_mm()).cycles == 2812);
}

TEST_CASE("Up to the ceiling pages are invalidated one by one, above it everything is") {
  X86Params p = modern_params();
  p.flush_ceiling = 4;
  const std::uint64_t fixed = 470 - 350;
  CHECK(shootdown(p, 1, of_pages(4), 8).cycles == fixed + 4 * 200);
  CHECK(shootdown(p, 1, of_pages(4), 8).anybody_cached);
  CHECK(shootdown(p, 1, of_pages(5), 8).cycles == fixed + 350);
  CHECK_FALSE(shootdown(p, 1, of_pages(5), 8).anybody_cached);
  CHECK_FALSE(shootdown(p, 2, of_pages(4), 4).anybody_cached);
}

/// A batch of entries for pages 1..n in memory, flushed by cpu 0 of two.
Measured flush_entries(const X86Params& params, std::uint32_t n, bool wait, std::uint32_t mapped) {
  X86Fixture x(params, 2);
  for (std::uint64_t page = 1; page <= mapped; ++page) x.map(mm_a, page, 10 + page);
  const Region batch = x.f.world.allocate("test.batch", 64, BatchEntry::words, Coherence::memory);
  for (std::uint32_t i = 0; i < n; ++i) x.f.world.store(batch.cell<VirtPage>(i), VirtPage{1 + i});
  const auto flag = x.f.world.allocate("test.flag", 1, 1, Coherence::internal).cell<std::uint64_t>(0);
  Measured m;
  x.run({[&](Context& ctx) {
           x.enter(ctx, mm_a);
           for (std::uint64_t page = 1; page <= mapped; ++page) x.touch(ctx, mm_a, page);
           ctx.work(Cycles{100000});
           Invalidation what = of_mm();
           what.scope = Invalidation::Scope::entries;
           what.entries = batch.first();
           what.count = n;
           what.wait = wait;
           const Cycle start = ctx.now();
           x.port->invalidate(ctx, what);
           m.cycles = (ctx.now() - start).raw();
           m.anybody_cached = x.cached(1, mapped);
         },
         [&](Context& ctx) {
           ctx.work(Cycles{10000});
           x.port->switch_mm(ctx, MmId::none(), mm_a);
           for (std::uint64_t page = 1; page <= mapped; ++page) x.touch(ctx, mm_a, page);
           ctx.step_when(
               park, reads(flag), [&](const Access& a) { return a.read(flag) == 1; }, [](Access&) {});
         }});
  m.waits = x.log.count(EventKind::remote_wait_begun);
  m.ipis = 0;
  for (std::uint32_t page = 1; page <= mapped; ++page) m.ipis += x.cached(1, page) ? 1U : 0U;  // left at the end
  return m;
}

TEST_CASE("A list of entries is invalidated page by page on every cpu") {
  X86Params old = params_2_6();
  old.flush_ceiling = 8;
  for (const X86Params& p : {modern_params(), old}) {
    const Measured m = flush_entries(p, 6, true, 8);
    CHECK(m.anybody_cached);  // page 8 was not in the list
    CHECK(m.ipis == 2);       // pages 7 and 8 are left
    CHECK(m.waits == 1);
  }
  CHECK_FALSE(flush_entries(params_2_6(), 6, true, 8).anybody_cached);  // 2.6 itself: more than one is everything
}

TEST_CASE("A posted request is not waited for, and still carried out") {
  for (const X86Params& p : {modern_params(), params_2_6()}) {
    const Measured m = flush_entries(p, 2, false, 4);
    CHECK(m.anybody_cached);
    CHECK(m.waits == 0);
    CHECK(m.ipis == 0);
  }
}

TEST_CASE("Broadcast reaches every core without an interrupt") {
  X86Params p = modern_params();
  p.broadcast = true;
  const Measured m = shootdown(p, 4, of_pages(3), 4);
  CHECK(m.ipis == 0);
  CHECK(m.anybody_cached);  // page 4
  // preempt, tlb_gen, one INVLPGB, TLBSYNC, return, preempt
  CHECK(m.cycles == 1 + 20 + 150 + 2000 + 2 + 1);
  CHECK_FALSE(shootdown(p, 4, of_mm(), 4).anybody_cached);
}

TEST_CASE("Two initiators with one slot take turns, with eight the requests cross") {
  for (const std::uint32_t slots : {1U, 8U})
    for (const bool modern : {false, true}) {
      X86Params p = modern ? modern_params() : params_2_6();
      p.shootdown_slots = slots;
      X86Fixture x(p, 2);
      x.map(mm_a, 1, 11);
      const auto done = x.f.world.allocate("test.done", 1, 1, Coherence::internal).cell<std::uint64_t>(0);
      const auto body = [&](Context& ctx) {
        if (ctx.cpu() == CpuId{0})
          x.port->init_mm(ctx, mm_a);
        else
          ctx.work(Cycles{5000});
        x.port->switch_mm(ctx, MmId::none(), mm_a);
        ctx.work(ctx.cpu() == CpuId{0} ? Cycles{20000} : Cycles{15000});
        for (int i = 0; i < 5; ++i) {
          x.touch(ctx, mm_a, 1);
          x.port->invalidate(ctx, of_mm());
        }
        ctx.step(park, writes(done), [&](Access& a) { a.add(done, std::uint64_t{1}); });
        ctx.step_when(
            park, reads(done), [&](const Access& a) { return a.read(done) == 2; }, [](Access&) {});
      };
      x.run({body, body});
      CHECK(x.log.count(EventKind::flush_done) == 10);
      CHECK_FALSE((x.cached(0, 1) && x.cached(1, 1)));
    }
}

}  // namespace
}  // namespace mmulab
