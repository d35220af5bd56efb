// SPDX-License-Identifier: MIT
// What `run` and `compare` start; tests put something else in its place.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/lab/run.h"

namespace mmulab::cli {

struct Simulator {
  std::function<RunResult(const config::Values&, const std::string& file, const lab::RunControl&)> run;
};

/// The real one.
Simulator laboratory();

}  // namespace mmulab::cli
