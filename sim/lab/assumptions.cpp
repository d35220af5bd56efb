// SPDX-License-Identifier: MIT
#include "sim/lab/assumptions.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "sim/lab/build.h"

namespace mmulab::lab {
namespace {

/// How far a memory goes, the strongest first; other: loads pass loads, too, or stores reach cpus one after another.
enum class Order : std::uint8_t { sc, tso, pso, other };

Order order_of(MemoryModel model) {
  return model == MemoryModel::sc ? Order::sc : model == MemoryModel::tso ? Order::tso : Order::pso;
}

/// The memory of real machines of that kind. Linux runs sparc64 under TSO.
Order order_of_machine(const std::string& arch) {
  return arch == "x86" || arch == "sparc64" ? Order::tso : Order::other;
}

/// What a verdict under `memory` says of memory, and what it leaves out.
void assume_memory(const System::Memory& memory, const std::string& arch, std::vector<std::string>& list) {
  std::string model = fmt::format("memory model: {}", name_of(memory.model));
  if (memory.model != MemoryModel::sc)
    model += fmt::format("; a store buffer holds {} stores, and a user's stores are seen at once", memory.store_buffer);
  list.push_back(model);
  const Order machine = order_of_machine(arch);
  if (machine <= order_of(memory.model)) return;
  list.push_back(machine == Order::tso
                     ? fmt::format("{} is weaker: a load may pass an earlier store (check.memory = tso)", arch)
                     : fmt::format("{} is weaker: its loads change places, too, and a store need not reach all cpus "
                                   "at once; such a verdict does not speak of missing barriers",
                                   arch));
}

/// What TLBs do by themselves, and what a verdict leaves out.
const char* assumption_of(TlbAgents agents) {
  switch (agents) {
    case TlbAgents::explicit_moves: return "TLBs and walk caches fill by speculation and evict, each act a move";
    case TlbAgents::may_set: return "an access may meet any translation that could be cached";
    case TlbAgents::on_demand: break;
  }
  return "TLBs and walk caches are filled by accesses, and evict for want of room (check.tlb)";
}

void assume_of_engines(const std::vector<EngineRun>& engines, std::vector<std::string>& list) {
  for (const EngineRun& run : engines)
    if (run.result.cycles != 0)
      list.push_back(fmt::format("{}: where an execution came back to one of its states, a fingerprint told so",
                                 run.result.engine));
  for (const EngineRun& run : engines)
    if (run.result.states != 0)
      list.push_back(fmt::format("{}: two of {} states share a fingerprint with a chance below 2^{}",
                                 run.result.engine, run.result.states, run.result.collision_exponent));
}

}  // namespace

std::vector<std::string> assumptions_of(const config::Values& values, const CursorOptions& options,
                                        std::size_t namings, const CheckResult& result) {
  const std::vector<EngineRun>& engines = result.engines;
  std::vector<std::string> list;
  assume_memory(explored_memory(values), values.text("machine.arch"), list);
  list.emplace_back(assumption_of(explored_tlb(values)));
  list.push_back(result.agents.empty()
                     ? std::string("no hardware has acted by itself")
                     : fmt::format("hardware that has acted by itself: {}", fmt::join(result.agents, ", ")));
  list.emplace_back("boot and warm-up ran in one order; what follows was explored");
  list.emplace_back("tasks that have done all their operations exit last, one after another; where some share a cpu, "
                    "all but its last one at any time");
  list.emplace_back("the machine, the page tables and the workload are as small as configured");
  const bool keeps_states =
      std::any_of(engines.begin(), engines.end(), [](const EngineRun& run) { return run.result.states != 0; });
  if (namings > 1 && keeps_states)
    list.push_back(fmt::format("states that differ only by the names of cpus that do the same are one: each was "
                               "looked at under {} namings; that the names don't matter was checked",
                               namings));
  if (options.reduces)
    list.emplace_back("steps that nobody else could notice were performed at once; that nobody could was checked");
  assume_of_engines(engines, list);
  return list;
}

}  // namespace mmulab::lab
