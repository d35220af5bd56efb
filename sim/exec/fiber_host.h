// SPDX-License-Identifier: MIT
// What both hosts share: which context runs on which cpu, and how a cpu goes from one task to another.
#pragma once

#include <memory>
#include <vector>

#include "sim/exec/context.h"
#include "sim/exec/device.h"

namespace mmulab {

/// One scheduling decision: replaying a list of them reproduces a run, whichever host recorded it.
struct Decision {
  enum class Kind : std::uint8_t { step, interrupt, device, choice };
  Kind kind = Kind::step;
  AgentId agent;
  /// device: the unit that acted; choice: the possibility that was picked.
  std::uint32_t value = 0;
};

class FiberHost : public Host {
 public:
  FiberHost(World& world, std::uint32_t cpus) : world_(world), current_(cpus, nullptr) {}

  void set_interrupts(Interrupts* interrupts) { interrupts_ = interrupts; }
  void set_observer(StepObserver* observer) { observer_ = observer; }
  /// Where devices emit; before they are added.
  void set_events(EventStream* events) { events_ = events; }
  /// Device agents follow the cpus in the order of their addition.
  AgentId add_device(Device& device);
  /// Puts `context` on `cpu` before the run begins.
  void place(Context& context, CpuId cpu);

  [[nodiscard]] std::uint32_t devices() const { return static_cast<std::uint32_t>(devices_.size()); }
  void switch_task(Context& from, Context& to) override;
  [[nodiscard]] std::uint32_t cpus() const { return static_cast<std::uint32_t>(current_.size()); }
  [[nodiscard]] Context& current(CpuId cpu) const { return *current_[cpu.raw()]; }

 protected:
  struct DeviceSlot {
    Device* device;
    std::unique_ptr<Context> context;
  };
  [[nodiscard]] bool is_cpu(AgentId agent) const { return agent.raw() < cpus(); }
  [[nodiscard]] DeviceSlot& device(AgentId agent) { return devices_[agent.raw() - cpus()]; }
  void act(AgentId agent, std::uint32_t unit);

  World& world_;
  Interrupts* interrupts_ = nullptr;
  StepObserver* observer_ = nullptr;
  EventStream* events_ = nullptr;
  std::vector<Context*> current_;
  std::vector<DeviceSlot> devices_;
};

}  // namespace mmulab
