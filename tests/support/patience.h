// SPDX-License-Identifier: MIT
// Which tests are left out, and which repeat less, where every access to memory is watched (address sanitizer).
#pragma once

#include "sim/exec/fiber.h"
#include "tests/support/catch.h"

namespace mmulab::test {

/// What ctest calls skipped: how a test's process ends if nothing failed and something was left out.
inline constexpr int skipped = 77;
inline unsigned left_out = 0;

inline void leave_out(const char* why) {
  ++left_out;
  WARN("left out: " << why);
}

/// Where stacks cannot be put back (address sanitizer) every step back is a new start: hours, not seconds.
inline bool searching_takes_too_long() {
  if (Fiber::can_restore()) return false;
  leave_out("stacks cannot be put back in this build");
  return true;
}

/// How often to do what is repeated only to be sure of a verdict: `all` in every build but the one that watches memory.
/// What could go wrong with memory goes wrong in the first few.
template <class Count>
Count repetitions(Count all, Count watched) {
  return Fiber::can_restore() ? all : watched;
}

}  // namespace mmulab::test
