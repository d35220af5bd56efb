// SPDX-License-Identifier: MIT
// The points of a plan in children, and what comes of them in a store.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/cli/children.h"
#include "sim/cli/simulator.h"
#include "sim/cli/sweep_progress.h"
#include "sim/sweep/plan.h"
#include "sim/sweep/store.h"

namespace mmulab::cli {

/// What became of a sweep's points.
struct SweepTally {
  std::uint64_t clean = 0;
  std::uint64_t violated = 0;  ///< or vacuous
  std::uint64_t undecided = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t kept = 0;      ///< of these all: from before
  std::uint64_t damaged = 0;   ///< made again, since their files were no longer whole
  std::uint64_t retried = 0;   ///< made again, since they had failed
  std::vector<std::string> troubles;  ///< the first few failed, and damaged, points

  [[nodiscard]] std::uint64_t points() const { return clean + violated + undecided + refused + failed; }
};

/// In a child: a point's result, or why there is none.
[[nodiscard]] ChildReply do_point(const sweep::Settled& settled, const std::string& verb, const std::string& file,
                                  const Simulator& simulator);

/// Fills the record's status, exit code, reason, complaint and result.
void fill_record(sweep::PointRecord& record, ChildEnd end, const ChildOptions& options);

class SweepWork {
 public:
  struct Place {
    const sweep::Plan& plan;
    sweep::Store& store;
    const Simulator& simulator;
    std::string file;
    sweep::Shard shard;
    std::uint64_t total;  ///< points of this shard
    std::function<void(const sweep::PointRecord&)> on_record;  ///< hears of each; may be empty
  };
  SweepWork(Place place, ChildOptions options, SweepProgress& progress);

  /// Does what the store lacks. Throws config::Error when the store takes no more.
  void run();
  [[nodiscard]] const SweepTally& tally() const { return tally_; }

 private:
  std::optional<ChildWork> next();
  bool is_kept(sweep::PointRecord& record);
  void ended(std::size_t number, ChildEnd end);
  void keep(const sweep::PointRecord& record);
  void trouble(const sweep::PointRecord& record, const std::string& what);
  void tick();

  Place place_;
  ChildOptions options_;
  SweepProgress& progress_;
  sweep::Points points_;
  std::map<std::size_t, sweep::PointRecord> running_;
  std::size_t started_ = 0;
  SweepTally tally_;
};

}  // namespace mmulab::cli
