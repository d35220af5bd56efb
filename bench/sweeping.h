// SPDX-License-Identifier: MIT
// A sweep under measurement: what it spends on a point beside simulating it, what a second job brings, what a long one
// needs of memory, and what its archive costs.
#pragma once

#include <vector>

#include "bench/figure.h"

namespace mmulab::bench {

[[nodiscard]] std::vector<Figure> sweeping(const Effort& effort);

}  // namespace mmulab::bench
