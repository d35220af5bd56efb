// SPDX-License-Identifier: MIT
// The total order of the timed machine: the next event of every agent, keyed (cycle, agent id), and for each domain
// (a core, or a device) the earliest cycle at which it could affect anything outside itself. Running ahead is exact
// as long as it stays below the other domains' bounds. Costs O(log agents) an update.
#pragma once

#include <vector>

#include "sim/units/units.h"

namespace mmulab {

class Sequencer {
 public:
  /// `domain_of[agent]` groups agents that share private hardware.
  explicit Sequencer(std::vector<std::uint32_t> domain_of);

  /// Agent's next event, and the earliest cycle at which it may affect another domain; `never` parks it.
  void set(AgentId agent, Cycle key, Cycle bound);
  [[nodiscard]] Cycle key(AgentId agent) const { return Cycle{keys_[agent.raw()]}; }
  /// The agent whose event is next; its key is `never` if nobody has one.
  [[nodiscard]] AgentId top() const { return AgentId{order_[1]}; }
  /// The earliest cycle at which anyone but `agent` could affect it (siblings in its domain count in full).
  [[nodiscard]] Cycle horizon(AgentId agent) const;

 private:
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const {
    return keys_[a] != keys_[b] ? keys_[a] < keys_[b] : a < b;
  }
  void update_order(std::uint32_t agent);
  void update_bound(std::uint32_t domain);

  std::uint32_t leaves_;
  std::uint32_t domain_leaves_;
  std::vector<std::uint32_t> domain_of_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint64_t> bounds_;
  std::vector<std::uint32_t> order_;          // winner tree: order_[1] is the next agent
  std::vector<std::uint64_t> domain_bounds_;  // min tree over domains
};

}  // namespace mmulab
