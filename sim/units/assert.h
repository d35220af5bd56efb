// SPDX-License-Identifier: MIT
// The third kind of error: a bug of ours. Stays on in release builds; the process ends with exit code 4.
#pragma once

namespace mmulab {
/// Prints the failed condition and ends the process with exit code 4; never returns, never throws.
[[noreturn]] void assertion_failed(const char* condition, const char* message, const char* file, const char* function);
}  // namespace mmulab

#define MMULAB_ASSERT(condition, message) \
  (static_cast<bool>(condition) ? void(0) \
                                : ::mmulab::assertion_failed(#condition, message, __FILE__, __func__))
