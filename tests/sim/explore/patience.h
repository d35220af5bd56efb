// SPDX-License-Identifier: MIT
// Which tests are left out where stepping back is slow.
#pragma once

#include "sim/exec/fiber.h"
#include "tests/support/catch.h"

namespace mmulab::test {

/// Where stacks cannot be put back (address sanitizer) every step back is a new start: hours, not seconds.
inline bool searching_takes_too_long() {
  if (Fiber::can_restore()) return false;
  WARN("left out: stacks cannot be put back in this build");
  return true;
}

}  // namespace mmulab::test
