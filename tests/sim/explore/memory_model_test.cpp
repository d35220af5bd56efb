// SPDX-License-Identifier: MIT
// The litmus tests of the literature (x86-TSO, 2009; SPARC V9, appendix D; Adve, Gharachorloo, 1996), both ways: what a
// model forbids never comes out, what it allows does.
#include <algorithm>

#include "tests/sim/explore/litmus.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

constexpr MemoryModel sc = MemoryModel::sc, tso = MemoryModel::tso, pso = MemoryModel::pso;
constexpr std::uint32_t x = 0, y = 1, z = 2, lock = 3;

/// Some outcome begins with these results.
bool allows(const LitmusProgram& program, MemoryModel model, const std::vector<std::uint64_t>& results,
            std::uint32_t store_buffer = 4) {
  const Outcomes outcomes = outcomes_of(program, model, store_buffer);
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const std::vector<std::uint64_t>& outcome) {
    return std::equal(results.begin(), results.end(), outcome.begin());
  });
}

using Between = void (*)(LitmusCpu&);
void nothing(LitmusCpu&) {}
void mb(LitmusCpu& cpu) { cpu.mb(); }
void wmb(LitmusCpu& cpu) { cpu.wmb(); }
void locked_add(LitmusCpu& cpu) { cpu.add_atomically(z); }

/// SB: each stores one word and loads the other's.
LitmusProgram store_buffering(Between between) {
  const auto half = [between](std::uint32_t mine, std::uint32_t others) {
    return [=](LitmusCpu& cpu) {
      cpu.store(mine, 1);
      between(cpu);
      cpu.tell(mine, cpu.load(others));
    };
  };
  return {half(x, y), half(y, x)};
}

/// MP: a message in x, a flag in y.
LitmusProgram message_passing(Between between) {
  return {[between](LitmusCpu& cpu) {
            cpu.store(x, 1);
            between(cpu);
            cpu.store(y, 1);
          },
          [](LitmusCpu& cpu) {
            cpu.tell(0, cpu.load(y));
            cpu.tell(1, cpu.load(x));
          }};
}

}  // namespace

TEST_CASE("SB: a load passes an earlier store under tso and pso, and not a full barrier") {
  const std::vector<std::uint64_t> both_old{0, 0};
  CHECK_FALSE(allows(store_buffering(nothing), sc, both_old));
  CHECK(allows(store_buffering(nothing), tso, both_old));
  CHECK(allows(store_buffering(nothing), pso, both_old));
  for (const MemoryModel model : {sc, tso, pso}) CHECK_FALSE(allows(store_buffering(mb), model, both_old));
}

TEST_CASE("SB: a store barrier is none for loads, a locked instruction is one where it drains") {
  const std::vector<std::uint64_t> both_old{0, 0};
  CHECK(allows(store_buffering(wmb), tso, both_old));
  CHECK(allows(store_buffering(wmb), pso, both_old));
  CHECK_FALSE(allows(store_buffering(locked_add), tso, both_old));
  CHECK(allows(store_buffering(locked_add), pso, both_old));
}

TEST_CASE("SB needs a buffer of one store only") {
  CHECK(allows(store_buffering(nothing), tso, {0, 0}, 1));
  CHECK(allows(store_buffering(nothing), pso, {0, 0}, 1));
}

TEST_CASE("MP: stores change places under pso alone, and not over a store barrier") {
  const std::vector<std::uint64_t> flag_first{1, 0};
  CHECK_FALSE(allows(message_passing(nothing), sc, flag_first));
  CHECK_FALSE(allows(message_passing(nothing), tso, flag_first));
  CHECK(allows(message_passing(nothing), pso, flag_first));
  for (const MemoryModel model : {sc, tso, pso}) {
    CHECK_FALSE(allows(message_passing(wmb), model, flag_first));
    CHECK_FALSE(allows(message_passing(mb), model, flag_first));
    CHECK(allows(message_passing(nothing), model, {1, 1}));
  }
}

TEST_CASE("MP: a release store keeps what precedes it in front, what follows it may pass") {
  const LitmusProgram releases{[](LitmusCpu& cpu) {
                                 cpu.store(x, 1);
                                 cpu.store_release(y, 1);
                                 cpu.store(z, 1);
                               },
                               [](LitmusCpu& cpu) {
                                 cpu.tell(0, cpu.load(z));
                                 cpu.tell(1, cpu.load(y));
                                 cpu.tell(2, cpu.load(x));
                               }};
  for (const MemoryModel model : {tso, pso}) {
    CHECK_FALSE(allows(releases, model, {0, 1, 0}));
    CHECK_FALSE(allows(releases, model, {1, 1, 0}));
  }
  CHECK_FALSE(allows(releases, tso, {1, 0, 0}));
  CHECK(allows(releases, pso, {1, 0, 0}));
}

