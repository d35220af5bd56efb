// SPDX-License-Identifier: MIT
// Random schedules beside a search that takes long: what lies far from where a large tree is entered, they may find in
// milliseconds. A hundred at first, and again whenever the search has doubled its states, so that they cost it little.
// They have a system of their own, and the search goes on as if they had not been. Source: Burckhardt et al., ASPLOS
// 2010 (PCT).
#pragma once

#include "sim/config/values.h"
#include "sim/results/check_result.h"

namespace mmulab::lab {

class Walks {
 public:
  /// They begin beside a search that has come to `states_before` states.
  Walks(const config::Values& values, std::uint64_t states_before);

  /// Whether a search that has come to so many states is to be interrupted.
  [[nodiscard]] bool is_due(std::uint64_t states) const { return states >= due_at_; }
  /// True: they have found all there is to find.
  bool go_on(Cursor& cursor, const SearchGoal& goal, Coverage& coverage, std::uint64_t states,
             const std::atomic<bool>* interrupt);
  [[nodiscard]] bool any() const { return run_.result.transitions != 0; }
  /// All of them as one.
  [[nodiscard]] const EngineRun& run() const { return run_; }

 private:
  const std::uint64_t seed_;
  const std::uint32_t depth_;
  std::uint64_t due_at_;
  EngineRun run_;
};

/// Whether the same (invariant, class) is among them.
[[nodiscard]] bool is_among(const std::vector<Counterexample>& found, const Violation& violation);

}  // namespace mmulab::lab
