// SPDX-License-Identifier: MIT
// The explorer under measurement: steps, searches and proofs of the ppc64 refault, the scenario of scripts/bench-spin.
#pragma once

#include <string>
#include <vector>

#include "bench/figure.h"

namespace mmulab::bench {

/// One cpu unmaps the clean pages of a shared file, the others store to each of them.
[[nodiscard]] std::string refault_text(std::uint32_t cpus, std::uint32_t pages, bool broken);

[[nodiscard]] std::vector<Figure> explored(const Effort& effort);

}  // namespace mmulab::bench
