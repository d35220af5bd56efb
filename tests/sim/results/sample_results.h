// SPDX-License-Identifier: MIT
// Results made by hand, for the tests of everything that says them.
#pragma once

#include "sim/results/run_result.h"

namespace mmulab::samples {

/// A machine of two cpus at 2000 MHz; nothing happened, every task ended at cycle 5000.
RunResult quiet();
/// The refault's duplicate, expected, with everything that a report can hold.
RunResult refault();
Violation duplicate();

}  // namespace mmulab::samples
