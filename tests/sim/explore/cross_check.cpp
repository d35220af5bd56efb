// SPDX-License-Identifier: MIT
// Do all engines see the same? Random small scenarios, each searched in depth, in breadth, by reversing races, with
// every step by itself, and with nothing forgotten: the final Worlds and the kinds of violation are the same sets.
// With `tlb`: machines that walk page tables, some of them with a fault; TLBs that fill and evict by moves of their own
// against what could be cached (check.tlb): the kinds of violation are the same, though the Worlds are not, and there
// are none without such moves that are not there with them. With `ppc64`: the same for TLBs that only evict.
// Every third of these machines has a memory that delays stores, or all of them have the one that is named.
// A scenario that is too large for one of them is left out, and does not count.
//   cross_check COUNT [FIRST] [tlb|ppc64 [sc|tso|pso]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

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
constexpr std::uint64_t states_of_explicit_max = 200'000;
/// Where stores wait there is more of everything.
constexpr std::uint64_t times_if_stores_wait = 3;

using Kind = std::pair<std::string, std::string>;

struct Seen {
  std::vector<Fingerprint> ends;
  std::set<Kind> kinds;
};

struct Way {
  const char* name;
  Engine engine;
  bool reduces;
  LocalKey local_key;
  std::uint64_t budget;
  const char* tlb = "on-demand";
};
const std::vector<Way> engines = {{"dfs, every step", Engine::dfs, false, LocalKey::since_forget, states_max},
                        {"dfs", Engine::dfs, true, LocalKey::since_forget, states_max},
                        {"bfs", Engine::bfs, false, LocalKey::since_forget, states_max},
                        {"dpor", Engine::dpor, true, LocalKey::since_forget, executions_max},
                        {"dpor, every step", Engine::dpor, false, LocalKey::since_forget, executions_max},
                        {"dfs, nothing forgotten", Engine::dfs, true, LocalKey::all, states_remembering_all_max}};
const std::vector<Way> tlbs = {
    {"may-set", Engine::dfs, true, LocalKey::since_forget, states_max, "may-set"},
    {"may-set, every step", Engine::dfs, false, LocalKey::since_forget, 4 * states_max, "may-set"},
    {"may-set by dpor", Engine::dpor, true, LocalKey::since_forget, 4 * executions_max, "may-set"},
    {"on demand", Engine::dfs, true, LocalKey::since_forget, states_max, "on-demand"},
    {"explicit", Engine::dfs, false, LocalKey::since_forget, states_of_explicit_max, "explicit"}};

