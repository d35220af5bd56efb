// SPDX-License-Identifier: MIT
// Do all engines see the same? Random small scenarios, each searched in depth, in breadth, by reversing races, with
// every step by itself, and with nothing forgotten: the final Worlds and the kinds of violation are the same sets.
// A scenario that is too large for one of them is left out, and does not count.
//   cross_check COUNT [FIRST]
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>

#include "sim/config/diagnostic.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/sim/explore/tiny_scenarios.h"

using namespace mmulab;
using namespace mmulab::test;

// libsystemc refers to it.
extern "C" int sc_main(int, char**) { return 0; }

namespace {

constexpr std::uint64_t states_max = 12'000;
constexpr std::uint64_t states_remembering_all_max = 30'000;
constexpr std::uint64_t executions_max = 600;

struct Seen {
  std::vector<Fingerprint> ends;
  std::set<std::pair<std::string, std::string>> kinds;
  friend bool operator==(const Seen& a, const Seen& b) { return a.ends == b.ends && a.kinds == b.kinds; }
};

struct Way {
  const char* name;
  Engine engine;
  bool reduces;
  LocalKey local_key;
  std::uint64_t budget;
};
constexpr Way ways[] = {{"dfs, every step", Engine::dfs, false, LocalKey::since_forget, states_max},
                        {"dfs", Engine::dfs, true, LocalKey::since_forget, states_max},
                        {"bfs", Engine::bfs, false, LocalKey::since_forget, states_max},
                        {"dpor", Engine::dpor, true, LocalKey::since_forget, executions_max},
                        {"dpor, every step", Engine::dpor, false, LocalKey::since_forget, executions_max},
                        {"dfs, nothing forgotten", Engine::dfs, true, LocalKey::all, states_remembering_all_max}};

/// None: it was too much.
std::optional<Seen> search(const config::Values& values, const Way& way) {
  lab::ExploredSystem system(values, OnViolation::count);
  CursorOptions options;
  options.reduces = way.reduces;
  options.local_key = way.local_key;
  Cursor cursor(system, options);
  Coverage coverage(false);
  SearchLimits limits;
  limits.states_max = way.budget;
  SearchGoal goal;
  goal.exhaust = true;
  for (;;) {
    const SearchResult result = search_by(way.engine, cursor, limits, goal, coverage);
    if (result.end == SearchEnd::stale || cursor.stale()) {
      cursor.begin_again();
      continue;
    }
    if (result.end != SearchEnd::complete) return {};
    Seen seen;
    seen.ends = result.final_states;
    for (const Counterexample& c : result.counterexamples)
      seen.kinds.insert({c.violation.invariant, c.violation.class_id});
    return seen;
  }
}

enum class Agreement { same, differs, too_large };

Agreement compare(const config::Values& values, std::uint64_t number) {
  std::optional<Seen> first;
  bool same = true;
  for (const Way& way : ways) {
    const std::optional<Seen> seen = search(values, way);
    if (!seen) return Agreement::too_large;
    if (!first) first = seen;
    if (*seen == *first) continue;
    same = false;
    std::printf("scenario %llu: %s sees %zu ends and %zu kinds of violation, %s %zu and %zu\n",
                static_cast<unsigned long long>(number), ways[0].name, first->ends.size(), first->kinds.size(),
                way.name, seen->ends.size(), seen->kinds.size());
  }
  return same ? Agreement::same : Agreement::differs;
}

std::uint64_t number_of(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (!Fiber::can_restore()) return 77;
  const std::uint64_t wanted = argc > 1 ? number_of(argv[1]) : 20;
  const std::uint64_t first = argc > 2 ? number_of(argv[2]) : 0;
  std::uint64_t same = 0, differ = 0, too_large = 0, refused = 0;
  for (std::uint64_t n = first; same + differ < wanted && n < first + 8 * wanted; ++n) {
    std::optional<config::Values> values;
    try {
      values = small_system(tiny_scenario(n));
    } catch (const config::Error&) {
      ++refused;  // a combination that makes no sense
      continue;
    }
    const Agreement outcome = compare(*values, n);
    same += outcome == Agreement::same ? 1 : 0;
    differ += outcome == Agreement::differs ? 1 : 0;
    too_large += outcome == Agreement::too_large ? 1 : 0;
    if (outcome == Agreement::differs) std::printf("%s\n", tiny_scenario(n).c_str());
  }
  std::printf("%llu scenarios seen alike by all engines, %llu not; %llu were too large, %llu make no sense\n",
              static_cast<unsigned long long>(same), static_cast<unsigned long long>(differ),
              static_cast<unsigned long long>(too_large), static_cast<unsigned long long>(refused));
  return differ == 0 && same >= wanted ? 0 : 1;
}
