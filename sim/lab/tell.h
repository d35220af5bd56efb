// SPDX-License-Identifier: MIT
// A counterexample put into words: performed once more, step by step, on a system of its own.
#pragma once

#include "sim/explore/schedule.h"
#include "sim/explore/trace.h"
#include "sim/lab/explored_system.h"
#include "sim/results/check_result.h"

namespace mmulab::lab {

/// Fills steps, race, tables and the violation's story; asserts that the path still shows it.
ToldCounterexample tell(const config::Values& values, const Counterexample& found, const Schedule& heading);

/// The same for a schedule that was read. Throws config::Error where the model differs from it.
ToldCounterexample tell(const config::Values& values, const Schedule& schedule, const std::string& schedule_file,
                        std::uint64_t break_at);

}  // namespace mmulab::lab
