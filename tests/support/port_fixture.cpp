// SPDX-License-Identifier: MIT
#include "tests/support/port_fixture.h"

#include <algorithm>

namespace mmulab::test {
namespace {

constexpr Cycles line_transfer{60};

FixtureOptions adjusted(FixtureOptions o) {
  o.limits.cpus = o.topology.cpus();
  o.limits.tasks = std::max(o.limits.tasks, o.limits.cpus);
  return o;
}

}  // namespace

PortFixture::PortFixture(FixtureOptions options)
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

PortFixture::~PortFixture() = default;

void PortFixture::cost_everything(Cycles each) {
  for (const Label* label : Label::all())
    if (!costs.has(label->cost())) costs.set(std::string(label->cost()), each);
}

Machine& PortFixture::machine() {
  if (!machine_) machine_ = std::make_unique<Machine>(Machine{world, options_.topology, costs, fabric});
  return *machine_;
}

Cell<Pte> PortFixture::map(MmId mm, VirtPage page, Pte leaf, const PteLayout& layout) {
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

TableId PortFixture::new_table(std::size_t level) {
  const TableId table{next_table_++};
  world.store(state.table(table, TableFields::level), std::uint64_t{level});
  world.store(state.table_owner(table), MmId{0});
  return table;
}

Cycle PortFixture::run_timed(const std::vector<Body>& bodies) {
  fresh_systemc_kernel();
  cost_everything(Cycles{1});
  costs.bind();
  const Cycles latency = options_.memory_latency;
  lines = std::make_unique<Lines>(world, options_.topology, costs,
                                  LineCosts{options_.line_bytes, line_transfer, Cycles{150}},
                                  [latency](CoreId, PhysAddr, bool) { return latency; });
  machine().lines = lines.get();
  lines->set_least_latency(std::min(line_transfer, costs.least(Phase::entry)));
  TimedOptions timed;
  timed.lookahead = options_.lookahead;
  timed.seed = options_.seed;
  host_timed = std::make_unique<TimedHost>(world, *lines, options_.topology.core_of_each_cpu(), timed);
  prepare(*host_timed, host_timed.get(), bodies);
  host_timed->seal();
  CoreModules modules(*host_timed);
  modules.run();
  return host_timed->reached();
}

ExploredHost& PortFixture::start_explored(const std::vector<Body>& bodies) {
  world.start_tracking();
  host_explored = std::make_unique<ExploredHost>(world, options_.limits.cpus);
  prepare(*host_explored, nullptr, bodies);
  host_explored->start();
  return *host_explored;
}

void PortFixture::prepare(FiberHost& host, TimedHost* timed, const std::vector<Body>& bodies) {
  host.set_events(&stream);
  const AgentId agent = host.add_device(fabric);
  fabric.attach(timed, agent);
  add_devices(host, timed);
  host.set_interrupts(&interrupts);
  bodies_ = bodies;
  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    if (!bodies_[i]) continue;
    contexts_.push_back(std::make_unique<Context>(host, world, TaskId{i}));
    contexts_.back()->set_events(&stream);
    contexts_.back()->prepare(
        128 * 1024, [](Context& ctx, void* body) { (*static_cast<Body*>(body))(ctx); }, &bodies_[i]);
    host.place(*contexts_.back(), CpuId{i});
  }
}

}  // namespace mmulab::test
