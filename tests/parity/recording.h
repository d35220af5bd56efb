// SPDX-License-Identifier: MIT
// A timed run of a configured system as its decisions and everything that it did to the World, and the same decisions
// again in the explored host. Left out: checkers and statistics, which only listen. Both hosts get a system of their
// own, assembled from the same configuration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/config/values.h"
#include "sim/lab/build.h"
#include "workloads/plan.h"

namespace mmulab::test {

/// A configuration's system, ready for a host.
class AssembledSystem {
 public:
  explicit AssembledSystem(const config::Values& values);
  lab::System& operator*() { return *system_; }
  lab::System* operator->() { return system_.get(); }

 private:
  workload::Plan plan_;
  std::unique_ptr<lab::System> system_;
};

/// What an observer is told: a step of `agent`, or (without one) the store of `new_value` over `old_value` at `at`.
struct TraceEntry {
  const Label* label = nullptr;
  AgentId agent;
  Location at;
  std::uint64_t old_value = 0;
  std::uint64_t new_value = 0;

  [[nodiscard]] bool is_step() const { return agent.exists(); }
  friend bool operator==(const TraceEntry& a, const TraceEntry& b) {
    return a.label == b.label && a.agent == b.agent && a.at == b.at && a.old_value == b.old_value &&
           a.new_value == b.new_value;
  }
};
using Trace = std::vector<TraceEntry>;

struct Recording {
  std::vector<Decision> decisions;
  Trace trace;
  std::vector<std::uint64_t> words;  ///< the World in the end
  Fingerprint final_state;
};

/// Runs the system timed, up to `until`. Nobody runs ahead of a run that is recorded.
Recording record(const config::Values& values, Cycle until);

/// Replays `decisions`, which need not be those of the recording, in an explored system until it does anything that
/// the recording does not. The first difference in words; empty if there is none to the end.
class Replay {
 public:
  explicit Replay(const config::Values& values) : system_(values) {}
  std::string operator()(const Recording& recording, const std::vector<Decision>& decisions);
  /// How the present World differs from the one that the recording ended in; empty if it does not.
  [[nodiscard]] std::string world_difference(const Recording& recording);
  lab::System& system() { return *system_; }

 private:
  AssembledSystem system_;
};

}  // namespace mmulab::test
