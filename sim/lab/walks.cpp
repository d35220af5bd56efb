// SPDX-License-Identifier: MIT
#include "sim/lab/walks.h"

#include <algorithm>

namespace mmulab::lab {
namespace {

constexpr std::uint64_t walks_at_a_time = 100;

}  // namespace

Walks::Walks(const config::Values& values, std::uint64_t states_before)
    : seed_(values.integer("sim.seed")), depth_(static_cast<std::uint32_t>(values.integer("check.pct_depth"))),
      due_at_(states_before) {}

bool Walks::go_on(Cursor& cursor, const SearchGoal& goal, Coverage& coverage, std::uint64_t states,
                  const std::atomic<bool>* interrupt) {
  due_at_ = states * 2;
  SearchLimits limits;
  limits.schedules_max = walks_at_a_time;
  limits.interrupt = interrupt;
  SearchResult& all = run_.result;
  const SearchResult now =
      search_at_random(cursor, limits, goal, coverage, RandomKind::pct, seed_ + all.schedules, depth_);
  all.engine = now.engine;
  all.end = now.end;
  all.schedules += now.schedules;
  all.transitions += now.transitions;
  all.depth = std::max(all.depth, now.depth);
  for (const Counterexample& c : now.counterexamples)
    if (!is_among(all.counterexamples, c.violation)) all.counterexamples.push_back(c);
  return now.end == SearchEnd::found;
}

bool is_among(const std::vector<Counterexample>& found, const Violation& violation) {
  return std::any_of(found.begin(), found.end(), [&](const Counterexample& c) {
    return c.violation.invariant == violation.invariant && c.violation.class_id == violation.class_id;
  });
}

}  // namespace mmulab::lab
