// SPDX-License-Identifier: MIT
// The TSB between miss handlers, flushes and growth: schedules picked by hand.
#include "tests/models/sparc64/sparc64_lab.h"

namespace mmulab::test {
namespace {

const MmId mm{0};
using Status = AccessResult::Status;

TEST_CASE("The TSB lock lets one miss handler in at a time") {
  Sparc64Lab lab(tiny_options(2), tiny_params());
  lab.map(mm, 1, lab.leaf(11));
  const auto body = [&](Context& ctx) {
    if (ctx.cpu() == CpuId{0}) lab.port.init_mm(ctx, mm);
    Sparc64Lab::stop_here(ctx);
    lab.run_mm(ctx, mm);
    CHECK(lab.touch(ctx, mm, 1).status == Status::done);
  };
  ByHand hand(lab.f.start_explored({body, body}));
  hand.until(0, "test.gate");
  hand.until(1, "tsb.lock");
  hand.past(0, "tsb.lock");
  CHECK((lab.tsb_tag(mm, 1) & sparc64::TsbEntry::lock_bit) != 0);
  CHECK_FALSE(hand.can_step(1));
  hand.past(0, "tsb.store_data");
  CHECK_FALSE(hand.can_step(1));
  hand.past(0, "tsb.store_tag");
  CHECK(hand.can_step(1));
  hand.finish();
  CHECK(lab.in_tsb(mm, 1));
}

TEST_CASE("A flush waits for a locked entry and then finds what the handler put there") {
  Sparc64Lab lab(tiny_options(2), tiny_params());
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.clear(ctx, mm, 1, ptep);
                                      lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 1));
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "test.gate");
  hand.past(1, "tsb.lock");
  hand.until(0, "tsb_flush.load");
  CHECK_FALSE(hand.can_step(0));
  hand.past(1, "tsb.store_tag");
  CHECK(hand.can_step(0));
  hand.finish();
  CHECK_FALSE(lab.in_tsb(mm, 1));
  CHECK(lab.copies(mm, 1) == 0);
}

/// cpu 1 touches, cpu 0 unmaps by `tlb_only` or in full, cpu 1 touches again: what does it get?
Status touch_after_unmap(bool tlb_only) {
  Sparc64Lab lab(tiny_options(2), tiny_params());
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  Status second = Status::interrupted;
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.clear(ctx, mm, 1, ptep);
                                      Invalidation i = lab.flush_of(ctx, mm, 1);
                                      i.tlb_only = tlb_only;
                                      lab.port.invalidate(ctx, i);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      Sparc64Lab::stop_here(ctx);
                                      second = lab.touch(ctx, mm, 1).status;
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  hand.to_end(0, 2);
  CHECK(lab.copies(mm, 1) == 0);
  hand.finish();
  return second;
}

TEST_CASE("A stale TSB entry refills the TLB if only the TLBs were flushed") {
  CHECK(touch_after_unmap(true) == Status::done);
}
TEST_CASE("With the TSB flushed first the next miss finds the page table, and faults") {
  CHECK(touch_after_unmap(false) == Status::fault);
}

/// cpu 1's handler has read the pte when cpu 0 clears it and flushes; only then does it lock the TSB entry.
Status insert_after_flush(bool check_under_lock) {
  Sparc64Params params = tiny_params();
  params.check_pte_under_tsb_lock = check_under_lock;
  Sparc64Lab lab(tiny_options(2), params);
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  Status last = Status::interrupted;
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.clear(ctx, mm, 1, ptep);
                                      lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 1));
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      Sparc64Lab::stop_here(ctx);
                                      last = lab.touch(ctx, mm, 1).status;
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "tsb.lock");
  hand.until(0, "xcall.all_executed");
  CHECK_FALSE(lab.in_tsb(mm, 1));
  hand.deliver();
  hand.until(1, "test.gate");
  hand.to_end(0, 2);
  CHECK(lab.in_tsb(mm, 1) == !check_under_lock);
  hand.finish();
  return last;
}

TEST_CASE("A handler that read the pte before its clear leaves a stale TSB entry after the flush") {
  // As in Linux, where the pte is checked before TSB_LOCK_TAG and not again (tsb.S): the unmap has returned.
  CHECK(insert_after_flush(false) == Status::done);
}
TEST_CASE("A second look at the pte under the TSB lock closes that window") {
  CHECK(insert_after_flush(true) == Status::fault);
}

