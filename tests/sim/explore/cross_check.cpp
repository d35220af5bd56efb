// SPDX-License-Identifier: MIT
// Do all engines see the same? Random small scenarios, some of them with a fault, each searched in depth, in breadth,
// by reversing races, with every step by itself, and with nothing forgotten: the final Worlds and the kinds of
// violation are the same sets.
// With `tlb`: machines that walk page tables; TLBs that fill and evict by moves of their own against what could be
// cached (check.tlb): the kinds of violation are the same sets, and so are the final Worlds but for what TLBs hold;
// without such moves there are none that are not there with them. With `ppc64`: the same for TLBs that only evict.
// Every third of these machines has a memory that delays stores, or all of them have the one that is named.
// With `names`: three cpus, of which two or three do the same; under all namings of them against each by its own.
// Every so many-th path is performed a second time from the start. A scenario that is too large for one of them is left
// out, and one that a smaller number has, too; neither counts. Of those that count some have to have several ends, and
// some a violation.
//   cross_check COUNT [FIRST] [names|tlb|ppc64 [sc|tso|pso]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include "models/radix/pte_bits.h"
#include "sim/config/diagnostic.h"
#include "sim/units/mix.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/sim/explore/tiny_scenarios.h"

using namespace mmulab;
using namespace mmulab::test;

// libsystemc refers to it.
extern "C" int sc_main(int, char**) { return 0; }

namespace {

/// Small searches have few paths.
constexpr std::uint64_t repeat_every = 50;
/// Where stores wait there is more of everything.
constexpr std::uint64_t times_if_stores_wait = 3;

using Kind = std::pair<std::string, std::string>;
using Ends = std::set<std::pair<std::uint64_t, std::uint64_t>>;

struct Seen {
  std::vector<Fingerprint> ends;
  Ends ends_but_tlbs;
  std::set<Kind> kinds;
};

/// TLBs, walk caches, and the set of what they could hold (`x86.core0.dtlb_4k`, `x86.may`, `ppc64.derat`); an MMU's
/// registers, a walk and an entry on its way among them (`x86.cpu`, `ppc64.walk`); and what has a location in it, which
/// depends on how large these are.
bool is_of_tlbs(const std::string& region) {
  const auto has = [&](const char* part) { return region.find(part) != std::string::npos; };
  return has(".core") || has(".may") || has(".cpu") || has("erat") || region == "ppc64.tlb" || region == "ppc64.walk" ||
         region == "x86.flush_info";
}

/// That speculation sets A is optional until the end; where it is a move (may-set) it comes before the end.
std::uint64_t compared(const World::RegionInfo& region, std::uint64_t value) {
  return region.name == "pte" ? value & ~radix::pte_accessed : value;
}

/// Remembers the ends to which it comes, without what TLBs hold.
class EndsButTlbs : public lab::ExploredSystem {
 public:
  explicit EndsButTlbs(const config::Values& values) : ExploredSystem(values, OnViolation::count) {}

  Fingerprint ending() override {
    std::pair<std::uint64_t, std::uint64_t> sum;
    std::uint64_t n = 0;
    for (const World::RegionInfo& info : world().regions()) {
      if (is_of_tlbs(info.name)) continue;
      for (std::uint32_t i = 0; i < info.region.words(); ++i, ++n) {
        const std::uint64_t value = compared(info, world().load(Location{info.region.first().raw() + i}));
        sum.first += mix(value ^ mix(2 * n));
        sum.second += mix(value ^ mix(2 * n + 1));
      }
    }
    ends_.insert(sum);
    return ExploredSystem::ending();
  }
  void forget() { ends_.clear(); }
  [[nodiscard]] const Ends& ends() const { return ends_; }

