// SPDX-License-Identifier: MIT
// A configuration in the explored host, driven by a seeded random scheduler. It stays with the agent that it has, and
// goes to another one with a probability of 1/8 to 1/64 a step, as the seed says: no schedule is taught, unless the
// caller gives its beginning. Left out: the choices inside a step (always the first), and ends that are not reached
// within the limit of steps.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "models/invariants/register.h"
#include "sim/check/checker.h"
#include "sim/config/values.h"
#include "sim/lab/build.h"
#include "workloads/plan.h"

namespace mmulab::test {

struct WalkResult {
  std::set<std::pair<std::string, std::string>> violated;  ///< (invariant, class)
  std::map<std::string, std::uint64_t> exercised;
  bool finished = false;
};

/// The beginning of a schedule: `cpu` goes on until it has taken a step with this label; while it cannot, anybody does.
struct Turn {
  std::uint32_t cpu;
  const char* until;
};

class RandomWalk {
 public:
  explicit RandomWalk(const config::Values& values);
  /// Until every task has ended, nobody can go on, or `steps_max` steps were made.
  WalkResult run(std::uint64_t seed, std::uint64_t steps_max, const std::vector<Turn>& beginning = {});

 protected:
  WalkResult result_of(bool finished);

 private:
  const Decision* pick(std::uint64_t seed, std::uint64_t step);
  const Decision* pick_for(const Turn& turn, const ExploredHost& host, bool& over);

 protected:
  workload::Plan plan_;
  std::unique_ptr<lab::System> system_;
  Checker checker_{CheckerOptions{OnViolation::count, 16}};
  std::vector<Decision> decisions_;

 private:
  AgentId last_{0};
};

}  // namespace mmulab::test