TEST_CASE("The first half of a split invalidation takes the TSB entry and leaves the TLBs") {
  Sparc64Lab lab(tiny_options(1), tiny_params());
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  Pte old;
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    lab.touch(ctx, mm, 1);
    Sparc64Lab::stop_here(ctx);
    old = ctx.world().load(ptep);
    lab.port.invalidate_software_entry(ctx, mm, VirtPage{1}, old);
  }}));
  hand.until(0, "test.gate");
  CHECK(lab.in_tsb(mm, 1));
  CHECK(lab.copies(mm, 1) == 1);
  hand.to_end(0, 2);
  CHECK_FALSE(lab.in_tsb(mm, 1));
  CHECK(lab.copies(mm, 1) == 1);
  hand.finish();
}

// ---------------------------------------------------------------------------------------------------- growth

TEST_CASE("Growth keeps every translation that is not locked and frees the old table after the last ack") {
  Sparc64Lab lab(tiny_options(2), tiny_params(8));
  Tally tally;
  lab.f.stream.subscribe(tally);
  for (std::uint64_t page = 0; page < 4; ++page) lab.map(mm, page, lab.leaf(10 + page));
  lab.f.world.store(lab.f.state.mm_rss(mm), std::uint64_t{4});
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      lab.run_mm(ctx, mm);
                                      for (std::uint64_t page = 0; page < 3; ++page) lab.touch(ctx, mm, page);
                                      lab.port.after_fault(ctx, mm);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      CHECK(lab.touch(ctx, mm, 3).status == Status::done);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "tsb_grow.test");
  hand.past(1, "tsb.lock");  // page 3's entry is locked while the table is copied
  hand.until(0, "xcall.all_executed", false);
  const sparc64::TsbTable grown = lab.tsb(mm);
  CHECK(grown.entries == 8);
  for (std::uint64_t page = 0; page < 3; ++page) CHECK(lab.in_tsb(mm, page));
  CHECK_FALSE(lab.in_tsb(mm, 3));
  CHECK(tally.count(EventKind::tsb_freed) == 0);
  CHECK_FALSE(hand.can_step(0));
  hand.deliver();
  hand.until(1, "mmu.access", false);  // the walker finishes in the old table, which must still be there
  CHECK(tally.last(EventKind::tsb_stored).location != lab.port.tsbs().slot(mm, grown, VirtPage{3}).first);
  CHECK_FALSE(hand.can_step(0));
  CHECK(tally.count(EventKind::tsb_freed) == 0);
  hand.finish();
  CHECK(tally.count(EventKind::tsb_freed) == 1);
  CHECK(tally.last(EventKind::tsb_freed).location == lab.port.tsbs().base(mm, 0, 0).first);
}

TEST_CASE("A table grows at three quarters of its entries, and never beyond the greatest size") {
  Sparc64Lab lab(tiny_options(1), tiny_params());
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    const std::uint32_t expected[][2] = {{3, 4}, {4, 8}, {6, 8}, {7, 16}, {1000, 16}};
    for (const auto& step : expected) {
      ctx.world().store(lab.f.state.mm_rss(mm), std::uint64_t{step[0]});
      lab.port.after_fault(ctx, mm);
      CHECK(lab.tsb(mm).entries == step[1]);
    }
  }});
}

TEST_CASE("Between a growth's swap and its sync a flush misses the old table") {
  // cpu 0 grows, cpu 2 unmaps meanwhile, cpu 1 still looks into the old table: what tsb_grow leaves open in Linux.
  Sparc64Lab lab(tiny_options(3), tiny_params());
  const auto ptep = lab.map(mm, 1, lab.leaf(11));
  lab.f.world.store(lab.f.state.mm_rss(mm), std::uint64_t{4});
  Status last = Status::interrupted;
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.port.after_fault(ctx, mm);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, mm);
                                      lab.touch(ctx, mm, 1);
                                      Sparc64Lab::stop_here(ctx);
                                      last = lab.touch(ctx, mm, 1).status;
                                      Sparc64Lab::stop_here(ctx);
                                    },
                                    [&](Context& ctx) {
                                      lab.clear(ctx, mm, 1, ptep);
                                      lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 1));
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  hand.past(0, "tsb_grow.swap");
  hand.past(0, "context_lock.unlock");
  hand.to_end(2, 3);
  hand.past(1, "test.gate");
  hand.until(1, "test.gate");
  CHECK(last == Status::done);
  hand.finish();
}

}  // namespace
}  // namespace mmulab::test
