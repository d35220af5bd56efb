// SPDX-License-Identifier: MIT
// What a sweep keeps of one point, and of itself: the texts of OUT/points/HH/HASH.json and OUT/sweep.json. Nothing in
// them depends on the host, the time, the number of jobs or an interruption.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mmulab::sweep {

enum class PointStatus {
  ran,      ///< to its verdict, whatever it is
  refused,  ///< there is no such configuration
  failed,   ///< its process died, or was cut off by a limit of the sweep
};
[[nodiscard]] const char* name_of(PointStatus status);

/// Axis -> value as text, in the order of the axes; sim.seed last where points are repeated.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// What became of a point, in short.
struct PointOutcome {
  std::string hash;
  std::uint64_t number = 0;
  PointStatus status = PointStatus::ran;
  int exit_code = 0;
};

struct PointRecord {
  std::string hash;     ///< names the file: `content` and the parameters
  std::string content;  ///< of what the result follows from: configuration, its name, verb, limits, version
  std::string plan;     ///< SweepRecord::hash of the sweep that numbered the point
  std::string version;
  std::uint64_t number = 0;  ///< from 1, in the order of the plan
  Parameters parameters;
  PointStatus status = PointStatus::ran;
  int exit_code = 0;  ///< of the verb; of a failed point 4, of a refused one 2
  std::string reason;  ///< why it did not run
  std::string complaint;  ///< the end of what it wrote to stderr; key "stderr"
  std::string result;  ///< the verb's JSON object as to_json_line writes it; empty where the point did not run
};

/// What a point's file begins with.
struct PointHead {
  std::string hash, content, plan;
};
inline constexpr std::size_t point_head_bytes = 192;
/// Of the first point_head_bytes of a file, which may be damaged. None: it is no point's.
[[nodiscard]] std::optional<PointHead> read_head(const std::string& begin);

struct SweepRecord {
  std::string hash;  ///< of all that the hashes of its points follow from
  std::string version;
  std::string plan;  ///< the file's text
  std::vector<std::string> overrides;  ///< --set and --vary as given
  std::string verb;
  std::vector<std::string> axes;
  std::uint64_t points = 0;
};

/// One line of JSON, and one with its checksum.
[[nodiscard]] std::string to_text(const PointRecord& record);
[[nodiscard]] std::string to_text(const SweepRecord& record);

/// Throw config::Error, with `file` and the byte, for a text that is cut short, changed or of another schema.
[[nodiscard]] PointRecord read_point(const std::string& text, const std::string& file);
[[nodiscard]] SweepRecord read_sweep(const std::string& text, const std::string& file);

/// "points/ab/abcd....json"
[[nodiscard]] std::string point_file(const std::string& hash);

}  // namespace mmulab::sweep
