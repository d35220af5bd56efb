// SPDX-License-Identifier: MIT
// An archive as one tidy table: an observation a row, or a violation, a check, a goal, an assumption, with what its run
// was and what was varied.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "sim/archive/database.h"

namespace mmulab::archive {

enum class Format { csv, jsonl };

/// "observations" and the others that there are.
[[nodiscard]] std::vector<std::string> tidy_tables();

struct ExportOptions {
  Format format = Format::csv;
  std::string table = "observations";
  std::vector<std::string> metrics;  ///< of observations: patterns with * and ?; none: every metric
};

/// Rows in the order of the runs' hashes, a run's by metric or in their own order; one that has no result is one row
/// without a metric, and none of another table. Returns how many. Throws config::Error for a pattern that fits no
/// metric.
std::size_t write_rows(Database& archive, const ExportOptions& options, std::ostream& out);

/// The names of what was varied, over all runs.
std::vector<std::string> parameter_names(Database& archive);

}  // namespace mmulab::archive