/// None: it was too much.
std::optional<Seen> search(const config::Values& values, const Way& way, std::uint64_t budget) {
  lab::ExploredSystem system(values, OnViolation::count);
  CursorOptions options;
  options.reduces = way.reduces;
  options.local_key = way.local_key;
  Cursor cursor(system, options);
  Coverage coverage(false);
  SearchLimits limits;
  limits.states_max = budget;
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

/// The first way is what the others are measured by.
bool agree(const Seen& first, const Way& first_way, const Seen& other, const Way& way) {
  if (std::strcmp(way.tlb, first_way.tlb) == 0) return other.kinds == first.kinds && other.ends == first.ends;
  const Kind cached{"table-alive", "cached"};
  const Kind walked{"table-alive", "walked"};
  // The may-set performs no speculative walks: that one could read a dead table it says where the table dies.
  const auto is_told = [&](const Kind& kind) {
    return first.kinds.count(kind) != 0 || (kind == walked && first.kinds.count(cached) != 0);
  };
  if (!std::all_of(other.kinds.begin(), other.kinds.end(), is_told)) return false;
  // Moves end with the tasks' operations; tables are freed when tasks exit, too, and there only the may-set sees more.
  return std::strcmp(way.tlb, "on-demand") == 0 ||
         std::all_of(first.kinds.begin(), first.kinds.end(), [&](const auto& kind) {
           return kind.first == "table-alive" || other.kinds.count(kind) != 0;
         });
}

void print_kinds(const char* way, const Seen& seen) {
  for (const auto& [invariant, class_id] : seen.kinds)
    std::printf("  %s: %s %s\n", way, invariant.c_str(), class_id.c_str());
}

/// Scenarios of which some kinds of violation need a TLB that acts by itself.
std::uint64_t by_speculation = 0;

Agreement compare(const std::string& text, const std::string& memory, const std::vector<Way>& ways,
                  std::uint64_t number) {
  std::optional<Seen> first;
  bool same = true;
  const bool waits = memory != "sc";
  for (const Way& way : ways) {
    const config::Values values = small_system(text + "[check]\nmemory = '" + memory + "'\ntlb = '" + way.tlb + "'\n");
    const std::optional<Seen> seen = search(values, way, way.budget * (waits ? times_if_stores_wait : 1));
    // The drains of a buffer are all alike to it: it seldom gets through.
    if (!seen && waits && way.engine == Engine::dpor) continue;
    if (!seen) return Agreement::too_large;
    if (!first) first = seen;
    if (std::strcmp(way.tlb, "on-demand") == 0 && seen->kinds.size() < first->kinds.size()) ++by_speculation;
    if (agree(*first, ways[0], *seen, way)) continue;
    same = false;
    std::printf("scenario %llu: %s sees %zu ends and %zu kinds of violation, %s %zu and %zu\n",
                static_cast<unsigned long long>(number), ways[0].name, first->ends.size(), first->kinds.size(),
                way.name, seen->ends.size(), seen->kinds.size());
    print_kinds(ways[0].name, *first);
    print_kinds(way.name, *seen);
  }
  return same ? Agreement::same : Agreement::differs;
}

/// Every third scenario's stores wait in buffers.
std::string memory_of(std::uint64_t number, const char* forced) {
  if (forced != nullptr) return forced;
  if (number % 3 != 2) return "sc";
  return number % 4 == 0 ? "pso" : "tso";
}

std::uint64_t number_of(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (!Fiber::can_restore()) return 77;
  const std::uint64_t wanted = argc > 1 ? number_of(argv[1]) : 20;
  const std::uint64_t first = argc > 2 ? number_of(argv[2]) : 0;
  const bool of_ppc64 = argc > 3 && std::strcmp(argv[3], "ppc64") == 0;
  const bool of_tlbs = of_ppc64 || (argc > 3 && std::strcmp(argv[3], "tlb") == 0);
  const char* forced = argc > 4 ? argv[4] : nullptr;
  std::uint64_t same = 0, differ = 0, too_large = 0, refused = 0, waiting = 0;
  for (std::uint64_t n = first; same + differ < wanted && n < first + 8 * wanted; ++n) {
    const std::string memory = of_tlbs ? memory_of(n, forced) : "sc";
    const std::string text = of_ppc64  ? tiny_ppc64_scenario(n)
                             : of_tlbs ? tiny_walker_scenario(n, memory != "sc")
                                       : tiny_scenario(n);
    try {
      static_cast<void>(small_system(text));
    } catch (const config::Error&) {
      ++refused;  // a combination that makes no sense
      continue;
    }
    const Agreement outcome = compare(text, memory, of_tlbs ? tlbs : engines, n);
    same += outcome == Agreement::same ? 1 : 0;
    waiting += outcome == Agreement::same && memory != "sc" ? 1U : 0U;
    differ += outcome == Agreement::differs ? 1 : 0;
    too_large += outcome == Agreement::too_large ? 1 : 0;
    if (outcome == Agreement::differs) std::printf("%s\n", text.c_str());
  }
  std::printf("%llu scenarios seen alike by all %s, %llu not; %llu were too large, %llu make no sense\n",
              static_cast<unsigned long long>(same), of_tlbs ? "TLBs" : "engines",
              static_cast<unsigned long long>(differ), static_cast<unsigned long long>(too_large),
              static_cast<unsigned long long>(refused));
  if (of_tlbs)
    std::printf("of these, stores wait in %llu; %llu have a violation that nobody sees on demand\n",
                static_cast<unsigned long long>(waiting), static_cast<unsigned long long>(by_speculation));
  return differ == 0 && same >= wanted ? 0 : 1;
}
