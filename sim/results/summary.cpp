// SPDX-License-Identifier: MIT
#include "sim/results/summary.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmulab {

std::vector<ViolatedPair> violated_pairs(const RunResult& result) {
  std::vector<ViolatedPair> pairs;
  for (const Violation& v : result.violations) {
    auto found = std::find_if(pairs.begin(), pairs.end(), [&](const ViolatedPair& p) {
      return p.invariant == v.invariant && p.class_id == v.class_id;
    });
    if (found == pairs.end()) found = pairs.insert(pairs.end(), {v.invariant, v.class_id, v.expected, 0});
    ++found->kept;
  }
  return pairs;
}

std::vector<std::string> vacuous_names(const RunResult& result) {
  std::vector<std::string> names;
  for (const auto& invariant : result.invariants)
    if (invariant.status == InvariantStatus::vacuous) names.push_back(invariant.name);
  for (const auto& goal : result.goals)
    if (goal.vacuous) names.push_back("goal " + goal.name);
  return names;
}

std::string never_came_up(const std::vector<std::string>& vacuous) {
  return fmt::format("never came up: {}", fmt::join(vacuous, ", "));
}

std::string task_name(const RunResult& result, TaskId task) {
  if (task.exists() && task.raw() < result.tasks.size() && !result.tasks[task.raw()].name.empty())
    return result.tasks[task.raw()].name;
  return fmt::format("{}", task);
}

const char* name_of(RunEnd end) {
  switch (end) {
    case RunEnd::finished: return "finished";
    case RunEnd::until: return "until";
    case RunEnd::limit: return "limit";
    case RunEnd::stopped: return "stopped";
    case RunEnd::interrupted: return "interrupted";
    case RunEnd::deadlock: return "deadlock";
    case RunEnd::schedule: return "schedule";
  }
  return "?";
}

}  // namespace mmulab
