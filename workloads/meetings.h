// SPDX-License-Identifier: MIT
// Barriers between tasks: a count of who has come and a generation that the others wait for. They stand for what a
// test program would do with a spinning barrier, and are no part of the simulated memory: a word costs its step
// and no line. Cost: kernel.cost.test_flag, twice a task and meeting.
#pragma once

#include <functional>
#include <vector>

#include "sim/exec/context.h"

namespace mmulab::workload {

class Meetings {
 public:
  /// The number of a new barrier for so many tasks.
  std::uint32_t add(std::uint32_t participants);
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(meetings_.size()); }
  void lay_out(World& world);
  /// Called in the step that completes a meeting.
  void set_on_complete(std::uint32_t meeting, std::function<void(const Access&)> complete);
  /// Returns once all participants have come.
  void meet(Context& ctx, std::uint32_t meeting) const;

 private:
  struct Meeting {
    std::uint32_t participants;
    std::function<void(const Access&)> complete;
  };
  std::vector<Meeting> meetings_;
  Region words_;
};

}  // namespace mmulab::workload
