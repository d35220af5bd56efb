// SPDX-License-Identifier: MIT
// A cursor that leaps to a state finds what one finds that walks there, whatever memory its copies may take; and
// breadth first over leaps says what it says over walks.
#include "sim/explore/state_tree.h"
#include "sim/explore/visited.h"
#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

const std::string dontneed_against_load = heap_script(
    1, {"warmup = ['store heap']\nops = ['dontneed heap']", "warmup = ['load heap']\nops = ['load heap']"});
const std::string munmap_against_load = heap_script(2, {"ops = ['munmap heap']", "ops = ['load heap[0]']"});

const std::string x86 = "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n";
const std::string ppc64 = "machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n";
const std::string sparc64 = "machine = 'sparc64-tiny'\nkernel = 'modern'\nstrategy = 'sparc64-2013'\n";

const std::string systems[] = {
    ppc64 + dontneed_against_load,
    sparc64 + dontneed_against_load,
    x86 + munmap_against_load,
    "check.memory = 'pso'\n" + x86 + munmap_against_load,
    "check.tlb = 'may-set'\n" + x86 + munmap_against_load,
};

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

/// The states of the first so many nodes, in breadth; each is found as it was when it was added.
class Visits {
 public:
  Visits(const config::Values& values, bool leaps, std::uint64_t copies_max_bytes)
      : system_(values, OnViolation::count), cursor_(system_, CursorOptions::plain()) {
    const Fingerprint start = cursor_.key();
    {
      StateTree tree(cursor_, leaps, copies_max_bytes);
      keys_.push_back(start);
      for (StateTree::Node n = StateTree::root; n < tree.size() && n < nodes_max; ++n) {
        tree.visit(n);
        check(n, tree);
        expand(n, tree);
      }
      bytes_ = tree.bytes();
    }
    CHECK(cursor_.level() == 0);
    CHECK(cursor_.key() == start);
  }

  [[nodiscard]] const std::vector<Fingerprint>& keys() const { return keys_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t steps() const { return cursor_.steps_made(); }

 private:
  static constexpr StateTree::Node nodes_max = 1500;

  void check(StateTree::Node n, const StateTree& tree) {
    const World& world = system_.world();
    const bool as_added = cursor_.key() == keys_[n] && cursor_.level() == tree.depth(n) &&
                          cursor_.path().size() == tree.depth(n) &&
                          world.computed_fingerprint() == world.fingerprint();
    CHECK(as_added);
  }

  void expand(StateTree::Node n, StateTree& tree) {
    std::vector<Move> moves;
    cursor_.list(moves);
    for (const Move& move : moves) {
      cursor_.push(move);
      if (visited_.enter(cursor_.key(), 0) == VisitedStates::Seen::first_time) {
        keys_.push_back(cursor_.key());
        tree.add(n);
      }
      cursor_.pop();
    }
  }

  lab::ExploredSystem system_;
  Cursor cursor_;
  VisitedStates visited_;
  std::vector<Fingerprint> keys_;
  std::size_t bytes_ = 0;
};

SearchResult in_breadth(const config::Values& values, const CursorOptions& options, bool leaps,
                        std::uint64_t states_max, const SearchGoal& goal) {
  lab::ExploredSystem system(values, OnViolation::count);
  Cursor cursor(system, options);
  Coverage coverage(!leaps);
  SearchLimits limits;
  limits.states_max = states_max;
  return search_breadth_first(cursor, limits, goal, coverage);
}

void compare(const SearchResult& a, const SearchResult& b) {
  CHECK(a.end == b.end);
  CHECK(a.states == b.states);
  CHECK(a.transitions == b.transitions);
  CHECK(a.depth == b.depth);
  CHECK(a.complete_depth == b.complete_depth);
  CHECK(a.final_states == b.final_states);
  REQUIRE(a.counterexamples.size() == b.counterexamples.size());
  for (std::size_t i = 0; i < a.counterexamples.size(); ++i)
    CHECK(a.counterexamples[i].path == b.counterexamples[i].path);
}

SearchGoal everything() {
  SearchGoal goal;
  goal.exhaust = true;
  return goal;
}

}  // namespace

TEST_CASE("A leap leads to the state that was kept, whatever copies may take") {
  if (searching_takes_too_long()) return;
  for (const std::string& text : systems) {
    INFO(text.substr(0, 80));
    const config::Values values = small_system(text);
    const Visits walked(values, false, 0);
    const Visits leapt(values, true, no_limit);
    CHECK(walked.keys().size() > 500);
    CHECK(leapt.keys() == walked.keys());
    CHECK(leapt.steps() < walked.steps());
    const Visits narrowly(values, true, leapt.bytes() / 4);
    CHECK(narrowly.keys() == walked.keys());
    CHECK(narrowly.steps() > leapt.steps());
    CHECK(narrowly.steps() < walked.steps());
    const Visits without_room(values, true, 0);
    CHECK(without_room.keys() == walked.keys());
  }
}

TEST_CASE("Breadth first says the same over leaps, over walks, and where every step back is a new start") {
  if (searching_takes_too_long()) return;
  CursorOptions anew = CursorOptions::plain();
  anew.rewind = Rewind::restart;
  constexpr std::uint64_t few = 150;
  for (const std::string& text : systems) {
    INFO(text.substr(0, 80));
    const config::Values values = small_system(text);
    const CursorOptions plain = CursorOptions::plain();
    constexpr std::uint64_t some = 3000;
    compare(in_breadth(values, plain, true, some, everything()), in_breadth(values, plain, false, some, everything()));
    compare(in_breadth(values, plain, true, few, everything()), in_breadth(values, anew, true, few, everything()));
  }
}

TEST_CASE("The shortest counterexample is the same over leaps and over walks") {
  if (searching_takes_too_long()) return;
  const config::Values broken = small_system(
      "machine = 'ppc64-tiny'\nkernel = '2.6.20'\nstrategy = 'ppc64-2.6.20'\n" +
      heap_script(1, {"warmup = ['load heap']\nops = ['zero_read heap']",
                      "warmup = ['load heap']\nops = ['store heap']"}));
  const SearchResult leapt = in_breadth(broken, CursorOptions::plain(), true, no_limit, {});
  REQUIRE(leapt.counterexamples.size() == 1);
  compare(leapt, in_breadth(broken, CursorOptions::plain(), false, no_limit, {}));
}
