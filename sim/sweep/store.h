// SPDX-License-Identifier: MIT
// The folder of a sweep: one file a point, written under a temporary name and renamed, so that whatever ends the sweep
// leaves whole points behind. One sweep at a time works in a folder, or several shards of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/plan.h"
#include "sim/sweep/point_index.h"
#include "sim/sweep/point_record.h"

namespace mmulab::sweep {

enum class Begin {
  anew,    ///< the folder must hold no sweep
  resume,  ///< what is there and whole is kept
};

/// What there is of a point.
struct Found {
  enum class State {
    missing,
    damaged,  ///< `record.reason` says how
    failed,   ///< it failed the last time
    kept,
    renamed,  ///< missing, but its content is another point's
  } state = State::missing;
  PointRecord record;
};

class Store {
 public:
  /// Locks the folder, and makes it if need be. Throws config::Error where it cannot be written, holds something else,
  /// or belongs to another sweep that runs.
  Store(std::string folder, const SweepRecord& sweep, Begin begin, const Shard& shard);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// What differs from the sweep that was here before; empty where nothing does.
  [[nodiscard]] const std::vector<std::string>& changes() const { return changes_; }
  [[nodiscard]] Found find(const std::string& hash) const;
  /// What came of a point of another name and the same content, which a folder has whose plan has changed.
  [[nodiscard]] std::optional<PointRecord> find_content(const std::string& content) const;
  /// The text of a point. Throws config::Error when the folder takes no more.
  void put(const std::string& hash, const std::string& text);
  /// How long a point took: one line of the folder's log, which is no result.
  void log(const PointOutcome& outcome, double seconds);
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// A forked child lets go of the lock, so that it does not outlive its parent's.
  void leave_in_child() const;

 private:
  void make_folders();
  void lock(const Shard& shard);
  void take_over(const SweepRecord& sweep, Begin begin, const Shard& shard);
  void set_aside(const std::string& name, const std::string& text) const;
  void write(const std::string& name, const std::string& text) const;
  void clear_temporaries() const;

  std::string folder_;
  std::string prefix_;  // of temporary names
  std::vector<int> locks_;
  bool begun_before_ = false;  // this shard, or the whole
  std::vector<std::string> changes_;
  PointIndex index_;  // empty in a folder that had one plan only
  int log_ = -1;
};

/// Whether the folder's sweep had another plan before, so that points of it may lie there.
[[nodiscard]] bool had_another_plan(const std::string& folder);

/// Seconds that points have taken, by a folder's log; empty without one.
[[nodiscard]] std::vector<double> logged_seconds(const std::string& folder);

}  // namespace mmulab::sweep
