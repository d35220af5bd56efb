// SPDX-License-Identifier: MIT
// Programs of a few loads, stores and interrupts, one a cpu, and every outcome that they can have under a memory model.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "sim/exec/store_drain.h"
#include "sim/explore/search.h"
#include "tests/sim/explore/small_systems.h"

namespace mmulab::test {

/// What one cpu does; each call is a step.
class LitmusCpu {
 public:
  LitmusCpu(Context& ctx, const Region& memory, const Region& results, const Region& lines)
      : ctx_(ctx), memory_(memory), results_(results), lines_(lines) {}
  [[nodiscard]] std::uint64_t load(std::uint32_t word);
  /// Tells the cpu nothing, not even that it was made.
  void load_and_forget(std::uint32_t word);
  void store(std::uint32_t word, std::uint64_t value);
  void store_release(std::uint32_t word, std::uint64_t value);
  /// A locked instruction that adds; what it returned nobody asks.
  void add_atomically(std::uint32_t word);
  void add(std::uint32_t word);
  void mb();
  void wmb();
  void lock(std::uint32_t word);
  void unlock(std::uint32_t word);
  /// Interrupts a cpu, whose handler tells one more than word 0 holds, as the last result.
  void interrupt(CpuId cpu);
  /// Waits until the handler has told something: no cpu is ever gone.
  void await_interrupt();
  /// From now on lets no interrupt in, and then again.
  void mask();
  void unmask();
  /// Part of the outcome.
  void tell(std::uint32_t result, std::uint64_t value);

 private:
  Context& ctx_;
  const Region& memory_;
  const Region& results_;
  const Region& lines_;  ///< of interrupts, one a cpu
};

using LitmusProgram = std::vector<std::function<void(LitmusCpu&)>>;
/// What was told, by number, then what is in memory at the end.
using Outcomes = std::set<std::vector<std::uint64_t>>;

struct LitmusRun {
  MemoryModel model = MemoryModel::sc;
  std::uint32_t store_buffer = 4;
  SearchWay way;
};

struct LitmusResult {
  Outcomes outcomes;
  std::vector<Fingerprint> final_states;  ///< the same, as the engine sees it
  std::uint64_t states = 0;
  bool complete = false;
};
[[nodiscard]] LitmusResult explore(const LitmusProgram& program, const LitmusRun& run);
/// By every engine, with shortcuts and without; they must agree.
[[nodiscard]] Outcomes outcomes_of(const LitmusProgram& program, MemoryModel model, std::uint32_t store_buffer = 4);

inline constexpr std::uint32_t litmus_words = 4;
inline constexpr std::uint32_t litmus_results = 4;

}  // namespace mmulab::test
