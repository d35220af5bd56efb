// SPDX-License-Identifier: MIT
#include "bench/explored.h"

#include <fmt/format.h>

#include "bench/laboratory.h"
#include "sim/config/load.h"
#include "sim/explore/search.h"
#include "sim/lab/explored_system.h"
#include "sim/lab/schema.h"

namespace mmulab::bench {
namespace {

config::Values values_of(const std::string& text) {
  static const config::Schema schema = lab::schema();
  return config::load_text(schema, "bench.toml", text, {}, config::SearchPath({MMULAB_CONFIGS_DIR}));
}

using Engine = SearchResult (*)(Cursor&, const SearchLimits&, const SearchGoal&, Coverage&);

struct Searched {
  SearchResult result;
  std::uint64_t steps = 0;
  double seconds = 0;        ///< of the search alone
  double whole_seconds = 0;  ///< with assembling the system
};

Searched search(const std::string& text, Engine engine, CursorOptions options, std::uint64_t states_max,
                const SearchGoal& goal = {}) {
  const double begun = processor_seconds();
  lab::ExploredSystem system(values_of(text), OnViolation::count);
  Cursor cursor(system, options);
  Coverage coverage(false);
  SearchLimits limits;
  limits.states_max = states_max;
  Searched searched;
  const double started = processor_seconds();
  for (;;) {
    searched.result = engine(cursor, limits, goal, coverage);
    if (!cursor.stale()) break;
    cursor.begin_again();
  }
  searched.steps = cursor.steps_made();
  searched.whole_seconds = processor_seconds() - begun;
  searched.seconds = processor_seconds() - started;
  return searched;
}

/// Seconds of so many round trips between two stacks.
double switching_seconds(std::uint64_t round_trips) {
  struct Pair {
    Fiber driver;
    Fiber* driven = nullptr;
  } pair;
  Fiber driven(
      64 * 1024,
      [](void* argument) {
        Pair& both = *static_cast<Pair*>(argument);
        for (;;) Fiber::jump(*both.driven, both.driver);
      },
      &pair);
  pair.driven = &driven;
  const double started = processor_seconds();
  for (std::uint64_t i = 0; i < round_trips; ++i) Fiber::jump(pair.driver, driven);
  return processor_seconds() - started;
}

/// Depth first with every step by itself, which goes back as often as forward, against bare switches.
Figure steps_against_switches(const Effort& effort) {
  std::vector<double> ratios;
  double a_step = 0, a_switch = 0;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const Searched searched = search(refault_text(2, effort.tiny ? 1 : 2, false), search_depth_first,
                                     CursorOptions::plain(), effort.tiny ? 500 : 100'000);
    a_step = searched.seconds / static_cast<double>(searched.steps);
    const std::uint64_t trips = effort.accesses(10'000'000);
    a_switch = switching_seconds(trips) / static_cast<double>(trips);
    ratios.push_back(a_switch / a_step);
  }
  return {"explore-steps", median(ratios), "x", Target{Bound::at_least, 0.3},
          fmt::format("{:.0f} ns a step with its way back, {:.0f} ns a round trip between two stacks", a_step * 1e9,
                      a_switch * 1e9)};
}

/// The same states, every step by itself.
Figure breadth_against_depth(const Effort& effort) {
  const std::string text = refault_text(2, 1, false);
  const std::uint64_t states_max = effort.tiny ? 500 : SearchLimits::none;
  std::vector<double> ratios;
  std::uint64_t states = 0;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const Searched deep = search(text, search_depth_first, CursorOptions::plain(), states_max);
    ratios.push_back(deep.seconds / search(text, search_breadth_first, CursorOptions::plain(), states_max).seconds);
    states = deep.result.states;
  }
  return {"explore-breadth", median(ratios), "x", Target{Bound::at_least, 0.3},
          fmt::format("breadth first against depth first, {} states each", states)};
}

Figure shortest_counterexample(const Effort& effort) {
  std::vector<double> milliseconds;
  std::size_t steps = 0;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const Searched found = search(refault_text(2, 1, true), search_breadth_first, CursorOptions::plain(),
                                  effort.tiny ? 500 : SearchLimits::none);
    milliseconds.push_back(found.whole_seconds * 1e3);
    if (!found.result.counterexamples.empty()) steps = found.result.counterexamples.front().path.size();
  }
  return {"explore-counterexample", median(milliseconds), "ms", Target{Bound::at_most, 50},
          fmt::format("the shortest, {} steps, 2 cpus, 1 page", steps)};
}

Figure proof(const Effort& effort, std::uint32_t cpus, std::uint32_t pages, std::optional<Target> target) {
  const Searched proved = search(refault_text(cpus, pages, false), search_depth_first, CursorOptions{},
                                 effort.tiny ? 500 : 3'000'000);
  const bool complete = proved.result.end == SearchEnd::complete;
  return {fmt::format("explore-proof-{}x{}", cpus, pages), proved.whole_seconds, "s", target,
          fmt::format("{} states{}", proved.result.states, complete ? "" : ", and not proved with these"), complete};
}

}  // namespace

std::string refault_text(std::uint32_t cpus, std::uint32_t pages, bool broken) {
  std::string text = fmt::format(
      "kernel = '2.6.20'\nstrategy = '{}'\nmachine = {{ preset = 'ppc64-tiny', cores = {} }}\n[workload]\n"
      "kind = 'script'\n[[workload.region]]\nname = 'f'\nkind = 'file_shared'\npages = {}\n"
      "[[workload.task]]\nname = 'unmapper'\ncpu = 0\nmm = 1\nops = ['unmap_mapping f']\n",
      broken ? "ppc64-2.6.20" : "ppc64-2.6.22", cpus, pages);
  for (std::uint32_t cpu = 1; cpu < cpus; ++cpu)
    text += fmt::format("[[workload.task]]\nname = 'writer{0}'\ncpu = {0}\nwarmup = ['load f']\n"
                        "ops = ['store f']\n",
                        cpu);
  return text;
}

std::vector<Figure> explored(const Effort& effort) {
  std::vector<Figure> figures = {steps_against_switches(effort), breadth_against_depth(effort),
                                 shortest_counterexample(effort), proof(effort, 2, 4, {}), proof(effort, 3, 1, {}),
                                 proof(effort, 3, 2, {})};
  figures.push_back(proof(effort, 3, 3, Target{Bound::at_most, 0.2}));
  return figures;
}

}  // namespace mmulab::bench
