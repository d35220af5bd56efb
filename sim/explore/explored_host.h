// SPDX-License-Identifier: MIT
// The explored host: a step costs nothing, and whoever drives it picks who goes next. It offers the agents' pending
// steps with their footprints and guards, runs one decision at a time, and never looks at a clock.
#pragma once

#include <vector>

#include "sim/exec/fiber_host.h"

namespace mmulab {

class ExploredHost : public FiberHost {
 public:
  ExploredHost(World& world, std::uint32_t cpus) : FiberHost(world, cpus), pending_(cpus, nullptr) {}

  bool arrive(Context& context, const Op& op) override;
  void leave(Context& context, const Op& op) override;
  std::uint32_t choose(Context& context, const Label& label, std::uint32_t n) override;
  [[nodiscard]] Cycle now(const Context&) const override { return Cycle{steps_}; }
  [[noreturn]] void retire(Context& context) override;

  /// Runs every placed context up to its first declared step. Call once.
  void start();
  /// The step that the agent would take, or null if its task has retired. Cpus only.
  [[nodiscard]] const Op* pending(AgentId agent) const { return pending_[agent.raw()]; }
  /// True if the agent's pending step has a guard that holds now.
  [[nodiscard]] bool enabled(AgentId agent);
  [[nodiscard]] bool interruptible(AgentId agent) const;
  /// Every decision that is possible now, in a fixed order.
  void list_decisions(std::vector<Decision>& decisions);
  /// Performs one decision; choices inside it come from `choices`, in order (0 once they run out).
  void perform(const Decision& decision, const std::vector<std::uint32_t>& choices = {});
  /// Replays a recorded run; choice decisions follow the step that drew them.
  void replay(const std::vector<Decision>& decisions);

  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  enum class Order : std::uint8_t { step, interrupt };
  void resume(AgentId agent, Order order);

  Fiber driver_;
  std::vector<const Op*> pending_;
  std::vector<std::uint32_t> choices_;
  std::size_t next_choice_ = 0;
  Order order_ = Order::step;
  std::uint64_t steps_ = 0;
};

}  // namespace mmulab
