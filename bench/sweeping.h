// SPDX-License-Identifier: MIT
// A sweep under measurement: what it spends on a point beside simulating it, and what a second job brings.
#pragma once

#include <vector>

#include "bench/figure.h"

namespace mmulab::bench {

[[nodiscard]] std::vector<Figure> sweeping(const Effort& effort);

}  // namespace mmulab::bench
