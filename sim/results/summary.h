// SPDX-License-Identifier: MIT
// What is read out of a result in more than one place.
#pragma once

#include <string>
#include <vector>

#include "sim/results/run_result.h"

namespace mmulab {

/// An (invariant, class) of which violations were kept.
struct ViolatedPair {
  std::string invariant;
  std::string class_id;
  bool expected = false;
  std::uint64_t kept = 0;
};

/// In the order of their first violation.
[[nodiscard]] std::vector<ViolatedPair> violated_pairs(const RunResult& result);
/// Invariants and goals that the scenario names and that never came up: why a run is vacuous.
[[nodiscard]] std::vector<std::string> vacuous_names(const RunResult& result);
/// The same as a sentence.
[[nodiscard]] std::string never_came_up(const std::vector<std::string>& vacuous);
/// The task's name, or its number where it has none.
[[nodiscard]] std::string task_name(const RunResult& result, TaskId task);
[[nodiscard]] const char* name_of(RunEnd end);

}  // namespace mmulab
