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

  explicit PortFixture(FixtureOptions options)
      : options_(adjusted(options)),
        state(world, options_.limits, options_.geometry, options_.pte_words_per_entry),
        locks(state),
        interrupts(state, world),
        fabric(state, options_.topology, IpiCosts{}) {
    for (std::uint32_t cpu = 0; cpu < options_.limits.cpus; ++cpu) {
      world.store(state.cpu_current(CpuId{cpu}), TaskId{cpu});
      world.store(state.task_cpu(TaskId{cpu}), CpuId{cpu});
      world.store(state.task_state(TaskId{cpu}), TaskState::running);
    }
  }

  /// Every label whose cost has no value yet costs this much. Call before machine().
  void cost_everything(Cycles each) {
    for (const Label* label : Label::all())
      if (!costs.has(label->cost())) costs.set(std::string(label->cost()), each);
  }
  /// The parts for a port's constructor. Lay out everything (construct the port) before run().
  Machine& machine() {
    if (!machine_) machine_ = std::make_unique<Machine>(Machine{world, options_.topology, costs, fabric});
    return *machine_;
  }

  /// A mapping made by hand, below the kernel: tables are taken from the pool as needed.
  Cell<Pte> map(MmId mm, VirtPage page, Pte leaf, const PteLayout& layout) {
    TableId table = world.load(state.mm_root(mm));
    if (!table.exists()) world.store(state.mm_root(mm), table = new_table(options_.geometry.levels() - 1));
    for (std::size_t level = options_.geometry.levels() - 1; level > 0; --level) {
      const auto entry = state.entry(table, options_.geometry.index(page, level));
      const Pte upper = world.load(entry);
      if (!layout.is_present(upper)) {
        table = new_table(level - 1);
        world.store(entry, layout.make(Frame{table.raw()}, Rights{true, true}).with(layout.accessed));
      } else {
        table = TableId{layout.frame(upper).raw()};
      }
    }
    const auto cell = state.entry(table, options_.geometry.index(page, 0));
    world.store(cell, leaf);
    return cell;
  }
  TableId new_table(std::size_t level) {
    const TableId table{next_table_++};
    world.store(state.table(table, TableFields::level), std::uint64_t{level});
    world.store(state.table_owner(table), MmId{0});
    return table;
  }

  /// Runs bodies[i] on cpu i in the timed machine; returns the cycle of the last event.
  Cycle run_timed(const std::vector<Body>& bodies) {
    fresh_systemc_kernel();
    cost_everything(Cycles{1});
    costs.bind();
    const Cycles latency = options_.memory_latency;
    lines = std::make_unique<Lines>(world, options_.topology, costs,
                                    LineCosts{options_.line_bytes, Cycles{60}, Cycles{150}},
                                    [latency](CoreId, PhysAddr, bool) { return latency; });
    machine().lines = lines.get();
    TimedOptions timed;
    timed.lookahead = options_.lookahead;
    timed.seed = options_.seed;
    host_timed = std::make_unique<TimedHost>(world, *lines, options_.topology.core_of_each_cpu(), timed);
    host_timed->set_events(&stream);
    const AgentId agent = host_timed->add_device(fabric);
    fabric.attach(host_timed.get(), agent);
    host_timed->set_interrupts(&interrupts);
    place(*host_timed, bodies);
    host_timed->seal();
    CoreModules modules(*host_timed);
    modules.run();
    return host_timed->reached();
  }
  /// Places the bodies in an explored host and starts it; the test drives it.
  ExploredHost& start_explored(const std::vector<Body>& bodies) {
    world.start_tracking();
    host_explored = std::make_unique<ExploredHost>(world, options_.limits.cpus);
    host_explored->set_events(&stream);
    host_explored->add_device(fabric);
    host_explored->set_interrupts(&interrupts);
    place(*host_explored, bodies);
    host_explored->start();
    return *host_explored;
  }
  EventStream stream;  ///< subscribe before running

 private:
  static FixtureOptions adjusted(FixtureOptions o) {
    o.limits.cpus = o.topology.cpus();
    o.limits.tasks = std::max(o.limits.tasks, o.limits.cpus);
    return o;
  }
  void place(FiberHost& host, const std::vector<Body>& bodies) {
    bodies_ = bodies;
    for (std::size_t i = 0; i < bodies_.size(); ++i) {
      contexts_.push_back(std::make_unique<Context>(host, world, TaskId{i}));
      contexts_.back()->set_events(&stream);
      contexts_.back()->prepare(
          128 * 1024, [](Context& ctx, void* body) { (*static_cast<Body*>(body))(ctx); }, &bodies_[i]);
      host.place(*contexts_.back(), CpuId{i});
    }
  }

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
