// SPDX-License-Identifier: MIT
// A schedule as a short text file: which configuration it belongs to, what it shows, and one line for each run of steps
// of one agent, with the steps' labels, so that a reader can follow it, a version control system can compare it, and a
// replay can say at which step the model has changed since. docs/check.md describes the format.
#pragma once

#include <string>
#include <vector>

#include "sim/explore/move.h"

namespace mmulab {

struct ScheduledStep {
  Move move;  ///< a device's agent counts devices from 0
  std::string label;  ///< "interrupt" for one that is taken
  unsigned line = 0;  ///< of the file it was read from
  std::string text;   ///< that line
};

struct Schedule {
  std::string scenario;                ///< the configuration's file, as it was given
  std::vector<std::string> overrides;  ///< key=value
  std::string config_hash;
  unsigned config_line = 0;            ///< of the file it was read from
  std::string invariant;
  std::string class_id;
  std::vector<ScheduledStep> steps;
  /// As a cursor over a machine of so many cpus takes them.
  [[nodiscard]] std::vector<Move> moves(std::uint32_t cpus) const;
  [[nodiscard]] std::vector<std::string> labels() const;
};

[[nodiscard]] std::string to_text(const Schedule& schedule);
/// Throws config::Error with file, line and column for anything that is no schedule.
[[nodiscard]] Schedule read_schedule(const std::string& text, const std::string& file);

}  // namespace mmulab
