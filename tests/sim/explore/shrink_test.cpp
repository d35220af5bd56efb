// SPDX-License-Identifier: MIT
// A counterexample that random schedules have found is made fit for a reader, and what is fit already stays as it is.
#include "sim/explore/shrink.h"

#include <algorithm>

#include "sim/explore/trace.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

constexpr std::uint64_t plenty = 20'000;

const std::string refault =
    "machine = 'ppc64-tiny'\nkernel = '2.6.20'\nstrategy = 'ppc64-2.6.20'\n" +
    heap_script(1, {"warmup = ['load heap']\nops = ['zero_read heap']",
                    "warmup = ['load heap']\nops = ['store heap']"});

/// A system, and what random schedules find in it.
class Found {
 public:
  Found()
      : values_(small_system(refault)), system_(values_, OnViolation::count), cursor_(system_, CursorOptions::plain()) {
    Coverage coverage(false);
    SearchLimits limits;
    limits.schedules_max = 500;
    const SearchResult result =
        search_at_random(cursor_, limits, SearchGoal{}, coverage, RandomKind::random, 1, 1);
    REQUIRE(result.end == SearchEnd::found);
    counterexample = result.counterexamples.front();
    cursor_.set_coverage(nullptr);
  }
  Counterexample shrunk(const Counterexample& from, std::uint64_t replays_max = plenty) {
    return shrink(cursor_, from, replays_max);
  }
  /// The steps alone, on a system of their own.
  [[nodiscard]] bool shows(const std::vector<Move>& path, const Violation& violation) const {
    lab::ExploredSystem system(values_, OnViolation::count);
    Tracer tracer(system);
    Cursor cursor(system, CursorOptions::plain());
    const TraceResult again = tracer.perform(cursor, path, {}, 0);
    return !again.stale && again.trace.violations.size() == 1 &&
           again.trace.violations.front().class_id == violation.class_id;
  }
  Counterexample reordered(const Counterexample& from) { return reorder(cursor_, from, plenty); }
  Counterexample counterexample;

 private:
  const config::Values values_;
  lab::ExploredSystem system_;
  Cursor cursor_;
};

std::size_t stretches(const std::vector<Move>& path) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < path.size(); ++i)
    n += i == 0 || path[i - 1].decision.agent != path[i].decision.agent ? 1U : 0U;
  return n;
}

}  // namespace

TEST_CASE("What is shrunk shows the same violation with fewer switches, and can be shrunk no further") {
  if (searching_takes_too_long()) return;
  Found found;
  const Counterexample& before = found.counterexample;
  const Counterexample after = found.shrunk(before);
  CHECK(after.violation.invariant == before.violation.invariant);
  CHECK(after.violation.class_id == before.violation.class_id);
  // The one cpu up to the unlock, then the other one; nobody could show it without a switch.
  CHECK(stretches(before.path) > 10);
  CHECK(stretches(after.path) == 2);
  CHECK(after.path.size() <= before.path.size());
  CHECK(found.shows(after.path, after.violation));
  CHECK(found.shrunk(after).path == after.path);
}

TEST_CASE("Reordering takes no step away, and gives each cpu its steps in as few stretches as can be") {
  if (searching_takes_too_long()) return;
  Found found;
  const Counterexample shortest = found.shrunk(found.counterexample);
  REQUIRE(stretches(shortest.path) == 2);
  // The second cpu's first step does not look at what the first cpu does.
  Counterexample torn = shortest;
  const auto other = std::find_if(torn.path.begin(), torn.path.end(), [&](const Move& m) {
    return m.decision.agent != torn.path.front().decision.agent;
  });
  std::rotate(torn.path.begin() + 1, other, other + 1);
  REQUIRE(stretches(torn.path) == 4);
  REQUIRE(found.shows(torn.path, torn.violation));
  const Counterexample after = found.reordered(torn);
  CHECK(stretches(after.path) == 2);
  CHECK(after.path.size() == torn.path.size());
  CHECK(found.shows(after.path, after.violation));
  CHECK(found.reordered(shortest).path == shortest.path);
}

TEST_CASE("No single step of what is shrunk can be left out") {
  if (searching_takes_too_long()) return;
  Found found;
  const Counterexample after = found.shrunk(found.counterexample);
  for (std::size_t i = 0; i < after.path.size(); ++i) {
    std::vector<Move> without = after.path;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    INFO("without step " << i + 1);
    CHECK_FALSE(found.shows(without, after.violation));
  }
}

TEST_CASE("A schedule is as it was found where there is no budget, or where nothing shows what it is to show") {
  if (searching_takes_too_long()) return;
  Found found;
  CHECK(found.shrunk(found.counterexample, 0).path == found.counterexample.path);
  Counterexample other = found.counterexample;
  other.violation.class_id = "D2";
  CHECK(found.shrunk(other, 200).path == other.path);
}

TEST_CASE("A budget that ends early leaves a schedule that still shows the violation") {
  if (searching_takes_too_long()) return;
  Found found;
  const Counterexample some = found.shrunk(found.counterexample, 5);
  CHECK(stretches(some.path) <= stretches(found.counterexample.path));
  CHECK(found.shows(some.path, some.violation));
}
