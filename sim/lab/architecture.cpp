// SPDX-License-Identifier: MIT
#include "sim/lab/architecture.h"

#include "models/machine/config.h"
#include "models/ppc64/config.h"
#include "models/ppc64/counted_mmu.h"
#include "models/radix/counted_mmu.h"
#include "models/sparc64/config.h"
#include "models/sparc64/counted_mmu.h"
#include "models/tagged/config.h"
#include "models/x86/config.h"

namespace mmulab::lab {
namespace {

MadePort made_ppc64(const PortParts& parts, Ppc64Params params) {
  MadePort made;
  params.agents = parts.tlb;
  auto port = std::make_unique<Ppc64Port>(parts.state, parts.machine, parts.locks, params);
  Ppc64Port* raw = port.get();
  made.devices.emplace_back(&raw->bus(),
                            [raw](TimedHost* host, AgentId agent) { raw->bus().attach(host, agent); });
  if (parts.tlb == TlbAgents::explicit_moves) {
    made.eviction = raw->eviction();
    made.devices.emplace_back(made.eviction.get(), [](TimedHost*, AgentId) {});
  }
  made.copies = raw;
  made.bind_strategy = [raw](Strategy& strategy) {
    raw->set_before_insert(
        [&strategy](Context& ctx, MmId mm, VirtPage page) { strategy.hash_fault(ctx, mm, page); });
  };
  made.port = std::move(port);
  return made;
}

/// A port whose hardware walks page tables.
template <class RadixPort, class Params>
MadePort made_radix(const PortParts& parts, Params params) {
  MadePort made;
  params.agents = parts.tlb;
  auto port = std::make_unique<RadixPort>(parts.state, parts.machine, parts.locks, parts.interrupts, params);
  for (Device* agent : port->mmu().agents()) made.devices.emplace_back(agent, [](TimedHost*, AgentId) {});
  made.shadow = port->mmu().shadow();
  made.copies = port.get();
  made.port = std::move(port);
  return made;
}

MadePort made_sparc64(const PortParts& parts, const Sparc64Params& params) {
  MadePort made;
  auto port = std::make_unique<Sparc64Port>(parts.state, parts.machine, parts.locks, parts.interrupts, params);
  made.copies = port.get();
  made.port = std::move(port);
  return made;
}

Architecture ppc64_architecture() {
  Architecture a;
  a.describe = describe_ppc64;
  a.costs = ppc64_costs;
  a.make_port = [](const config::Values& values) -> PortFactory {
    return [params = ppc64_params(values)](const PortParts& parts) { return made_ppc64(parts, params); };
  };
  a.make_counted = [](const config::Values& values, StateRoom& room) -> std::unique_ptr<CountedMmu> {
    return std::make_unique<ppc64::CountedMmu>(room, topology(values), table_geometry(values).page_shift(),
                                               ppc64_params(values), values.integer("sim.seed"));
  };
  return a;
}

Architecture x86_architecture() {
  Architecture a;
  a.describe = describe_x86;
  a.costs = x86_costs;
  a.make_port = [](const config::Values& values) -> PortFactory {
    return [params = x86_params(values)](const PortParts& parts) { return made_radix<X86Port>(parts, params); };
  };
  a.make_counted = [](const config::Values& values, StateRoom& room) -> std::unique_ptr<CountedMmu> {
    const X86Params params = x86_params(values);
    return std::make_unique<radix::CountedMmu>(room, topology(values), table_geometry(values), params, params.pcid);
  };
  return a;
}

Architecture sparc64_architecture() {
  Architecture a;
  a.describe = describe_sparc64;
  a.costs = sparc64_costs;
  a.make_port = [](const config::Values& values) -> PortFactory {
    return [params = sparc64_params(values)](const PortParts& parts) { return made_sparc64(parts, params); };
  };
  a.make_counted = [](const config::Values& values, StateRoom& room) -> std::unique_ptr<CountedMmu> {
    return std::make_unique<sparc64::CountedMmu>(room, topology(values), table_geometry(values).page_shift(),
                                                 sparc64_params(values));
  };
  return a;
}

Architecture tagged_architecture() {
  Architecture a;
  a.describe = describe_tagged;
  a.costs = tagged_costs;
  a.make_port = [](const config::Values& values) -> PortFactory {
    return [params = tagged_params(values)](const PortParts& parts) { return made_radix<TaggedPort>(parts, params); };
  };
  a.make_counted = [](const config::Values& values, StateRoom& room) -> std::unique_ptr<CountedMmu> {
    constexpr bool tags = true;
    return std::make_unique<radix::CountedMmu>(room, topology(values), table_geometry(values), tagged_params(values),
                                               tags);
  };
  return a;
}

}  // namespace

Registry<Architecture, Architecture>& architectures() {
  static Registry<Architecture, Architecture> registry = [] {
    Registry<Architecture, Architecture> r("architecture");
    r.add("x86", "hardware-walked page tables, TLBs with PCIDs, shootdown by IPI", x86_architecture());
    r.add("ppc64", "hashed page table, software hash fault, tlbie", ppc64_architecture());
    r.add("sparc64", "software-refilled TLBs, TSB in memory, cross calls", sparc64_architecture());
    r.add("tagged", "hardware-walked page tables, ASIDs with rollover, broadcast or IPI", tagged_architecture());
    return r;
  }();
  return registry;
}

}  // namespace mmulab::lab
