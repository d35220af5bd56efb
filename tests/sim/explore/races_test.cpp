// SPDX-License-Identifier: MIT
// What races though it is no first step of a move: interrupts, also with what lets none in, and the steps that a move
// carries along.
#include "tests/sim/explore/litmus.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

/// What the handler told: one more than it saw.
std::set<std::uint64_t> told_by_handler(const LitmusProgram& program) {
  std::set<std::uint64_t> told;
  for (const auto& outcome : outcomes_of(program, MemoryModel::sc)) told.insert(outcome[litmus_results - 1]);
  return told;
}

void interrupt_first(LitmusCpu& cpu) { cpu.interrupt(CpuId{0}); }

}  // namespace

TEST_CASE("An interrupt comes before a store or after it") {
  CHECK(told_by_handler({[](LitmusCpu& cpu) { cpu.store(0, 1); cpu.await_interrupt(); }, interrupt_first}) ==
        std::set<std::uint64_t>{1, 2});
}

TEST_CASE("An interrupt that is not let in could have come earlier") {
  const auto masked = [](LitmusCpu& cpu) {
    cpu.mask();
    cpu.store(0, 1);
    cpu.unmask();
    cpu.await_interrupt();
  };
  CHECK(told_by_handler({masked, interrupt_first}) == std::set<std::uint64_t>{1, 2});
}

TEST_CASE("What is done while interrupts are masked no handler sees half of") {
  const auto masked = [](LitmusCpu& cpu) {
    cpu.mask();
    cpu.store(0, 1);
    cpu.store(0, 2);
    cpu.unmask();
    cpu.await_interrupt();
  };
  CHECK(told_by_handler({masked, interrupt_first}) == std::set<std::uint64_t>{1, 3});
  const auto open = [](LitmusCpu& cpu) {
    cpu.store(0, 1);
    cpu.store(0, 2);
    cpu.await_interrupt();
  };
  CHECK(told_by_handler({open, interrupt_first}) == std::set<std::uint64_t>{1, 2, 3});
}

TEST_CASE("Races are found of all steps that a move carries along, not only of its first") {
  // Taking the lock and the store after it are one move; who loads looks at no lock.
  const auto stores = [](LitmusCpu& cpu) {
    cpu.lock(3);
    cpu.store(0, 1);
    cpu.store(0, 2);
    cpu.unlock(3);
  };
  const auto loads = [](LitmusCpu& cpu) { cpu.tell(0, cpu.load(0)); };
  for (const LitmusProgram& program : {LitmusProgram{stores, loads}, LitmusProgram{loads, stores}}) {
    std::set<std::uint64_t> seen;
    for (const auto& outcome : outcomes_of(program, MemoryModel::sc)) seen.insert(outcome.front());
    CHECK(seen == std::set<std::uint64_t>{0, 1, 2});
  }
}
