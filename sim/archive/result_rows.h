// SPDX-License-Identifier: MIT
// The rows that one result of `run` or `check` makes, in the order of an archive's keys. Only result_rows.cpp knows the
// JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mmulab::archive {

using Integer = std::optional<std::uint64_t>;

/// Of counters value alone counts, of gauges value and max, of histograms all but value.
struct StatRow {
  std::string kind, unit, description;
  std::uint64_t value = 0, count = 0, sum = 0;
  Integer min, max, p50, p90, p99;
};

struct ViolationRow {
  std::string invariant, class_id, message, story;
  bool expected = false;
  Integer cycle, cpu, mm;
  std::optional<std::string> task, va;
};

struct CheckRow {
  std::string status;
  std::uint64_t exercised = 0;
};

struct GoalRow {
  std::uint64_t reached = 0;
  bool vacuous = false;
};

struct ResultRows {
  std::string verb, version;
  std::string config_hash, title, machine, arch, kernel, strategy, workload, verdict;
  std::uint64_t seed = 0, sockets = 0, cores = 0, threads = 0;
  Integer frequency_mhz, measured_first, measured_last;
  bool as_expected = false;
  std::optional<std::string> end_reason;
  std::vector<std::pair<std::string, StatRow>> stats;  // by name
  std::vector<ViolationRow> violations;
  std::map<std::string, CheckRow> checks;
  std::map<std::string, GoalRow> goals;
  std::vector<std::string> assumptions;
};

/// Throws config::Error, naming `file`, for a text that is no such result.
[[nodiscard]] ResultRows rows_of(const std::string& json, const std::string& file);

/// The results that a file holds, each without what depends on the host, on one line: itself, or the runs of a
/// comparison that came to their ends. Throws config::Error, naming `file`, where there is none, or no JSON object.
[[nodiscard]] std::vector<std::string> results_in(const std::string& json, const std::string& file);

/// The result without what depends on the host, on one line, as sweeps keep it. Throws config::Error, naming `file`,
/// for what is no JSON object, or nests more deeply than any result.
[[nodiscard]] std::string without_host(const std::string& json, const std::string& file);

}  // namespace mmulab::archive
