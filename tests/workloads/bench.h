// SPDX-License-Identifier: MIT
// A plan on the real kernel over an architecture without translation caches, which can run ahead: a private access
// is one whose pte's line the core has for writing. Each cpu folds its accesses into a word, so that one that is
// lost, doubled or out of order shows in the World.
#pragma once

#include "tests/support/uncached_port.h"
#include "tests/workloads/sample.h"

namespace mmulab::workload::bench {

inline const Label touch{"bench.access", "pte_read", Phase::user};

class DirectPort final : public test::UncachedPort {
 public:
  DirectPort(const lab::PortParts& parts, std::uint64_t& privately)
      : UncachedPort(parts), state_(parts.state), machine_(parts.machine), privately_(privately) {
    folded_ = machine_.world.allocate("bench.folded", state_.limits().cpus, 1, Coherence::internal);
  }
  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override;
  Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) override;

 private:
  [[nodiscard]] Cell<Pte> entry_of(MmId mm, VirtAddr va) const;
  [[nodiscard]] bool permits(Pte pte, AccessKind kind) const;
  [[nodiscard]] Pte used(Pte pte, AccessKind kind) const;

  const KernelState& state_;
  const Machine& machine_;
  std::uint64_t& privately_;
  Region folded_;
};

struct Result {
  bool finished = false;
  std::uint64_t frames_missing = 0;
  Cycle end;
  Fingerprint world;
  std::uint64_t privately = 0;  ///< accesses made by running ahead
  std::uint64_t measured = 0;   ///< how often the measured phase began
  Cycle measured_at;
  std::vector<std::uint64_t> calls;  ///< entries by Call
};

/// Runs the plan in the timed host; `watcher` may be null.
Result run_timed(Plan plan, const PlanEnvironment& environment, bool lookahead,
                 const AccessWatcher* watcher = nullptr);
/// Runs it in the explored host, always taking the decision at `pick` modulo their number.
Result run_explored(Plan plan, const PlanEnvironment& environment, std::uint64_t pick);

}  // namespace mmulab::workload::bench
