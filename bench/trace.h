// SPDX-License-Identifier: MIT
// Recordings: how fast logs are imported, traces decoded and replayed.
#pragma once

#include "bench/figure.h"

namespace mmulab::bench {

[[nodiscard]] std::vector<Figure> traces(const Effort& effort);

}  // namespace mmulab::bench
