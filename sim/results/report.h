// SPDX-License-Identifier: MIT
// One run told to a person: what ran, the verdict in one line, each violation as a short story, then the numbers.
// At most 100 columns wide. docs/results.md explains how to read it.
#pragma once

#include <string>

#include "sim/results/run_result.h"
#include "sim/results/text_table.h"

namespace mmulab {

/// Whether the scenario's expectations decide (`--expect`): then a difference is a failure, else a remark.
enum class Expectations : std::uint8_t { remarked, judged };

[[nodiscard]] std::string report(const RunResult& result, config::Color color = config::Color::Off,
                                 Expectations expectations = Expectations::remarked);

/// All statistics by group; a group is the part of their names before the first dot.
[[nodiscard]] std::string statistics_report(const StatRegistry& stats, std::uint64_t frequency_mhz,
                                            const Palette& palette);

}  // namespace mmulab
