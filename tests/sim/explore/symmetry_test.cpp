// SPDX-License-Identifier: MIT
// States that differ only by who of several alike is which are one state: verdicts, ends and classes are the same as
// without that, there are fewer states, and systems that can tell their cpus apart are left alone.
#include <algorithm>
#include <tuple>

#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

std::string tiny_ppc64(unsigned cpus, const std::string& strategy) {
  return "machine = { preset = 'ppc64-tiny', cores = " + std::to_string(cpus) + " }\nkernel = '2.6.20'\nstrategy = '" +
         strategy + "'\n";
}

/// A page that one task gives back, and that as many others as are wanted store to.
std::string refault(unsigned writers, const std::string& last_writes = "ops = ['store heap']") {
  std::vector<std::string> tasks{"ops = ['dontneed heap']"};
  for (unsigned n = 1; n < writers; ++n) tasks.emplace_back("warmup = ['load heap']\nops = ['store heap']");
  tasks.push_back("warmup = ['load heap']\n" + last_writes);
  return heap_script(1, tasks);
}

/// A file's page that one task takes away while two others store to it.
const std::string unmapping =
    "[workload]\nkind = 'script'\n[[workload.region]]\nname = 'f'\nkind = 'file_shared'\npages = 1\n"
    "[[workload.task]]\nname = 'a'\ncpu = 0\nmm = 1\nops = ['unmap_mapping f']\n"
    "[[workload.task]]\nname = 'b'\ncpu = 1\nwarmup = ['load f']\nops = ['store f']\n"
    "[[workload.task]]\nname = 'c'\ncpu = 2\nwarmup = ['load f']\nops = ['store f']\n";

SearchWay way(bool renames) {
  SearchWay w;
  w.cursor.renames = renames;
  return w;
}

std::size_t namings_of(const std::string& text) {
  lab::ExploredSystem system(small_system(text), OnViolation::count);
  return Cursor(system, CursorOptions{}).namings();
}

std::vector<std::pair<std::string, std::string>> kinds_of(const SearchResult& result) {
  std::vector<std::pair<std::string, std::string>> kinds;
  for (const Counterexample& c : result.counterexamples)
    kinds.emplace_back(c.violation.invariant, c.violation.class_id);
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

/// Believes that two tasks do the same which do not.
class Deceived : public lab::ExploredSystem {
 public:
  using lab::ExploredSystem::ExploredSystem;
  std::vector<Renaming> renamings() override {
    const KernelState& state = *system().state;
    std::vector<CpuId> cpus{CpuId{0}, CpuId{2}, CpuId{1}};
    std::vector<TaskId> tasks;
    for (std::uint32_t t = 0; t < state.limits().tasks; ++t) tasks.emplace_back(t);
    std::swap(tasks[1], tasks[2]);
    const TaskId idle = world().load(state.cpu_idle_task(CpuId{1}));
    const TaskId other = world().load(state.cpu_idle_task(CpuId{2}));
    std::swap(tasks[idle.raw()], tasks[other.raw()]);
    std::vector<Renaming> renamings;
    renamings.emplace_back(world(), std::move(cpus), std::move(tasks));
    return renamings;
  }
};

/// Enters the states to which one step of each cpu leads, as searches within a bound enter them.
class FirstSteps : public Search {
 public:
  using Seen = VisitedStates::Seen;
  FirstSteps(Cursor& cursor, Coverage& coverage) : Search(cursor, bounded(), {}, coverage) { cursor.list(moves_); }
  SearchResult run() override { return {}; }

  /// The state after the step of `mover`, where `last` is taken for who has moved last.
  Seen enter(CpuId mover, CpuId last) {
    SwitchCount switches;
    switches.add(step_of(last), moves_);
    cursor_.push(step_of(mover));
    const Seen seen = enter_state(visited_, switches);
    cursor_.pop();
    return seen;
  }

 private:
  static SearchLimits bounded() {
    SearchLimits limits;
    limits.switches_max = 1;
    return limits;
  }

  [[nodiscard]] const Move& step_of(CpuId cpu) const {
    const auto found = std::find_if(moves_.begin(), moves_.end(), [&](const Move& m) {
      return m.decision.kind == Decision::Kind::step && m.decision.agent.raw() == cpu.raw();
    });
    REQUIRE(found != moves_.end());
    return *found;
  }

  VisitedStates visited_;
  std::vector<Move> moves_;
};

template <class System>
void perform_under_other_names(const std::string& text) {
  System system(small_system(text), OnViolation::count);
  Cursor cursor(system, CursorOptions{});
  Coverage coverage(false);
  SearchLimits limits;
  limits.repeat_every = 1;
  SearchGoal goal;
  goal.exhaust = true;
  while (search_depth_first(cursor, limits, goal, coverage).end == SearchEnd::stale) cursor.begin_again();
}

}  // namespace