 private:
  Ends ends_;
};

struct Way {
  const char* name;
  Engine engine;
  bool reduces;
  LocalKey local_key;
  std::uint64_t budget;
  const char* tlb = "on-demand";
  /// Compared where it comes to its end; a scenario that is too large for it counts nevertheless.
  bool optional = false;
  bool renames = true;
};
using Ways = std::vector<Way>;
/// What has more states than these is too much for `dpor` or `explicit`, which take much longer to find that out.
const Ways engines = {
    {"dfs, every step", Engine::dfs, false, LocalKey::since_forget, 4'000},
    {"dfs", Engine::dfs, true, LocalKey::since_forget, 400},
    {"bfs", Engine::bfs, false, LocalKey::since_forget, 4'000},
    {"dfs, nothing forgotten", Engine::dfs, true, LocalKey::all, 4'000},
    {"dpor", Engine::dpor, true, LocalKey::since_forget, 1'000},
    {"dpor, every step", Engine::dpor, false, LocalKey::since_forget, 600, "on-demand", true}};
const Ways tlbs = {
    {"may-set", Engine::dfs, true, LocalKey::since_forget, 600, "may-set"},
    {"may-set, every step", Engine::dfs, false, LocalKey::since_forget, 2'000, "may-set"},
    {"on demand", Engine::dfs, true, LocalKey::since_forget, 600, "on-demand"},
    {"may-set by dpor", Engine::dpor, true, LocalKey::since_forget, 1'500, "may-set"},
    {"explicit", Engine::dfs, false, LocalKey::since_forget, 200'000, "explicit"}};

const Ways namings = {
    {"dfs, own names", Engine::dfs, true, LocalKey::since_forget, 9'000, "on-demand", false, false},
    {"dfs", Engine::dfs, true, LocalKey::since_forget, 9'000},
    {"dfs, every step", Engine::dfs, false, LocalKey::since_forget, 60'000},
    {"bfs", Engine::bfs, false, LocalKey::since_forget, 60'000},
    {"dfs, nothing forgotten", Engine::dfs, true, LocalKey::all, 30'000, "on-demand", true},
    {"dpor", Engine::dpor, true, LocalKey::since_forget, 1'000, "on-demand", true}};

struct Scenario {
  std::string text;
  std::string memory = "sc";
};

struct Suite {
  const char* name;
  const char* by_whom;
  const Ways& ways;
  Scenario (*scenario)(std::uint64_t number, const char* memory);
};

/// Every third scenario's stores wait in buffers.
std::string memory_of(std::uint64_t number, const char* forced) {
  if (forced != nullptr) return forced;
  if (number % 3 != 2) return "sc";
  return number % 4 == 0 ? "pso" : "tso";
}

const std::vector<Suite> suites = {
    {"", "engines", engines,
     [](std::uint64_t n, const char*) -> Scenario {
       return {n % 2 == 0 ? tiny_scenario(n / 2) : tiny_walker_scenario(n / 2, false)};
     }},
    {"tlb", "TLBs", tlbs,
     [](std::uint64_t n, const char* forced) -> Scenario {
       const std::string memory = memory_of(n, forced);
       return {tiny_walker_scenario(n, memory != "sc"), memory};
     }},
    {"ppc64", "TLBs", tlbs,
     [](std::uint64_t n, const char* forced) -> Scenario { return {tiny_ppc64_scenario(n), memory_of(n, forced)}; }},
    {"names", "namings", namings, [](std::uint64_t n, const char*) -> Scenario { return {tiny_peers_scenario(n)}; }}};

/// None: it was too much.
std::optional<Seen> search(const config::Values& values, const Way& way, std::uint64_t budget) {
  EndsButTlbs system(values);
  CursorOptions options;
  options.reduces = way.reduces;
  options.local_key = way.local_key;
  options.renames = way.renames;
  Cursor cursor(system, options);
  Coverage coverage(false);
  SearchLimits limits;
  limits.states_max = budget;
  limits.repeat_every = repeat_every;
  SearchGoal goal;
  goal.exhaust = true;
  for (;;) {
    const SearchResult result = search_by(way.engine, cursor, limits, goal, coverage);
    if (result.end == SearchEnd::stale || cursor.stale()) {
      cursor.begin_again();
      system.forget();
      continue;
    }
    if (result.end != SearchEnd::complete) return {};
    Seen seen;
    seen.ends = result.final_states;
    seen.ends_but_tlbs = system.ends();
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
  if (std::strcmp(way.tlb, "on-demand") == 0)
    return std::includes(first.ends_but_tlbs.begin(), first.ends_but_tlbs.end(), other.ends_but_tlbs.begin(),
                         other.ends_but_tlbs.end());
  // Moves end with the tasks' operations; tables are freed when tasks exit, too, and there only the may-set sees more.
  return other.ends_but_tlbs == first.ends_but_tlbs &&
         std::all_of(first.kinds.begin(), first.kinds.end(), [&](const auto& kind) {
           return kind.first == "table-alive" || other.kinds.count(kind) != 0;
         });
}

void print_kinds(const char* way, const Seen& seen) {
  for (const auto& [invariant, class_id] : seen.kinds)
    std::printf("  %s: %s %s\n", way, invariant.c_str(), class_id.c_str());
}

struct Counts {
  std::uint64_t same = 0;
  std::uint64_t differ = 0;
  // Those do not count:
  std::uint64_t too_large = 0;
  std::uint64_t refused = 0;
  std::uint64_t repeated = 0;
  // Of those that do:
  std::uint64_t with_several_ends = 0;
  std::uint64_t violating = 0;
  std::uint64_t waiting = 0;  ///< stores do, in buffers
  /// Some kinds of violation need a TLB that acts by itself.
  std::uint64_t by_speculation = 0;
};

config::Values values_of(const Scenario& scenario, const Way& way) {
  return small_system(scenario.text + "[check]\nmemory = '" + scenario.memory + "'\ntlb = '" + way.tlb + "'\n");
}

Agreement compare(const Scenario& scenario, const Ways& ways, std::uint64_t number, Counts& counts) {
  std::optional<Seen> first;
  bool same = true;
  bool by_speculation = false;
  const bool waits = scenario.memory != "sc";
  for (const Way& way : ways) {
    const std::optional<Seen> seen =
        search(values_of(scenario, way), way, way.budget * (waits ? times_if_stores_wait : 1));
    // The drains of a buffer are all alike to dpor: it seldom gets through.
    if (!seen && (way.optional || (waits && way.engine == Engine::dpor))) continue;
    if (!seen) return same ? Agreement::too_large : Agreement::differs;
    if (!first) first = seen;
    by_speculation |= seen->kinds.size() < first->kinds.size() && std::strcmp(way.tlb, "on-demand") == 0;
    if (agree(*first, ways[0], *seen, way)) continue;
    same = false;
    std::printf("scenario %llu: %s sees %zu ends (%zu but for TLBs) and %zu kinds of violation, %s %zu (%zu) and %zu\n",
                static_cast<unsigned long long>(number), ways[0].name, first->ends.size(), first->ends_but_tlbs.size(),
                first->kinds.size(), way.name, seen->ends.size(), seen->ends_but_tlbs.size(), seen->kinds.size());
    print_kinds(ways[0].name, *first);
    print_kinds(way.name, *seen);
  }
  if (first->ends_but_tlbs.size() > 1) ++counts.with_several_ends;
  if (!first->kinds.empty()) ++counts.violating;
  if (by_speculation) ++counts.by_speculation;
  if (waits) ++counts.waiting;
  return same ? Agreement::same : Agreement::differs;
}

void compare_number(std::uint64_t n, const Scenario& scenario, const Ways& ways, Counts& counts) {
  try {
    for (const Way& way : ways) static_cast<void>(values_of(scenario, way));
  } catch (const config::Error&) {
    ++counts.refused;  // a combination that makes no sense
    return;
  }
  switch (compare(scenario, ways, n, counts)) {
    case Agreement::same: ++counts.same; break;
    case Agreement::too_large: ++counts.too_large; break;
    case Agreement::differs:
      ++counts.differ;
      std::printf("%s(memory %s)\n", scenario.text.c_str(), scenario.memory.c_str());
  }
}

void print(const Counts& counts, const char* by_whom) {
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%llu scenarios seen alike by all %s, %llu not; beside these %llu were too large, %llu make no sense, "
              "%llu came before\n",
              number(counts.same), by_whom, number(counts.differ), number(counts.too_large), number(counts.refused),
              number(counts.repeated));
  std::printf("%llu have several ends, %llu a violation, %llu one that nobody sees on demand; in %llu stores wait\n",
              number(counts.with_several_ends), number(counts.violating), number(counts.by_speculation),
              number(counts.waiting));
}

std::uint64_t number_of(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (!Fiber::can_restore()) return 77;
  std::setvbuf(stdout, nullptr, _IOLBF, 1024);  // what differs is to be seen before all is over
  const std::uint64_t wanted = argc > 1 ? number_of(argv[1]) : 20;
  const std::uint64_t first = argc > 2 ? number_of(argv[2]) : 0;
  const std::string name = argc > 3 ? argv[3] : "";
  const char* memory = argc > 4 ? argv[4] : nullptr;
  const auto suite =
      std::find_if(suites.begin(), suites.end(), [&](const Suite& candidate) { return name == candidate.name; });
  if (suite == suites.end()) return std::fprintf(stderr, "cross_check: no `%s`\n", name.c_str()), 2;
  std::set<std::string> known;
  for (std::uint64_t n = 0; n < first; ++n) known.insert(suite->scenario(n, memory).text);
  Counts counts;
  for (std::uint64_t n = first; counts.same + counts.differ < wanted && n < first + 8 * wanted; ++n) {
    const Scenario scenario = suite->scenario(n, memory);
    if (known.insert(scenario.text).second) compare_number(n, scenario, suite->ways, counts);
    else ++counts.repeated;
  }
  print(counts, suite->by_whom);
  const bool has_something_to_see = counts.with_several_ends >= wanted / 10 && counts.violating >= wanted / 20;
  return counts.differ == 0 && counts.same >= wanted && has_something_to_see ? 0 : 1;
}
