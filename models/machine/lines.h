// SPDX-License-Identifier: MIT
// Who has which cache line: the cost of sharing. A line is with one core for writing, with several for reading, or in
// memory only. Transfers of one line are served one after another, so a contended line queues its requesters; a write
// also waits for the farthest sharer to drop its copy. Source: ballparks of hardware.md 1.4 (same socket, cross socket)
// and 6.1. Left out: capacity (a line once held stays until another core writes it), directories, user data. Cost:
// machine.line.* cycles a transfer, or what the TLM memory target annotates when no cache has it.
#pragma once

#include <functional>
#include <vector>

#include "models/machine/cost_table.h"
#include "models/machine/topology.h"
#include "sim/state/sparse_array.h"
#include "sim/state/world.h"
#include "sim/timed/pricing.h"

namespace mmulab {

struct LineCosts {
  std::uint32_t line_bytes = 64;
  Cycles same_socket{60};
  Cycles cross_socket{150};
};

/// A read or write of one line that no cache can serve; answers with its latency.
using MemoryRead = std::function<Cycles(CoreId core, PhysAddr address, bool write)>;

class Lines : public Pricing {
 public:
  Lines(const World& world, const Topology& topology, const CostTable& costs, LineCosts line_costs, MemoryRead memory);

  [[nodiscard]] Cycles cost(const Label& label) const override { return costs_.of(label); }
  [[nodiscard]] bool holds(CoreId core, const Footprint& footprint) const override;
  Cycle fetch(CoreId core, const Footprint& footprint, Cycle issue) override;
  void complete(CoreId core, const Footprint& footprint) override;
  [[nodiscard]] Cycles least_latency() const override { return least_latency_; }

  /// Does `core` hold the line of `at` for reading? What run-ahead asks.
  [[nodiscard]] bool readable(CoreId core, Location at) const { return shared_by(line_of(at), core); }
  [[nodiscard]] bool writable(CoreId core, Location at) const { return exclusive_to(line_of(at), core); }
  /// Sets L; call once, after the costs are bound.
  void set_least_latency(Cycles latency) { least_latency_ = latency; }

  struct Traffic {
    std::uint64_t from_memory = 0;
    std::uint64_t from_same_socket = 0;
    std::uint64_t from_other_socket = 0;
    std::uint64_t upgrades = 0;
    Cycles queued;  ///< waiting for a line that somebody else is moving
  };
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }

 private:
  /// Zero is a line that only memory has.
  struct Line {
    std::uint64_t busy_until;
    std::uint32_t owner_plus_one;  ///< who has it for writing, or wrote it last
    bool exclusive;
    [[nodiscard]] bool owned() const { return owner_plus_one != 0; }
    [[nodiscard]] CoreId owner() const { return CoreId{owner_plus_one - 1}; }
    void give_to(CoreId core) { owner_plus_one = core.raw() + 1; }
  };
  [[nodiscard]] std::uint32_t line_of(Location at) const { return at.raw() >> line_shift_; }
  [[nodiscard]] bool shared_by(std::uint32_t line, CoreId core) const {
    return !coherent_[line] ||
           (sharers_[std::size_t{line} * mask_words_ + core.raw() / 64] >> (core.raw() % 64) & 1) != 0;
  }
  [[nodiscard]] bool exclusive_to(std::uint32_t line, CoreId core) const {
    return !coherent_[line] || (lines_[line].exclusive && lines_[line].owner() == core);
  }
  [[nodiscard]] bool holds_line(std::uint32_t line, CoreId core, Use use) const {
    return changes(use) ? exclusive_to(line, core) : shared_by(line, core);
  }
  template <class F>
  void each_line(const Footprint& footprint, F&& f) const;
  [[nodiscard]] bool shared_beyond(std::uint32_t line, SocketId socket) const;
  [[nodiscard]] Cycles transfer(std::uint32_t line, CoreId core, Use use);

  const Topology& topology_;
  const CostTable& costs_;
  LineCosts line_costs_;
  MemoryRead memory_;
  unsigned line_shift_;  ///< log2 of a line's words
  std::uint32_t mask_words_;
  SparseArray<Line> lines_;
  SparseArray<std::uint64_t> sharers_;
  std::vector<bool> coherent_;
  Cycles least_latency_{1};
  Traffic traffic_;
  std::vector<std::uint32_t> fetched_;  // scratch of fetch(): a line that two items share moves once
};

}  // namespace mmulab
