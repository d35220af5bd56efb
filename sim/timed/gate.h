// SPDX-License-Identifier: MIT
// Forces the timed machine along a recorded list of decisions: an agent goes on only when its decision is next, and no
// sooner than the one before it. Costs are those of the free run; waiting for one's turn is the only time that a
// schedule adds. So a counterexample that was found without cycles gets them.
#pragma once

#include <vector>

#include "sim/exec/fiber_host.h"

namespace mmulab {

class Gate {
 public:
  explicit Gate(std::vector<Decision> decisions) : decisions_(std::move(decisions)) {}

  [[nodiscard]] bool open() const { return next_ == decisions_.size(); }
  /// The decision whose turn it is; only while the gate is not open.
  [[nodiscard]] const Decision& head() const { return decisions_[next_]; }
  [[nodiscard]] bool is_head(Decision::Kind kind, AgentId agent) const {
    return !open() && head().kind == kind && head().agent == agent;
  }
  /// The head has been performed, at this cycle.
  void pass(Cycle at) {
    next_ += 1 + picked_;
    picked_ = 0;
    last_ = at;
  }
  /// The recorded pick of a choice inside the step that is being performed; 0 for one that was not recorded.
  std::uint32_t next_pick(std::uint32_t n) {
    const std::size_t at = next_ + 1 + picked_;
    if (at >= decisions_.size() || decisions_[at].kind != Decision::Kind::choice) return 0;
    ++picked_;
    return decisions_[at].value < n ? decisions_[at].value : 0;
  }
  /// The earliest cycle for the head.
  [[nodiscard]] Cycle earliest() const { return next_ == 0 ? Cycle{0} : last_ + Cycles{1}; }
  [[nodiscard]] std::size_t passed() const { return next_; }

 private:
  std::vector<Decision> decisions_;
  std::size_t next_ = 0;
  std::size_t picked_ = 0;
  Cycle last_;
};

}  // namespace mmulab
