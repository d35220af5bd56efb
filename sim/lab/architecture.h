// SPDX-License-Identifier: MIT
// An architecture as the laboratory sees it: what it may be told, and the port it makes.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "models/machine/counted_mmu.h"
#include "models/machine/machine.h"
#include "models/machine/tlb_agents.h"
#include "models/mm/kernel.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"
#include "sim/explore/explored_host.h"
#include "sim/registry/registry.h"

namespace mmulab::lab {

/// What a port is made from.
struct PortParts {
  KernelState& state;
  const Machine& machine;
  Locks& locks;
  KernelInterrupts& interrupts;
  TlbAgents tlb = TlbAgents::on_demand;
};

/// A port with all that comes with it.
struct MadePort {
  std::unique_ptr<Port> port;
  std::unique_ptr<Device> eviction;  ///< where the port keeps none of its own
  /// Hardware that acts by itself, and how it learns of the timed host.
  std::vector<std::pair<Device*, std::function<void(TimedHost*, AgentId)>>> devices;
  const CopySource* copies = nullptr;
  Shadow* shadow = nullptr;  ///< keeps the port's state up to date beside every step
  /// Binds the hooks that the port itself calls.
  std::function<void(Strategy&)> bind_strategy;
};
using PortFactory = std::function<MadePort(const PortParts&)>;

using CostSetter = std::function<void(const std::string&, Cycles)>;

struct Architecture {
  void (*describe)(config::Schema&) = nullptr;
  void (*costs)(const config::Values&, const CostSetter&) = nullptr;
  PortFactory (*make_port)(const config::Values&) = nullptr;
  std::unique_ptr<CountedMmu> (*make_counted)(const config::Values&, StateRoom&) = nullptr;
};

/// x86, ppc64, sparc64, tagged.
Registry<Architecture, Architecture>& architectures();

}  // namespace mmulab::lab
