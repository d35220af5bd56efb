// SPDX-License-Identifier: MIT
// Barriers between tasks: a count of who has come and a generation that the others wait for. They stand for what a
// test program would do with a spinning barrier, and are no part of the simulated memory: a word costs its step
// and no line. At a barrier for tasks that share cpus, who comes while others of its cpu are still to come sleeps (each
// in a queue of its own), and is woken by whoever comes last. Cost: kernel.cost.test_flag, twice a task and meeting;
// what sleeping and waking cost.
#pragma once

#include <functional>
#include <vector>

#include "models/mm/kernel.h"

namespace mmulab::workload {

class Meetings {
 public:
  struct Participant {
    TaskId task;
    CpuId cpu;
  };
  /// The number of a new barrier for so many tasks, each on a cpu of its own.
  std::uint32_t add(std::uint32_t participants);
  /// The same for tasks that share cpus; it opens once. They sleep in the queues from `first_queue` on, in order.
  std::uint32_t add_shared(std::vector<Participant> participants, std::uint32_t first_queue);
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(meetings_.size()); }
  void lay_out(World& world);
  /// Called in the step that completes a meeting.
  void set_on_complete(std::uint32_t meeting, std::function<void(const Access&)> complete);
  /// Returns once all participants have come.
  void meet(Context& ctx, Kernel& kernel, std::uint32_t meeting) const;

 private:
  struct Meeting {
    std::uint32_t participants;
    std::function<void(const Access&)> complete;
    std::vector<Participant> shared{};  ///< empty: nobody shares a cpu
    std::uint32_t first_queue = 0;
    [[nodiscard]] std::uint32_t place_of(TaskId task) const;
    [[nodiscard]] std::uint64_t on(CpuId cpu) const;
  };
  enum class Arrival : std::uint8_t { before_others_here, last_here, last };
  void meet_shared(Context& ctx, Kernel& kernel, const Meeting& meeting, std::uint32_t number) const;
  [[nodiscard]] Arrival come(Context& ctx, const Meeting& meeting, std::uint32_t number) const;
  std::vector<Meeting> meetings_;
  Region words_;
};

}  // namespace mmulab::workload
