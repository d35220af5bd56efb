// SPDX-License-Identifier: MIT
#include "models/machine/memory_system.h"

#include <algorithm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include "models/machine/tlm_memory_target.h"
#include "sim/units/assert.h"

namespace mmulab {
namespace {

sc_core::sc_time delay_of(Cycles cycles) { return {static_cast<double>(cycles.raw()), sc_core::SC_NS}; }
Cycles cycles_of(const sc_core::sc_time& delay) { return Cycles{delay.value() / 1000}; }

/// The default memory: every line after the same latency.
struct FlatMemory : sc_core::sc_module, MemoryTarget {
  FlatMemory(const sc_core::sc_module_name& name, Cycles line_latency) : sc_module(name), latency(line_latency) {
    target.register_b_transport(this, &FlatMemory::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay += delay_of(latency);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm::tlm_target_socket<>& socket() override { return target; }
  tlm_utils::simple_target_socket<FlatMemory> target{"target"};
  Cycles latency;
};

/// Joins the cores' initiators; adds nothing of its own.
struct Bus : sc_core::sc_module {
  Bus(const sc_core::sc_module_name& name, std::uint32_t cores) : sc_module(name) {
    for (std::uint32_t c = 0; c < cores; ++c) {
      from_core.push_back(std::make_unique<tlm_utils::simple_target_socket<Bus>>(("core" + std::to_string(c)).c_str()));
      from_core.back()->register_b_transport(this, &Bus::b_transport);
    }
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    to_memory->b_transport(payload, delay);
  }
  std::vector<std::unique_ptr<tlm_utils::simple_target_socket<Bus>>> from_core;
  tlm_utils::simple_initiator_socket<Bus> to_memory{"to_memory"};
};

struct CorePort : sc_core::sc_module {
  explicit CorePort(const sc_core::sc_module_name& name) : sc_module(name) {}
  tlm_utils::simple_initiator_socket<CorePort> initiator{"initiator"};
};

}  // namespace

struct MemorySystem::Modules {
  std::vector<std::unique_ptr<CorePort>> ports;
  std::unique_ptr<Bus> bus;
  std::shared_ptr<MemoryTarget> target;
  std::vector<unsigned char> line;
  Traffic traffic;
};

Registry<MemoryTarget, MemoryTargetFactory>& memory_targets() {
  static Registry<MemoryTarget, MemoryTargetFactory> registry = [] {
    Registry<MemoryTarget, MemoryTargetFactory> r("memory target");
    r.add("flat", "every line after the same latency", [](const MemoryTargetOptions& options) {
      return std::make_shared<FlatMemory>("flat_memory", options.latency);
    });
    return r;
  }();
  return registry;
}

MemorySystem::MemorySystem(const Topology& topology, const std::string& target, const MemoryTargetOptions& options)
    : modules_(std::make_unique<Modules>()) {
  modules_->line.resize(options.line_bytes);
  modules_->bus = std::make_unique<Bus>("memory_bus", topology.cores());
  modules_->target = memory_targets().find(target).make(options);
  modules_->bus->to_memory.bind(modules_->target->socket());
  for (std::uint32_t c = 0; c < topology.cores(); ++c) {
    modules_->ports.push_back(std::make_unique<CorePort>(("memory_port" + std::to_string(c)).c_str()));
    modules_->ports.back()->initiator.bind(*modules_->bus->from_core[c]);
  }
}

MemorySystem::~MemorySystem() = default;

const MemorySystem::Traffic& MemorySystem::traffic() const { return modules_->traffic; }

Cycles MemorySystem::access(CoreId core, PhysAddr address, bool write) {
  ++(write ? modules_->traffic.writes : modules_->traffic.reads);
  tlm::tlm_generic_payload payload;
  payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address.raw());
  payload.set_data_ptr(modules_->line.data());
  payload.set_data_length(static_cast<unsigned>(modules_->line.size()));
  payload.set_streaming_width(static_cast<unsigned>(modules_->line.size()));
  const sc_core::sc_time before = sc_core::sc_time_stamp();
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  modules_->ports[core.raw()]->initiator->b_transport(payload, delay);
  MMULAB_ASSERT(sc_core::sc_time_stamp() == before, "a memory target annotates its delay and never waits");
  MMULAB_ASSERT(payload.is_response_ok(), "the memory target answers every address");
  const Cycles latency = std::max(cycles_of(delay), Cycles{1});
  modules_->traffic.latency += latency;
  return latency;
}

}  // namespace mmulab
