// SPDX-License-Identifier: MIT
#include "sim/units/assert.h"

#include <cstdio>
#include <cstdlib>

namespace mmulab {

void assertion_failed(const char* condition, const char* message, const char* file, const char* function) {
  std::fprintf(stderr, "mmulab: internal error: %s (%s) in %s, %s\n", message, condition, function, file);
  std::fflush(nullptr);
  std::_Exit(4);
}

}  // namespace mmulab
