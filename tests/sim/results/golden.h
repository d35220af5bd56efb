// SPDX-License-Identifier: MIT
// Compares a text with a committed file; UPDATE_SNAPSHOTS=1 writes the file anew.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.h"

namespace mmulab {

inline void check_golden(const std::string& name, const std::string& text) {
  const std::string file = std::string(MMULAB_SOURCE_DIR "/tests/sim/results/golden/") + name;
  if (std::getenv("UPDATE_SNAPSHOTS") != nullptr) std::ofstream(file) << text;
  std::ostringstream committed;
  committed << std::ifstream(file).rdbuf();
  INFO("UPDATE_SNAPSHOTS=1 rewrites " << file);
  CHECK(committed.str() == text);
}

}  // namespace mmulab
