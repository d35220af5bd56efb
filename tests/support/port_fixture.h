// SPDX-License-Identifier: MIT
// A bare machine for testing a port by itself: World, kernel state, lines, interrupts; no kernel, no strategy. Tests
// place one body on each cpu and run them timed (cycles) or explored (any order).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/machine/machine.h"
#include "models/mm/locks.h"
#include "sim/explore/explored_host.h"
#include "sim/timed/core_module.h"

namespace mmulab::test {

struct FixtureOptions {
  Topology topology;
  KernelLimits limits;
  TableGeometry geometry{PageShift{12}, {9, 9, 9, 9, 0}, 4};
  std::uint32_t pte_words_per_entry = 1;
  bool lookahead = true;
  std::uint64_t seed = 1;
  std::uint32_t line_bytes = 64;
  Cycles memory_latency{200};
};

class PortFixture {
 public:
  using Body = std::function<void(Context&)>;

  explicit PortFixture(FixtureOptions options);
  virtual ~PortFixture();

  /// Every label whose cost has no value yet costs this much. Call before machine().
  void cost_everything(Cycles each);
  /// The parts for a port's constructor. Lay out everything (construct the port) before run().
  Machine& machine();

  /// A mapping made by hand, below the kernel: tables are taken from the pool as needed.
  Cell<Pte> map(MmId mm, VirtPage page, Pte leaf, const PteLayout& layout);
  TableId new_table(std::size_t level);

  /// Runs bodies[i] on cpu i in the timed machine, nothing where there is none; returns the cycle of the last event.
  Cycle run_timed(const std::vector<Body>& bodies);
  /// Places the bodies in an explored host and starts it; the test drives it.
  ExploredHost& start_explored(const std::vector<Body>& bodies);
  EventStream stream;  ///< subscribe before running

 private:
  /// The port's own, after the IPI fabric; `timed` is null in the explored host.
  virtual void add_devices(FiberHost& host, TimedHost* timed) {
    (void)host;
    (void)timed;
  }
  void prepare(FiberHost& host, TimedHost* timed, const std::vector<Body>& bodies);

  FixtureOptions options_;
  std::uint32_t next_table_ = 0;
  std::vector<Body> bodies_;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::unique_ptr<Machine> machine_;

 public:
  World world;
  KernelState state;
  Locks locks;
  KernelInterrupts interrupts;
  CostTable costs;
  IpiFabric fabric;
  std::unique_ptr<Lines> lines;
  std::unique_ptr<TimedHost> host_timed;
  std::unique_ptr<ExploredHost> host_explored;
};

}  // namespace mmulab::test