TEST_CASE("What is followed store by store is what a look at the whole World would show") {
  World world;
  const Region of_cpus = world.allocate("of_cpus", 3, 2, Coherence::internal);
  world.assign(of_cpus, {Owner::cpu, 3});
  world.name(of_cpus, 1, Names::cpu);
  const Region of_nobody = world.allocate("of_nobody", 1, 1, Coherence::internal);
  world.store(of_cpus.at(1), 7);
  world.start_tracking();
  Symmetry symmetry({Renaming(world, {CpuId{0}, CpuId{2}, CpuId{1}}, {}), Renaming(world, {CpuId{1}, CpuId{0}}, {})});
  symmetry.follow(world);
  const auto matches_a_look = [&] {
    Symmetry::Least least;
    symmetry.find_least(world, least);
    Fingerprint expected = world.fingerprint();
    for (const Renaming& names : symmetry.renamings()) {
      const Fingerprint named = names.fingerprint(world);
      if (std::tie(named.high, named.low) < std::tie(expected.high, expected.low)) expected = named;
    }
    return least.world == expected;
  };
  CHECK(matches_a_look());
  std::vector<World::JournalMark> marks;
  for (std::uint64_t n = 0; n < 40; ++n) {
    marks.push_back(world.mark());
    symmetry.keep();
    world.store(Location{of_cpus.first().raw() + static_cast<std::uint32_t>(mix(n) % 6)}, mix(n + 100) % 4);
    world.store(of_nobody.at(0), n);
    CHECK(matches_a_look());
  }
  for (const std::size_t back : {39U, 25U, 3U, 0U}) {
    world.undo_to(marks[back]);
    symmetry.return_to(back);
    CHECK(matches_a_look());
  }
  world.put(of_cpus.at(2), 9);
  world.set_fingerprint(world.computed_fingerprint());
  symmetry.look_again(world);
  CHECK(matches_a_look());
}

TEST_CASE("Who does the same on the same machine can bear any other's name") {
  CHECK(namings_of(tiny_ppc64(2, "ppc64-2.6.22") + refault(1)) == 1);
  CHECK(namings_of(tiny_ppc64(3, "ppc64-2.6.22") + refault(2)) == 2);
  CHECK(namings_of(tiny_ppc64(4, "ppc64-2.6.22") + refault(3)) == 6);
  CHECK(namings_of(tiny_ppc64(4, "ppc64-2.6.22") + refault(3, "ops = ['load heap']")) == 2);
}

