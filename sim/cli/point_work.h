// SPDX-License-Identifier: MIT
// One point of a sweep, in a child of its own: its configuration, what the folder holds of it, its simulation, and the
// text of its file. A sweep's parent does next to nothing for a point, for whatever it writes to in its memory between
// two forks is copied, page by page, and only one point at a time is its own.
#pragma once

#include <optional>
#include <string>

#include "sim/cli/children.h"
#include "sim/cli/simulator.h"
#include "sim/sweep/plan.h"
#include "sim/sweep/store.h"

namespace mmulab::cli {

/// What a verb made of a point.
struct MadePoint {
  int exit_code;
  std::string json;
};
/// Throws config::Error where the laboratory refuses what the schema allows.
[[nodiscard]] MadePoint make_point(const sweep::Settled& settled, const std::string& verb, const std::string& file,
                                   const Simulator& simulator);

/// What a child tells of its point.
struct PointReport {
  sweep::PointOutcome outcome;
  sweep::Found::State before = sweep::Found::State::missing;
  std::string damage;  ///< of what was there
  std::string text;  ///< of the point's file; empty: the file stays as it is
};
[[nodiscard]] std::string to_text(const PointReport& report);
/// None: it was cut short.
[[nodiscard]] std::optional<PointReport> read_report(const std::string& text);

/// A record of a point without what comes of it.
[[nodiscard]] sweep::PointRecord blank_record(const sweep::Plan& plan, const sweep::Point& point,
                                              const sweep::Settled& settled);

struct PointPlace {
  const sweep::Plan& plan;
  sweep::Store& store;
  const Simulator& simulator;
  std::string file;  ///< the plan's
};

/// In the child. The reply is a report, and one that is no success has a reason instead.
[[nodiscard]] ChildReply work_on(const sweep::Point& point, const PointPlace& place);

}  // namespace mmulab::cli
