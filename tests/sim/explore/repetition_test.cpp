// SPDX-License-Identifier: MIT
// A search performs some of its schedules twice; a model that does something else then is a bug of ours (exit code 4).
#include "tests/sim/explore/litmus.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

const std::string two_accesses = "machine = 'x86-tiny'\nkernel = '2.6.22'\nstrategy = 'generic-2.6.22'\n" +
                                 heap_script(1, {"ops = ['store heap']", "ops = ['load heap']"});

/// What no model may have: a memory outside the World, which the state then depends on.
class Unrepeatable : public EventObserver {
 public:
  Unrepeatable(World& world, std::uint64_t from) : world_(world), from_(from) {}
  void on_event(const Event&) override {
    if (++events_ != from_) return;
    const auto last = static_cast<std::uint32_t>(world_.size_words() - 1);
    world_.store(Cell<std::uint64_t>{Location{last}}, events_);
  }

 private:
  World& world_;
  std::uint64_t from_;
  std::uint64_t events_ = 0;
};

enum class How : std::uint8_t { depth_first, at_random, by_reversing };

SearchResult search(How how, std::uint64_t disturbed_from) {
  lab::ExploredSystem system(small_system(two_accesses), OnViolation::count);
  Cursor cursor(system, CursorOptions::plain());
  Unrepeatable disturbance(system.world(), disturbed_from);
  system.events().subscribe(disturbance);
  Coverage coverage(false);
  SearchLimits limits;
  limits.repeat_every = 1;
  limits.steps_max = 100'000;
  limits.schedules_max = 20;
  SearchGoal goal;
  goal.exhaust = true;
  switch (how) {
    case How::depth_first: return search_depth_first(cursor, limits, goal, coverage);
    case How::at_random: return search_at_random(cursor, limits, goal, coverage, RandomKind::random, 1, 3);
    case How::by_reversing: return search_by_reversing(cursor, limits, goal, coverage);
  }
  return {};
}

int exit_code_of(How how, std::uint64_t disturbed_from) {
  return test::exit_code_of([=] { search(how, disturbed_from); });
}

void explore_loads(Engine engine, void (*load)(LitmusCpu&)) {
  LitmusRun run;
  run.way.engine = engine;
  run.way.cursor = CursorOptions::plain();
  const auto thrice = [=](LitmusCpu& cpu) {
    for (int n = 0; n < 3; ++n) load(cpu);
  };
  static_cast<void>(explore({thrice}, run));
}

}  // namespace

TEST_CASE("Left out on purpose", "[.left-out]") { leave_out("on purpose"); }

TEST_CASE("Every path performed twice: nothing differs") {
  for (const How how : {How::depth_first, How::at_random, How::by_reversing})
    CHECK(search(how, 0).transitions > 100);
}

TEST_CASE("A memory outside the World is noticed when a path is performed again") {
  if (searching_takes_too_long()) return;
  // Its trace must lie on a path that is performed again: among the first events of the search.
  for (const How how : {How::depth_first, How::at_random}) CHECK(exit_code_of(how, 20) == 4);
  CHECK(exit_code_of(How::depth_first, 0) == 0);
}

TEST_CASE("A search that takes different states for one and so never comes to an end is not a proof") {
  const auto forgetful = [](LitmusCpu& cpu) { cpu.load_and_forget(0); };
  const auto mindful = [](LitmusCpu& cpu) { static_cast<void>(cpu.load(0)); };
  for (const Engine engine : {Engine::dfs, Engine::bfs}) {
    CHECK(exit_code_of([=] { explore_loads(engine, forgetful); }) == 4);
    CHECK(exit_code_of([=] { explore_loads(engine, mindful); }) == 0);
  }
}
