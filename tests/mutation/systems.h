// SPDX-License-Identifier: MIT
// The assembled systems whose steps the mutation test watches: every shipped scenario, and combinations of shipped
// presets that take the paths which no scenario takes. Each runs with lookahead off, so that every access is a step.
#pragma once

#include <string>
#include <vector>

#include "sim/config/values.h"

namespace mmulab::test {

struct MutationSystem {
  std::string name;
  config::Values values;
};

/// All of them, in an order that never changes.
std::vector<MutationSystem> mutation_systems();

/// Runs one of them to its end, whatever its verdict.
void run_system(const MutationSystem& system);

}  // namespace mmulab::test
