// SPDX-License-Identifier: MIT
// A recording counted in its own order: the translation hardware of many configurations, and one pass that drives all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/machine/counted_mmu.h"
#include "sim/config/values.h"
#include "workloads/trace/count.h"

namespace mmulab::lab {

/// The key in which the second configuration asks for another recording, or for other pages, than the first, so that
/// they cannot share a pass; empty if they can.
[[nodiscard]] std::string key_that_parts(const config::Values& first, const config::Values& second);

/// Drives the hardware of each, whose recording is that of the first. Throws config::Error where a configuration
/// replays no recording, or where they hold more together than 1 GiB.
struct Counted {
  trace::CountTotals totals;
  std::string recording;
  std::vector<std::vector<StructureCount>> points;
};
[[nodiscard]] Counted count(const std::vector<config::Values>& points);

}  // namespace mmulab::lab
