// SPDX-License-Identifier: MIT
// Memory behind the caches, over TLM-2.0: each core has an initiator socket, a bus joins them, and one target answers
// with an annotated delay (loosely timed, 1 ns = 1 cycle). A user's own target takes the place of the flat one through
// the registry; there is no second path for the latency. A target must annotate its delay and never call wait().
// Cost: machine.memory.latency cycles a line for the flat target. Left out: bandwidth of the bus.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "models/machine/topology.h"
#include "sim/registry/registry.h"


namespace mmulab {

/// What a memory target is given when it is made.
struct MemoryTargetOptions {
  Cycles latency;
  std::uint32_t line_bytes = 64;
};

/// A TLM-2.0 target. The SystemC types stay behind this interface: see models/machine/tlm_memory_target.h.
class MemoryTarget;
using MemoryTargetFactory = std::function<std::shared_ptr<MemoryTarget>(const MemoryTargetOptions&)>;

/// Every known target by name; "flat" is always there. Plugins and embedding programs add theirs.
Registry<MemoryTarget, MemoryTargetFactory>& memory_targets();

class MemorySystem {
 public:
  MemorySystem(const Topology& topology, const std::string& target, const MemoryTargetOptions& options);
  ~MemorySystem();
  /// One line read or written by `core`, as a TLM transaction; its annotated delay.
  Cycles access(CoreId core, PhysAddr address, bool write);

  struct Traffic {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;  ///< reads with the intent to write
    Cycles latency;            ///< of all of them together, as the target annotated it
  };
  [[nodiscard]] const Traffic& traffic() const;

 private:
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace mmulab
