// SPDX-License-Identifier: MIT
// The systems whose every step the mutation test and the replay test watch: every shipped scenario, and combinations of
// shipped presets that take the paths which no scenario takes. Lookahead is off, so that every access is a step.
#pragma once

#include <string>
#include <vector>

#include "sim/config/values.h"

namespace mmulab::test {

struct WholeSystem {
  std::string name;
  config::Values values;
};

/// All of them, in an order that never changes.
std::vector<WholeSystem> whole_systems();

}  // namespace mmulab::test
