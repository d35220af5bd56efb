// SPDX-License-Identifier: MIT
// The one invariant that the stream cannot show: the host knows when nobody can go on, and says so.
#pragma once

#include <string>
#include <vector>

#include "sim/check/invariant.h"

namespace mmulab {

class NoDeadlock : public Invariant {
 public:
  NoDeadlock();
  void on_event(const Event& event) override;
  /// No agent is enabled and not all have finished. `story`: who waits where, for what.
  void report_deadlock(Cycle cycle, const std::string& description, std::vector<std::string> story);
};

}  // namespace mmulab
