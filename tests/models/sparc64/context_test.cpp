// SPDX-License-Identifier: MIT
// Context numbers: wrap, reuse, demap.
#include "tests/models/sparc64/sparc64_lab.h"

namespace mmulab::test {
namespace {

using Status = AccessResult::Status;

std::uint64_t context_word(const Sparc64Lab& lab, MmId mm) { return lab.f.world.load(lab.f.state.mm_context(mm)); }

TEST_CASE("When the numbers run out a new version begins and every running mm gets a new number") {
  // 2 bits: numbers 2 and 3. cpu 0 runs mm 0 (2), cpu 1 runs mm 1 (3); mm 2 on cpu 0 wraps and takes 2, mm 1 takes
  // 3.
  Sparc64Params params = tiny_params();
  params.context_bits = 2;
  Sparc64Lab lab(tiny_options(2), params);
  Tally tally;
  lab.f.stream.subscribe(tally);
  for (std::uint32_t m = 0; m < 3; ++m) lab.map(MmId{m}, 1, lab.leaf(10 + m));
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      for (std::uint32_t m = 0; m < 3; ++m) lab.port.init_mm(ctx, MmId{m});
                                      lab.run_mm(ctx, MmId{0});
                                      lab.touch(ctx, MmId{0}, 1);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.run_mm(ctx, MmId{2});
                                      lab.touch(ctx, MmId{2}, 1);
                                    },
                                    [&](Context& ctx) {
                                      lab.run_mm(ctx, MmId{1});
                                      lab.touch(ctx, MmId{1}, 1);
                                      Sparc64Lab::stop_here(ctx);
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  CHECK(context_word(lab, MmId{0}) == (1U << 22 | 2));
  CHECK(context_word(lab, MmId{1}) == (1U << 22 | 3));
  CHECK(lab.copies(MmId{1}, 1) == 1);
  hand.until(0, "");
  CHECK(context_word(lab, MmId{2}) == (2U << 22 | 2));
  CHECK(tally.last(EventKind::translation_used).frame == Frame{12});
  // Accepted, but cpu 1 has not come to it yet; its mm's context is stale.
  CHECK(context_word(lab, MmId{1}) == (1U << 22 | 3));
  hand.serve(1);
  CHECK(context_word(lab, MmId{1}) == (2U << 22 | 3));
  CHECK(lab.port.loaded_context(CpuId{1}) == 3);
  CHECK(lab.copies(MmId{1}, 1) == 0);
  CHECK(tally.count(EventKind::tag_retired) == 2);
  hand.finish();
}

/// The frame that mm C reaches on cpu 1 after a wrap gave it a number under which cpu 1 still has an entry of mm
/// A. Numbers 2..7: C 2, X 3, A 4, B 5 on cpu 1; E 6, F 7 on cpu 0; H wraps: H 2, B (active on cpu 1) 3, C 4 on
/// cpu 0.
Frame frame_after_wrap(bool flush_all) {
  Sparc64Params params = tiny_params();
  params.flush_all_after_wrap = flush_all;
  Sparc64Lab lab(tiny_options(2), params);
  Tally tally;
  lab.f.stream.subscribe(tally);
  const MmId c{0}, x{1}, a{2}, b{3}, e{4}, f{5}, h{6};
  lab.map(c, 1, lab.leaf(10));
  lab.map(a, 1, lab.leaf(20));
  ByHand hand(lab.f.start_explored({[&](Context& ctx) {
                                      for (MmId mm : {c, x, a, b, e, f, h}) lab.port.init_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      for (MmId mm : {e, f, h}) lab.run_mm(ctx, mm);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.run_mm(ctx, c);
                                    },
                                    [&](Context& ctx) {
                                      for (MmId mm : {c, x, a}) lab.run_mm(ctx, mm);
                                      lab.touch(ctx, a, 1);
                                      lab.run_mm(ctx, b);
                                      Sparc64Lab::stop_here(ctx);
                                      lab.run_mm(ctx, c);
                                      lab.touch(ctx, c, 1);
                                    }}));
  hand.until(0, "test.gate");
  hand.until(1, "test.gate");
  hand.step(0);
  hand.until(0, "test.gate");
  hand.serve(1);
  hand.to_end(0, 2);
  CHECK(context_word(lab, c) == (2U << 22 | 4));
  hand.finish();
  return tally.last(EventKind::translation_used).frame;
}

TEST_CASE("A wrap that trusts the cpumask lets an mm use another one's entries") {
  CHECK(frame_after_wrap(false) == Frame{20});
}
TEST_CASE("A cpu that demaps everything before its first context of a new version is safe") {
  CHECK(frame_after_wrap(true) == Frame{10});
}

TEST_CASE("A context demap spares global entries") {
  const MmId mm{0};
  Sparc64Lab lab(tiny_options(1), tiny_params());
  lab.map(mm, 1, lab.leaf(11));
  lab.map(mm, 2, lab.leaf(12).with(lab.port.pte().global));
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    lab.touch(ctx, mm, 1);
    lab.touch(ctx, mm, 2);
    Invalidation whole;
    whole.mm = mm;
    lab.port.invalidate(ctx, whole);
    CHECK(lab.copies(mm, 1) == 0);
    CHECK(lab.copies(mm, 2) == 1);
    CHECK_FALSE(lab.in_tsb(mm, 1));
    CHECK_FALSE(lab.in_tsb(mm, 2));
    lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 2));
    CHECK(lab.copies(mm, 2) == 0);
  }});
}

TEST_CASE("A dead mm's number goes to the next one, whose first run demaps what is left") {
  const MmId dead{0}, next{1};
  Sparc64Params params = tiny_params();
  params.context_bits = 2;
  Sparc64Lab lab(tiny_options(1), params);
  lab.map(dead, 1, lab.leaf(11));
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, dead);
    lab.run_mm(ctx, dead);
    lab.touch(ctx, dead, 1);
    lab.port.destroy_mm(ctx, dead);
    // Two numbers: the next mm gets the other one, the one after that the dead one's.
    for (MmId mm : {next, MmId{2}}) {
      lab.port.init_mm(ctx, mm);
      lab.run_mm(ctx, mm);
    }
    CHECK(context_word(lab, next) == (1U << 22 | 3));
    CHECK(context_word(lab, MmId{2}) == (1U << 22 | 2));
    CHECK(lab.touch(ctx, MmId{2}, 1).status == Status::fault);
  }});
}

}  // namespace
}  // namespace mmulab::test
