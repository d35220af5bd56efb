// SPDX-License-Identifier: MIT
// Whole systems with the real ports: what the timed host did in the order of its cycles, the explored host repeats step
// by step and store by store from the recorded decisions, to the same World. And anything else is seen as a difference.
// A run ends with its workload, or is cut after three million cycles (fewer where memory is watched).
#include <algorithm>
#include <set>

#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/parity/recording.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"
#include "tests/support/whole_systems.h"

namespace mmulab {
namespace {

using Kind = Decision::Kind;

const Cycle cut{test::repetitions(3'000'000U, 500'000U)};

config::Values values_of(const std::string& name) {
  for (const test::WholeSystem& system : test::whole_systems())
    if (system.name == name) return system.values;
  FAIL("there is no system `" << name << "`");
  throw std::logic_error(name);
}

/// The position of the middle one of the decisions that are `wanted`.
template <class Wanted>
std::size_t middle_of(const std::vector<Decision>& decisions, const Wanted& wanted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < decisions.size(); ++i)
    if (wanted(decisions[i])) found.push_back(i);
  REQUIRE(!found.empty());
  return found[found.size() / 2];
}

std::string replay_without(const config::Values& values, const test::Recording& recording, std::size_t position) {
  std::vector<Decision> decisions = recording.decisions;
  decisions.erase(decisions.begin() + static_cast<std::ptrdiff_t>(position));
  return test::Replay(values)(recording, decisions);
}

/// One crowded system for each architecture; the second one makes choices.
const char* const crowds[] = {"x86 crowd, modern", "ppc64 crowd, few groups",
                              "sparc64 crowd, few contexts, small TSBs"};

TEST_CASE("A timed run of a whole system, replayed in the explored host, stores the same and ends in the same World") {
  std::set<Kind> kinds;
  std::set<std::string_view> labels;
  for (const test::WholeSystem& system : test::whole_systems()) {
    INFO(system.name);
    const test::Recording recording = test::record(system.values, cut);
    CHECK(recording.decisions.size() > 300);
    CHECK(test::Replay(system.values)(recording, recording.decisions) == "");
    for (const Decision& decision : recording.decisions) kinds.insert(decision.kind);
    for (const test::TraceEntry& entry : recording.trace) labels.insert(entry.label->name());
  }
  CHECK(kinds == std::set<Kind>{Kind::step, Kind::interrupt, Kind::device, Kind::choice});
  for (const char* label :
       {"x86.invlpg", "ppc64.tlbie", "tsb.load", "xcall.read_entry", "ipi.deliver", "timer.expire"}) {
    INFO(label);
    CHECK(labels.count(label) == 1);
  }
}

TEST_CASE("A decision that the replay lacks is seen, whatever its kind") {
  for (const char* name : crowds) {
    const config::Values values = values_of(name);
    const test::Recording recording = test::record(values, cut);
    for (const Kind kind : {Kind::step, Kind::interrupt, Kind::device}) {
      INFO(name << ", kind " << static_cast<int>(kind));
      const std::size_t position = middle_of(recording.decisions, [&](const Decision& d) { return d.kind == kind; });
      CHECK(replay_without(values, recording, position) != "");
    }
  }
}

TEST_CASE("Two decisions in the other order are seen") {
  for (const char* name : crowds) {
    INFO(name);
    const config::Values values = values_of(name);
    const test::Recording recording = test::record(values, cut);
    std::vector<Decision> decisions = recording.decisions;
    const auto other_agent = [](const Decision& a, const Decision& b) {
      return a.kind == Kind::step && b.kind == Kind::step && a.agent != b.agent;
    };
    const auto middle = decisions.begin() + static_cast<std::ptrdiff_t>(decisions.size() / 2);
    const auto pair = std::adjacent_find(middle, decisions.end(), other_agent);
    REQUIRE(pair != decisions.end());
    std::iter_swap(pair, pair + 1);
    CHECK(test::Replay(values)(recording, decisions) != "");
  }
}

TEST_CASE("A choice that the replay makes in another way is seen") {
  const config::Values values = values_of("ppc64 crowd, few groups");
  const test::Recording recording = test::record(values, cut);
  std::vector<Decision> decisions = recording.decisions;
  const auto another = [](const Decision& d) { return d.kind == Kind::choice && d.value != 0; };
  decisions[middle_of(decisions, another)].value = 0;
  CHECK(test::Replay(values)(recording, decisions) != "");
}

TEST_CASE("A replay that takes the same steps to another World is seen") {
  const config::Values values = values_of("x86 crowd, modern");
  const test::Recording recording = test::record(values, cut);
  test::Replay replay(values);
  REQUIRE(replay(recording, recording.decisions) == "");
  World& world = replay.system().world;
  const Location last{static_cast<std::uint32_t>(world.size_words() - 1)};
  world.store(last, world.load(last) + 1);
  CHECK(replay.world_difference(recording) != "");
}

TEST_CASE("A replay in a system that differs in one key is seen") {
  const config::Schema schema = lab::schema();
  const std::string file = MMULAB_SOURCE_DIR "/configs/scenarios/ppc64-refault.toml";
  const test::Recording recording = test::record(config::load_file(schema, file, {"strategy=ppc64-2.6.20"}), cut);
  const config::Values other = config::load_file(schema, file, {"strategy=ppc64-2.6.22"});
  CHECK(test::Replay(other)(recording, recording.decisions) != "");
}

}  // namespace
}  // namespace mmulab
