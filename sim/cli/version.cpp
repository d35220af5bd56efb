// SPDX-License-Identifier: MIT
#include "sim/cli/version.h"

namespace mmulab::cli {

const char* version() { return MMULAB_VERSION; }

}  // namespace mmulab::cli
