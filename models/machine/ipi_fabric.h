// SPDX-License-Identifier: MIT
// Interprocessor interrupts: one queue for the whole machine, an arrival per (target, vector). Sending is a step
// of the sender (kernel.cost.ipi_send); arrival comes machine.ipi.one_way cycles later, plus
// machine.ipi.cross_socket between sockets, as a step of the fabric itself; execution is the target's
// (mm/interrupts.h). Source: hardware.md 1.4, 6.1. Left out: lowest-priority delivery, cluster addressing as
// hardware does it (its cost is the sender's per-target cost).
#pragma once

#include "models/machine/topology.h"
#include "models/mm/interrupts.h"
#include "sim/exec/device.h"

namespace mmulab {

class TimedHost;

struct IpiCosts {
  Cycles one_way{1200};
  Cycles cross_socket{600};
};

class IpiFabric : public Device, public IpiSender {
 public:
  IpiFabric(const KernelState& state, const Topology& topology, IpiCosts costs)
      : state_(state), topology_(topology), costs_(costs) {}
  /// Where arrivals are queued when time exists; null when explored.
  void attach(TimedHost* host, AgentId agent) { host_ = host; agent_ = agent; }

  void send(Context& ctx, CpuId target, Vector vector) override;

  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& access, std::uint32_t unit) override;
  [[nodiscard]] std::uint32_t renamed(std::uint32_t unit, const Renaming& names) const override {
    return names(target_of(unit)).raw() * static_cast<std::uint32_t>(vectors) + unit % vectors;
  }

 private:
  static CpuId target_of(std::uint32_t unit) { return CpuId{unit / vectors}; }
  static std::uint64_t bit_of(std::uint32_t unit) { return std::uint64_t{1} << (unit % vectors); }
  const KernelState& state_;
  const Topology& topology_;
  IpiCosts costs_;
  TimedHost* host_ = nullptr;
  AgentId agent_;
};

}  // namespace mmulab
