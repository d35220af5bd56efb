// SPDX-License-Identifier: MIT
// A folder of configurations that goes away with the test, and a verb run as a function.
#pragma once

#include <string>

#include "sim/cli/verb.h"
#include "tests/support/folder.h"

namespace mmulab::cli {

/// What came out of a command.
struct Outcome {
  int code;
  std::string out;
  std::string err;
};

/// A folder with scenarios and their presets.
class Shelf : public test::Folder {
 public:
  Shelf() {
    write("machines/tiny.toml", "# A very small machine\narch = 'ppc64'\ncores = 1\ntable_bits = [9, 7, 7, 9]\n");
    write("kernels/old.toml", "version = '2.6.20'\n");
    write("scenarios/good.toml",
          "machine = 'tiny'\nkernel = 'old'\nstrategy.recorder = 'batch'\nworkload.kind = 'unmap'\n");
    write("scenarios/bad.toml",
          "machine = 'tiny'\nkernel = 'old'\nstrategy.recorder = 'batch'\nworkload.kind = 'unmap'\nsim.sede = "
          "1\nsim.seed = -1\n");
  }
};

}  // namespace mmulab::cli