TEST_CASE("Whoever can be told from another one keeps its name") {
  const std::string unlike = "ops = ['store heap', 'load heap']";
  CHECK(namings_of(tiny_ppc64(3, "ppc64-2.6.22") + refault(2, unlike)) == 1);
  const std::string draws = "ops = ['think 3']";
  CHECK(namings_of(tiny_ppc64(3, "ppc64-2.6.22") + heap_script(1, {"ops = ['dontneed heap']", draws, draws})) == 1);
  // More cpus than a word of a mask has bits.
  CHECK(namings_of(tiny_ppc64(64, "ppc64-2.6.22") + refault(2)) == 2);
  CHECK(namings_of(tiny_ppc64(65, "ppc64-2.6.22") + refault(2)) == 1);
  // Whoever settles others' flushes goes through the cpus in turn; so does who sends interrupts to some.
  CHECK(namings_of(tiny_ppc64(3, "safe-deferral-settle") + refault(2)) == 1);
  CHECK(namings_of("machine = { preset = 'x86-tiny', cores = 3 }\nkernel = '2.6.22'\nstrategy = 'generic-2.6.22'\n" +
                   refault(2)) == 1);
  CHECK(namings_of(tiny_ppc64(3, "ppc64-2.6.22") + refault(2) + "[check]\nmemory = 'tso'\n") == 1);
  CHECK(namings_of(tiny_ppc64(3, "ppc64-2.6.22") + refault(2) + "[check]\ntlb = 'explicit'\n") == 1);
}

TEST_CASE("Under other names nothing else comes about") {
  if (searching_takes_too_long()) return;
  for (const char* strategy : {"ppc64-2.6.22", "ppc64-2.6.20"}) {
    INFO(strategy);
    const config::Values values = small_system(tiny_ppc64(3, strategy) + unmapping);
    const SearchResult own = exhaust(values, way(false));
    const SearchResult named = exhaust(values, way(true));
    CHECK(named.final_states == own.final_states);
    CHECK(kinds_of(named) == kinds_of(own));
    CHECK(own.final_states.size() > 1);
    CHECK(own.counterexamples.empty() == (strategy == std::string("ppc64-2.6.22")));
    // Two names for all states but those in which the two are alike; what is done at once differs a little, too.
    CHECK(named.states * 10 < own.states * 6);
    CHECK(named.states * 10 > own.states * 4);
  }
}

TEST_CASE("Under other names a bound on switches allows the same") {
  if (searching_takes_too_long()) return;
  const config::Values values = small_system(tiny_ppc64(3, "ppc64-2.6.20") + unmapping);
  for (const std::uint64_t bound : {0U, 1U, 2U}) {
    SearchWay own = way(false), named = way(true);
    own.switches_max = named.switches_max = bound;
    const SearchResult by_own = exhaust(values, own);
    const SearchResult by_any = exhaust(values, named);
    INFO(bound << " switches, " << by_own.states << " and " << by_any.states << " states");
    CHECK(by_any.final_states == by_own.final_states);
    CHECK(kinds_of(by_any) == kinds_of(by_own));
    CHECK(by_any.states < by_own.states);
  }
}

TEST_CASE("Under other names a state within a bound tells who moved last by these names, too") {
  lab::ExploredSystem system(small_system(tiny_ppc64(3, "ppc64-2.6.20") + unmapping), OnViolation::count);
  CursorOptions options = CursorOptions::plain();
  options.renames = true;
  Cursor cursor(system, options);
  REQUIRE(cursor.namings() == 2);
  Coverage coverage(false);
  FirstSteps steps(cursor, coverage);
  using Seen = VisitedStates::Seen;
  const CpuId b{1}, c{2};
  CHECK(steps.enter(b, b) == Seen::first_time);
  // The same with the names of b and c exchanged.
  CHECK(steps.enter(c, c) == Seen::before);
  // Here whoever is to move next would switch, and there it would not.
  CHECK(steps.enter(b, c) == Seen::first_time);
  CHECK(steps.enter(c, b) == Seen::before);
}

TEST_CASE("A path performed under other names leads to the same state under these") {
  if (searching_takes_too_long()) return;
  perform_under_other_names<lab::ExploredSystem>(tiny_ppc64(3, "ppc64-2.6.22") + unmapping);
}

TEST_CASE("Names that matter are noticed when a path is performed under others") {
  if (searching_takes_too_long()) return;
  const std::string text = tiny_ppc64(3, "ppc64-2.6.22") + refault(2, "ops = ['store heap', 'load heap']");
  CHECK(exit_code_of([&] { perform_under_other_names<Deceived>(text); }) == 4);
}
