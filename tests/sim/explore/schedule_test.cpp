// SPDX-License-Identifier: MIT
#include "sim/explore/schedule.h"

#include "sim/config/diagnostic.h"
#include "sim/explore/visited.h"
#include "tests/support/catch.h"

using namespace mmulab;

namespace {

Schedule example() {
  Schedule schedule;
  schedule.scenario = "a.toml";
  schedule.overrides = {"strategy=per-pte"};
  schedule.config_hash = "0123";
  schedule.invariant = "no-duplicate-hpte";
  schedule.class_id = "D1";
  const auto add = [&](Decision::Kind kind, std::uint32_t agent, std::uint32_t unit, const std::string& label) {
    ScheduledStep step;
    step.move.decision = {kind, AgentId{agent}, unit};
    step.label = label;
    schedule.steps.push_back(step);
  };
  for (int i = 0; i < 8; ++i) add(Decision::Kind::step, 1, 0, "ptl.lock");
  add(Decision::Kind::interrupt, 0, 0, "interrupt");
  add(Decision::Kind::device, 2, 5, "ppc64.tlbie_snoop");
  add(Decision::Kind::step, 0, 0, "ppc64.walk_pick");
  schedule.steps.back().move.picks = 2;
  schedule.steps.back().move.pick = {1, 3};
  return schedule;
}

std::string complaint(const std::string& text) {
  try {
    static_cast<void>(read_schedule(text, "s.txt"));
  } catch (const config::Error& error) {
    return error.problems().front().message;
  }
  return "";
}

}  // namespace

TEST_CASE("A schedule survives being written and read") {
  const Schedule before = example();
  const std::string text = to_text(before);
  const Schedule after = read_schedule(text, "s.txt");
  CHECK(to_text(after) == text);
  CHECK(after.scenario == before.scenario);
  CHECK(after.overrides == before.overrides);
  CHECK(after.class_id == "D1");
  REQUIRE(after.steps.size() == before.steps.size());
  for (std::size_t i = 0; i < before.steps.size(); ++i) CHECK(after.steps[i].move == before.steps[i].move);
  CHECK(after.moves(4)[9].decision.agent == AgentId{6});
}

TEST_CASE("What is no schedule is refused with its place") {
  const std::string text = to_text(example());
  CHECK(complaint("") == "this is no schedule");
  CHECK(complaint("something else\n") == "this is no schedule");
  CHECK(complaint(text.substr(0, text.size() - 4)) == "the schedule is truncated");
  CHECK(complaint("mmulab schedule 1\nend\n") == "the schedule has no steps");
  CHECK(complaint("mmulab schedule 1\njump 3\nend\n") == "there is no line `jump` in a schedule");
  CHECK(complaint("mmulab schedule 1\ncpu x: a\nend\n") == "`x` is no number");
  CHECK(complaint("mmulab schedule 1\ncpu 4096: a\nend\n") == "there is no 4096");
  CHECK(complaint("mmulab schedule 1\ncpu 0\nend\n") == "the steps' labels are missing");
}

TEST_CASE("Visited states: the fewest switches count") {
  VisitedStates visited;
  using Seen = VisitedStates::Seen;
  CHECK(visited.enter({1, 2}, 3) == Seen::first_time);
  CHECK(visited.enter({1, 2}, 3) == Seen::before);
  CHECK(visited.enter({1, 2}, 4) == Seen::before);
  CHECK(visited.enter({1, 2}, 1) == Seen::with_fewer_switches);
  CHECK(visited.enter({2, 2}, 1) == Seen::first_time);
  for (std::uint64_t i = 10; i < 20'000; ++i) CHECK(visited.enter({i, mix(i)}, 0) == Seen::first_time);
  for (std::uint64_t i = 10; i < 20'000; ++i) REQUIRE(visited.contains({i, mix(i)}));
  CHECK(!visited.contains({3, 3}));
  CHECK(visited.size() == 19'992);
  // 2^14 < 19,992 <= 2^15: n^2 / 2^129 is at most 2^(30 - 129).
  CHECK(visited.collision_exponent() == -99);
}

TEST_CASE("Visited states: a full table lets nothing in that it does not know") {
  VisitedStates visited{2};
  using Seen = VisitedStates::Seen;
  CHECK(visited.enter({1, 2}, 3) == Seen::first_time);
  CHECK(visited.enter({2, 2}, 3) == Seen::first_time);
  CHECK(visited.enter({3, 2}, 3) == Seen::no_room);
  CHECK(visited.enter({1, 2}, 1) == Seen::with_fewer_switches);
  CHECK(visited.enter({2, 2}, 3) == Seen::before);
  CHECK(visited.size() == 2);
  CHECK(!visited.contains({3, 2}));
}
