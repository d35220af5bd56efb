// SPDX-License-Identifier: MIT
// Each cpu's tick: armed while a task runs there (idle cpus do not tick), it sets Vector::tick pending when it expires.
// Source: the local APIC timer and the decrementer, reduced to one period (kernel.tick_cycles). Cost: none; the handler
// is the scheduler's.
#pragma once

#include "models/mm/interrupts.h"
#include "sim/exec/device.h"

namespace mmulab {

class TimedHost;

class Timer : public Device {
 public:
  Timer(const KernelState& state, Cycles period) : state_(state), period_(period) {}
  void attach(TimedHost* host, AgentId agent) { host_ = host; agent_ = agent; }
  /// Starts this cpu's next period, unless one is running or there are no ticks.
  void arm(Context& ctx);

  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& access, std::uint32_t unit) override;
  [[nodiscard]] std::uint32_t renamed(std::uint32_t unit, const Renaming& names) const override {
    return names(CpuId{unit}).raw();
  }

 private:
  const KernelState& state_;
  Cycles period_;
  TimedHost* host_ = nullptr;
  AgentId agent_;
};

}  // namespace mmulab
