// SPDX-License-Identifier: MIT
// What changed from one set of results to another. Runs of the same setting (all that was varied but the seed) are
// repeats: where both sides have the same seeds, each is compared with its own, else their means are (Welch). All
// intervals together miss a true change with a chance of 5 % (Bonferroni), so that noise in hundreds of metrics does
// not look like news.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/archive/database.h"
#include "sim/archive/interval.h"

namespace mmulab::archive {

struct DifferenceOptions {
  std::vector<std::string> metrics;  ///< patterns; none: every metric
};

struct Change {
  std::string setting, metric, unit;
  std::size_t runs_a = 0, runs_b = 0;
  double mean_a = 0, mean_b = 0;
  Interval change;  ///< of b less a
  bool paired = false;
  /// In parts of a's mean, as the interval's nearer end has it; 0 if the interval holds 0.
  [[nodiscard]] double least() const;
  /// The interval does not hold 0. Without repeats every difference counts.
  [[nodiscard]] bool is_real() const { return change.low > 0 || change.high < 0; }
};

/// Verdicts of a setting's runs that the sides do not have equally often.
struct VerdictChange {
  std::string setting, verdict;
  std::uint64_t runs_a = 0, runs_b = 0;
};

struct Difference {
  std::vector<Change> real;  ///< the greatest first
  std::uint64_t compared = 0, equal = 0, within_noise = 0, without_repeats = 0;
  std::vector<VerdictChange> verdicts;
  std::vector<std::string> only_a, only_b;  ///< settings, or metrics of a setting
};

/// Throws config::Error for a pattern that fits no metric of either side.
[[nodiscard]] Difference difference(Database& a, Database& b, const DifferenceOptions& options);

/// A change of more than `limit` (in parts) for certain, another verdict, something that one side lacks, or nothing at
/// all to compare.
[[nodiscard]] bool exceeds(const Difference& difference, double limit);

}  // namespace mmulab::archive
