// SPDX-License-Identifier: MIT
// Sent, accepted, executed; by reference and by value; NACK and retry.
#include "tests/models/sparc64/sparc64_lab.h"

namespace mmulab::test {
namespace {

const MmId mm{0};

struct Reuse {
  bool by_reference;
  bool wait;
};

/// E04: cpu 0 flushes page 1, then its batch goes on with page 2 while cpu 1 has accepted but not executed the
/// call. Returns the copies of page 1 that cpu 1 still has once everything has been executed.
std::size_t copies_left(Reuse how) {
  Sparc64Lab lab(tiny_options(2), tiny_params());
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  lab.map(mm, 2, lab.leaf(12));
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.clear(ctx, mm, 1, ptep);
                                      Invalidation i = lab.flush_of(ctx, mm, 1);
                                      i.by_reference = how.by_reference;
                                      i.wait = how.wait;
                                      lab.port.invalidate(ctx, i);
                                      lab.flush_of(ctx, mm, 2);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      lab.touch(ctx, mm, 2);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  if (how.wait) {
    hand.until(0, "xcall.all_executed");
    hand.deliver();
    CHECK_FALSE(hand.can_step(0));
  } else {
    hand.past(0, "test.note");
    hand.past(0, "test.note");
    CHECK(hand.pending(0).empty());
  }
  CHECK(lab.copies(mm, 1) == 1);
  hand.finish();
  return lab.copies(mm, 1);
}

TEST_CASE("A cross call by reference that nobody waits for misses its flush when the list is used again") {
  CHECK(copies_left({true, false}) == 1);
}
TEST_CASE("By reference is harmless if the sender waits for execution") { CHECK(copies_left({true, true}) == 0); }
TEST_CASE("By value and with a wait the page is gone") { CHECK(copies_left({false, true}) == 0); }
TEST_CASE("By value without a wait the page is gone as soon as the call is executed") {
  CHECK(copies_left({false, false}) == 0);
}

TEST_CASE("A posted list of several pages is copied before its owner goes on") {
  Sparc64Lab lab(tiny_options(2), tiny_params());
  lab.map(mm, 1, lab.leaf(11));
  lab.map(mm, 2, lab.leaf(12));
  const Region list = lab.f.world.allocate("test.list", 2, BatchEntry::words, Coherence::memory);
  for (std::uint32_t n = 0; n < 2; ++n) lab.f.world.store(list.cell<VirtPage>(n), VirtPage{n + 1});
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      Invalidation i;
                                      i.mm = mm;
                                      i.scope = Invalidation::Scope::entries;
                                      i.entries = list.first();
                                      i.count = 2;
                                      i.wait = false;
                                      lab.port.invalidate(ctx, i);
                                      const auto words = writes_words(list.first(), list.words());
                                      ctx.step(note, words, [&](Access& a) {
                                        for (std::uint32_t n = 0; n < 2; ++n)
                                          a.write(list.cell<VirtPage>(n), VirtPage{9});
                                      });
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      lab.touch(ctx, mm, 2);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  hand.past(0, "test.note");
  CHECK(lab.copies(mm, 1) + lab.copies(mm, 2) == 2);
  hand.finish();
  CHECK(lab.copies(mm, 1) + lab.copies(mm, 2) == 0);
}

/// How far cpu 0 gets while cpu 1 keeps its interrupts off.
std::string sender_stops_at(bool accept_at_delivery, bool wait) {
  Sparc64Params params = tiny_params();
  params.accept_at_delivery = accept_at_delivery;
  Sparc64Lab lab(tiny_options(2), params);
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      Invalidation i = lab.flush_of(ctx, mm, 1);
                                      i.wait = wait;
                                      lab.port.invalidate(ctx, i);
                                      Sparc64Lab::stop_here(ctx);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.f.locks.irq_disable(ctx);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.f.locks.irq_enable(ctx);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  hand.step(0);
  for (int n = 0; n < 100 && hand.pending(0) != "test.gate"; ++n) {
    if (hand.can_step(0)) hand.step(0);
    else hand.deliver();
  }
  const std::string stopped = hand.pending(0);
  hand.finish();
  return stopped;
}

TEST_CASE("Hardware accepts a mondo for a cpu with interrupts off, but does not execute it") {
  CHECK(sender_stops_at(true, false) == "test.gate");
  CHECK(sender_stops_at(true, true) == "xcall.all_executed");
}
TEST_CASE("Where acceptance needs the trap, a target with interrupts off delays it") {
  CHECK(sender_stops_at(false, false) == "xcall.poll_accepted");
}

TEST_CASE("A refused sender tries again one delay later") {
  // Every step costs 1. cpu 0 dispatches at 1; cpu 1 is ready at 10, its dispatch ends at 11 and is refused, since
  // cpu 0's mondo arrives at 2 + 1200 only. It tries again 2560 later: 11 + 2560 + 1.
  Sparc64Lab lab(tiny_options(3), tiny_params());
  struct Nothing : sparc64::CallExecutor {
    void execute(Context&, const sparc64::CallRequest&) override {}
  } nothing;
  const Sparc64Params params = tiny_params();
  sparc64::CrossCalls calls(lab.f.machine(), lab.f.state, params, nothing);
  lab.f.interrupts.set_handler(Vector::xcall, [&](Context& ctx) { calls.receive(ctx); });
  Tally tally;
  lab.f.stream.subscribe(tally);
  const auto send = [&](Context& ctx) {
    if (ctx.cpu() == CpuId{1}) ctx.work(Cycles{10});
    sparc64::CpuSet target;
    target.add(CpuId{2});
    calls.call(ctx, target, sparc64::CallRequest{});
  };
  const Region idle = lab.f.world.allocate("test.idle", 1, 1, Coherence::internal);
  const auto executed = [&](const Access& a) {
    return a.read(idle.cell<std::uint64_t>(0)) == 1;
  };
  lab.f.run_timed({send, send, [&](Context& ctx) {
                     ctx.step_when(gate, reads(idle.cell<std::uint64_t>(0)), executed, [](Access&) {});
                   }});
  std::vector<std::uint64_t> sent;
  for (const Event& e : tally.events)
    if (e.kind == EventKind::xcall_sent) sent.push_back(e.cycle.raw());
  CHECK(sent == std::vector<std::uint64_t>{1, 11 + 2560 + 1});
  CHECK(tally.count(EventKind::xcall_accepted) == 2);
  CHECK(tally.count(EventKind::xcall_executed) == 2);
}

TEST_CASE("An mm with one user is flushed here only, and its cpumask shrinks to this cpu") {
  for (std::uint64_t users : {1U, 2U}) {
    Sparc64Lab lab(tiny_options(2), tiny_params());
    lab.map(mm, 1, lab.leaf(11));
    lab.f.world.store(lab.f.state.mm_users(mm), users);
    Tally tally;
    lab.f.stream.subscribe(tally);
    ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                        lab.port.init_mm(ctx, mm);
                                        lab.run_mm(ctx, mm);
                                        lab.touch(ctx, mm, 1);
                                        Sparc64Lab::stop_here(ctx);
                                        lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 1));
                                      },
                                      [&](Context& ctx) {
                                        lab.run_mm(ctx, mm);
                                        Sparc64Lab::stop_here(ctx);
                                        lab.run_mm(ctx, mm);
                                      }}));
    hand.until(0, "test.gate");
    hand.until(1, "test.gate");
    hand.to_end(0, 2);
    CHECK(tally.count(EventKind::xcall_sent) == users - 1);
    CHECK(lab.f.world.load(lab.f.state.mm_cpumask(mm, 0)) == (users == 1 ? 1 : 3));
    CHECK(lab.copies(mm, 1) == 0);
    // Coming back, the other cpu demaps the context first: its bit was gone.
    const std::size_t before = tally.count(EventKind::translation_dropped);
    hand.finish();
    CHECK(tally.count(EventKind::translation_dropped) - before == (users == 1 ? 1 : 0));
  }
}

}  // namespace
}  // namespace mmulab::test
