// SPDX-License-Identifier: MIT
// Two states that share a key are taken for one: whatever leads from the one must lead from the other. Tried out by
// going on from both in the same way.
#include <map>

#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

// Four pages and a table go: a loop of invalidations, of which only the turn tells one from the next.
const std::string munmap_against_load = heap_script(4, {"ops = ['munmap heap']", "ops = ['load heap[0]']"});

class Continuations {
 public:
  explicit Continuations(const config::Values& values)
      : system_(values, OnViolation::count), cursor_(system_, CursorOptions::plain()) {}

  /// In depth, until `states_max` different keys have been seen.
  void explore(std::size_t states_max) {
    std::vector<Move> moves;
    cursor_.list(moves);
    for (const Move& move : moves) {
      if (continuations_.size() == states_max) return;
      cursor_.push(move);
      if (is_fresh()) explore(states_max);
      cursor_.pop();
    }
  }
  [[nodiscard]] std::size_t states() const { return continuations_.size(); }
  [[nodiscard]] std::size_t met_again() const { return met_again_; }

 private:
  bool is_fresh() {
    const Fingerprint key = cursor_.key();
    const std::string steps = next_steps();
    const auto [it, fresh] = continuations_.emplace(std::make_pair(key.high, key.low), steps);
    if (fresh) return true;
    ++met_again_;
    CHECK(it->second == steps);
    return false;
  }

  std::string next_steps() {
    constexpr int enough = 100;
    std::string steps;
    std::vector<Move> moves;
    const std::size_t here = cursor_.level();
    for (int n = 0; n < enough; ++n) {
      cursor_.list(moves);
      if (moves.empty()) break;
      const MoveInfo info = cursor_.info(moves.back());
      steps += std::to_string(info.agent.raw()) + (info.label == nullptr ? "!" : std::string(info.label->name())) + " ";
      cursor_.push(moves.back());
    }
    cursor_.pop_to(here);
    return steps;
  }

  lab::ExploredSystem system_;
  Cursor cursor_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> continuations_;
  std::size_t met_again_ = 0;
};

void states_of_one_key_continue_alike(const std::string& system) {
  if (searching_takes_too_long()) return;
  INFO(system);
  Continuations continuations(small_system(system + munmap_against_load));
  continuations.explore(2500);
  CHECK(continuations.states() == 2500);
  CHECK(continuations.met_again() > 100);
}

}  // namespace

TEST_CASE("States of one key continue alike") {
  states_of_one_key_continue_alike("machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n");
  states_of_one_key_continue_alike("machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n");
  states_of_one_key_continue_alike("machine = 'tagged-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n");
}

TEST_CASE("States of one key continue alike while read(/dev/zero) clears one page after the other") {
  if (!Fiber::can_restore()) return;
  // With the may-set an access that finds its translation changes no word: only the turn tells one from the next.
  Continuations continuations(small_system(
      "check.tlb = 'may-set'\nmachine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'per-pte'\n" +
      heap_script(2, {"warmup = ['store heap']\nops = ['zero_read heap']",
                      "warmup = ['load heap']\nops = ['load heap']"})));
  continuations.explore(2500);
  CHECK(continuations.states() > 100);
  CHECK(continuations.met_again() > 0);
}

TEST_CASE("States of one key continue alike with stores in their buffers") {
  for (const char* memory : {"tso", "pso"})
    states_of_one_key_continue_alike(std::string("check.memory = '") + memory +
                                     "'\nmachine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n");
}
