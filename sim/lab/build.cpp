// SPDX-License-Identifier: MIT
#include "sim/lab/build.h"

#include <algorithm>

#include "models/machine/config.h"
#include "models/mm/config.h"
#include "workloads/plan.h"

namespace mmulab::lab {
namespace {

/// Frames beyond the workload's own: pages that gathers hold back, copies in flight, and a little air.
constexpr std::uint32_t spare_frames = 64;
constexpr std::uint32_t spare_tables = 64;

/// The name that `key` gives, if such a thing is registered; config::Error with the key's place if not.
template <class Names>
std::string registered(const Names& names, const config::Values& values, const std::string& key) {
  return names.find(values.text(key), values.position(key)).name;
}

}  // namespace

SystemParts system_parts(const config::Values& values, const KernelLimits& needs) {
  const Architecture& architecture = architectures().find(values.text("machine.arch")).make;
  SystemParts parts;
  parts.topology = topology(values);
  parts.geometry = table_geometry(values);
  parts.limits = needs;
  parts.limits.frames += spare_frames;
  parts.policy = kernel_policy(values);
  parts.axes = gather_axes(values);
  // Tables that wait for a grace period; whoever finds none left waits for it.
  if (parts.axes.free_tables == FreeTables::rcu) parts.limits.tables += std::min(parts.limits.tables, spare_tables);
  parts.strategy_class = registered(strategies(), values, "strategy.class");
  parts.make_port = architecture.make_port(values);
  parts.lines = line_costs(values);
  parts.ipi = ipi_costs(values);
  parts.memory_model = registered(memory_targets(), values, "machine.memory.model");
  parts.memory = memory_options(values);
  const auto set = [&](const std::string& name, Cycles cost) { parts.costs.emplace_back(name, cost); };
  kernel_costs(values, set);
  architecture.costs(values, set);
  set("ipi_send", Cycles{values.integer("machine.ipi.send")});
  return parts;
}

System::Memory explored_memory(const config::Values& values) {
  const std::string& name = values.text("check.memory");
  System::Memory memory;
  memory.model = name == "tso" ? MemoryModel::tso : name == "pso" ? MemoryModel::pso : MemoryModel::sc;
  memory.store_buffer = static_cast<std::uint32_t>(values.integer("check.store_buffer"));
  return memory;
}

TlbAgents explored_tlb(const config::Values& values) {
  const std::string& name = values.text("check.tlb");
  return name == "explicit" ? TlbAgents::explicit_moves : name == "may-set" ? TlbAgents::may_set : TlbAgents::on_demand;
}

void populate(System& system, workload::Plan& plan) {
  plan.lay_out(system.world);
  plan.on_measured([](const Access& a) { emit(a, Event{EventKind::measurement_begun}); });
  for (std::size_t m = 0; m < plan.mms.size(); ++m)
    for (const VmaRecord& vma : plan.mms[m].vmas) system.kernel->boot_vma(system.world, MmId{m}, vma);
  for (const workload::PlannedTask& task : plan.tasks) {
    workload::Program* program = task.program.get();
    const auto body = [program](Context& ctx, Kernel& kernel) { program->run(ctx, kernel); };
    if (task.started_by_fork) system.add_child(task.name, task.cpu, body);
    else system.add_task(task.name, task.mm, task.cpu, body);
  }
  system.seal();
}

std::unique_ptr<System> assemble_system(const SystemParts& parts) {
  try {
    return std::make_unique<System>(parts);
  } catch (const StateRoomFull& full) {
    throw config::Error(config::diagnose({}, "the machine and its workload are too large", full.what()));
  }
}

void check_plan(const config::Values& values) {
  const workload::PlanEnvironment environment{table_geometry(values), topology(values).cpus(),
                                              values.integer("sim.seed")};
  static_cast<void>(system_parts(values, workload::make_plan(values, environment).limits));
}

}  // namespace mmulab::lab