TEST_CASE("IRIW: two readers never disagree about the order of two stores") {
  const auto writer = [](std::uint32_t word) { return [word](LitmusCpu& cpu) { cpu.store(word, 1); }; };
  const auto reader = [](std::uint32_t first, std::uint32_t second, std::uint32_t result) {
    return [=](LitmusCpu& cpu) {
      const std::uint64_t one = cpu.load(first);
      const std::uint64_t two = cpu.load(second);
      cpu.tell(result, one << 1 | two);
    };
  };
  const LitmusProgram iriw{writer(x), writer(y), reader(x, y, 0), reader(y, x, 1)};
  for (const MemoryModel model : {sc, tso, pso}) {
    CHECK_FALSE(allows(iriw, model, {2, 2}));
    CHECK(allows(iriw, model, {3, 3}));
  }
}

TEST_CASE("A cpu sees its own stores at once, and its stores to one word are seen in their order") {
  const LitmusProgram own{[](LitmusCpu& cpu) {
                            cpu.store(x, 1);
                            cpu.store(x, 2);
                            cpu.tell(0, cpu.load(x));
                          },
                          [](LitmusCpu& cpu) {
                            cpu.tell(1, cpu.load(x));
                            cpu.tell(2, cpu.load(x));
                          }};
  for (const MemoryModel model : {sc, tso, pso}) {
    for (const std::uint64_t stale : {std::uint64_t{0}, std::uint64_t{1}}) CHECK_FALSE(allows(own, model, {stale}));
    CHECK_FALSE(allows(own, model, {2, 2, 1}));
    CHECK_FALSE(allows(own, model, {2, 2, 0}));
    CHECK_FALSE(allows(own, model, {2, 1, 0}));
    CHECK(allows(own, model, {2, 1, 2}));
  }
}

TEST_CASE("n6: a cpu reads its own store before anybody else can") {
  const LitmusProgram n6{[](LitmusCpu& cpu) {
                           cpu.store(x, 1);
                           cpu.tell(0, cpu.load(x));
                           cpu.tell(1, cpu.load(y));
                         },
                         [](LitmusCpu& cpu) {
                           cpu.store(y, 2);
                           cpu.store(x, 2);
                         }};
  // The last store to x is the first cpu's, yet it has not seen y.
  const std::vector<std::uint64_t> early{1, 0, 0, 0, 1, 2};
  CHECK_FALSE(allows(n6, sc, early));
  CHECK(allows(n6, tso, early));
  CHECK(allows(n6, pso, early));
}

TEST_CASE("What a lock protects is never wrong, under any model") {
  const auto adds = [](LitmusCpu& cpu) {
    cpu.lock(lock);
    cpu.add(x);
    cpu.add(y);
    cpu.unlock(lock);
  };
  const LitmusProgram two{adds, adds};
  for (const MemoryModel model : {sc, tso, pso}) {
    const Outcomes outcomes = outcomes_of(two, model);
    REQUIRE(outcomes.size() == 1);
    CHECK(*outcomes.begin() == std::vector<std::uint64_t>{0, 0, 0, 0, 2, 2, 0, 0});
  }
}

TEST_CASE("Locked instructions lose no update, a load and a store do") {
  const LitmusProgram locked{[](LitmusCpu& cpu) { cpu.add_atomically(x); },
                             [](LitmusCpu& cpu) { cpu.add_atomically(x); }};
  const LitmusProgram bare{[](LitmusCpu& cpu) { cpu.add(x); }, [](LitmusCpu& cpu) { cpu.add(x); }};
  for (const MemoryModel model : {sc, tso, pso}) {
    CHECK(outcomes_of(locked, model).size() == 1);
    CHECK(outcomes_of(bare, model).size() == 2);
  }
}

TEST_CASE("Under pso a store before a lock may come after one inside it, whoever takes the lock next sees both") {
  const auto first = [](LitmusCpu& cpu) {
    cpu.store(x, 1);
    cpu.lock(lock);
    cpu.store(y, 1);
    cpu.unlock(lock);
  };
  const auto looks = [](LitmusCpu& cpu) {
    cpu.tell(0, cpu.load(y));
    cpu.tell(1, cpu.load(x));
  };
  const LitmusProgram outside{first, looks};
  CHECK_FALSE(allows(outside, sc, {1, 0}));
  CHECK_FALSE(allows(outside, tso, {1, 0}));
  CHECK(allows(outside, pso, {1, 0}));
  const LitmusProgram inside{first, [&](LitmusCpu& cpu) {
                               cpu.lock(lock);
                               looks(cpu);
                               cpu.unlock(lock);
                             }};
  for (const MemoryModel model : {sc, tso, pso}) {
    CHECK_FALSE(allows(inside, model, {1, 0}));
    CHECK(allows(inside, model, {1, 1}));
  }
}

TEST_CASE("A load passes the release of a lock: only taking one drains") {
  const auto half = [](std::uint32_t mine, std::uint32_t others, std::uint32_t its_lock) {
    return [=](LitmusCpu& cpu) {
      cpu.lock(its_lock);
      cpu.store(mine, 1);
      cpu.unlock(its_lock);
      cpu.tell(mine, cpu.load(others));
    };
  };
  const LitmusProgram program{half(x, y, z), half(y, x, lock)};
  CHECK_FALSE(allows(program, sc, {0, 0}));
  CHECK(allows(program, tso, {0, 0}));
  CHECK(allows(program, pso, {0, 0}));
}
