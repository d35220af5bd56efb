// SPDX-License-Identifier: MIT
// The points of a plan in children, and what comes of them in a store.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/cli/point_work.h"
#include "sim/cli/sweep_progress.h"

namespace mmulab::cli {

/// What became of a sweep's points.
struct SweepTally {
  std::uint64_t clean = 0;
  std::uint64_t violated = 0;  ///< or vacuous
  std::uint64_t undecided = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t kept = 0;      ///< of these all: from before
  std::uint64_t renamed = 0;   ///< of the kept: there under other parameters
  std::uint64_t damaged = 0;   ///< made again, since their files were no longer whole
  std::uint64_t retried = 0;   ///< made again, since they had failed
  std::vector<std::string> troubles;  ///< the first few failed, and damaged, points

  [[nodiscard]] std::uint64_t points() const { return clean + violated + undecided + refused + failed; }
};

class SweepWork {
 public:
  using Listener = std::function<void(const sweep::PointRecord&)>;
  /// `on_record` hears of each point; it may be empty.
  SweepWork(PointPlace place, const sweep::Shard& shard, ChildOptions options, SweepProgress& progress,
            Listener on_record);

  /// Does what the store lacks. Throws config::Error when the store takes no more.
  void run();
  [[nodiscard]] const SweepTally& tally() const { return tally_; }

 private:
  std::optional<ChildWork> next();
  void ended(std::size_t number, ChildEnd end);
  void take(const sweep::Point& point, const PointReport& report, double seconds);
  [[nodiscard]] PointReport failed(const sweep::Point& point, const ChildEnd& end) const;
  void trouble(const sweep::Point& point, const std::string& what);
  void tick();

  PointPlace place_;
  sweep::Shard shard_;
  ChildOptions options_;
  SweepProgress& progress_;
  Listener on_record_;
  sweep::Points points_;
  std::map<std::size_t, sweep::Point> running_;
  std::size_t started_ = 0;
  SweepTally tally_;
};

}  // namespace mmulab::cli
