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
/// The task's name, or its number where it has none.
[[nodiscard]] std::string task_name(const RunResult& result, TaskId task);
[[nodiscard]] const char* name_of(RunEnd end);

}  // namespace mmulab
