// SPDX-License-Identifier: MIT
// One configuration under several strategies, as one table: is it safe, and what does it cost.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/results/matrix_result.h"
#include "sim/results/summary.h"
#include "sim/results/text_table.h"

namespace mmulab {

/// A run as a comparison sees it: read back from its JSON, since each run had a process of its own.
struct RunSummary {
  struct Spread {
    std::uint64_t count = 0;
    std::uint64_t p50 = 0;
    std::uint64_t max = 0;
  };
  std::string verdict;
  std::uint64_t end_cycle = 0;
  std::vector<ViolatedPair> violated;
  std::vector<std::string> vacuous;  ///< what never came up though the scenario names it
  std::map<std::string, std::uint64_t> numbers;  ///< counters and gauges
  std::map<std::string, Spread> spreads;         ///< histograms
};

enum class PointOutcome : std::uint8_t {
  ran,
  refused,  ///< the strategy is not defined here: a sentence says why; decided
  failed,   ///< the process died, or took too long
};
[[nodiscard]] const char* name_of(PointOutcome outcome);

struct ComparisonPoint {
  std::string strategy;
  PointOutcome outcome = PointOutcome::failed;
  std::string reason;  ///< unless it ran
  std::string json;    ///< if it ran: the run's object
  RunSummary summary;
  std::optional<MatrixCell> checked{};  ///< every interleaving, if that was asked for
};

struct Comparison {
  std::string title;
  std::string file;  ///< host only
  std::string checked_file;  ///< what was explored; empty: nothing
  std::string version;
  std::vector<ComparisonPoint> points;
};

/// Every point was run to a verdict, or refused.
[[nodiscard]] bool all_decided(const Comparison& comparison);
[[nodiscard]] std::string comparison_table(const Comparison& comparison, config::Color color = config::Color::Off);

}  // namespace mmulab
