// SPDX-License-Identifier: MIT
// What a verdict of `check` rests on, and what it leaves out, in words: one list for each.
#pragma once

#include <string>
#include <vector>

#include "sim/config/values.h"
#include "sim/lab/check.h"

namespace mmulab::lab {

/// `namings`: under how many names of cpus that do the same a state was looked at (Cursor::namings).
/// `result`: what its engines and the hardware in it did.
[[nodiscard]] std::vector<std::string> assumptions_of(const config::Values& values, const CursorOptions& options,
                                                      std::size_t namings, const CheckResult& result);

}  // namespace mmulab::lab
