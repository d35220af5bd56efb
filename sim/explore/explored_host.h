// SPDX-License-Identifier: MIT
// The explored host: a step costs nothing, and whoever drives it picks who goes next. It offers the agents' pending
// steps with their footprints and guards, runs one decision at a time, and never looks at a clock.
#pragma once

#include <string>
#include <vector>

#include "sim/exec/fiber_host.h"
#include "sim/exec/store_buffers.h"

namespace mmulab {

/// Told of each fiber just before it goes on: whoever wants to take it back later keeps its image now.
class FiberWatcher {
 public:
  virtual ~FiberWatcher() = default;
  virtual void about_to_run(Context& context) = 0;
};

/// State that follows from other words as everybody sees them, kept up to date beside every step and every device's act
/// that may change these.
class Shadow {
 public:
  virtual ~Shadow() = default;
  /// Whether a step of this footprint may change what it follows from.
  [[nodiscard]] virtual bool follows(const Footprint& footprint) const = 0;
  /// Adds what before() and after() will touch because of the step.
  virtual void declare(Footprint& footprint) const = 0;
  virtual void before(const Footprint& footprint) = 0;
  virtual void after(const Footprint& footprint) = 0;
  /// Something had no room and was left out on the way to the present state: what follows is not all that can happen.
  [[nodiscard]] virtual bool is_cut() const = 0;
  /// Which key brought it about, what there is room for, and what to do.
  [[nodiscard]] virtual std::string limit() const = 0;
};

/// Whether a task's steps are such that hardware acts beside them which acts by itself.
class Company {
 public:
  virtual ~Company() = default;
  [[nodiscard]] virtual bool is_company(AgentId cpu) const = 0;
};

class ExploredHost : public FiberHost {
 public:
  ExploredHost(World& world, std::uint32_t cpus) : FiberHost(world, cpus), pending_(cpus, nullptr) {}
  void set_watcher(FiberWatcher* watcher) { watcher_ = watcher; }
  /// Memory that delays stores; the drain is a device (store_drain.h). Null: sequentially consistent.
  void set_store_buffers(StoreBuffers* buffers, AgentId drain) {
    buffers_ = buffers;
    drain_ = drain;
  }
  void set_shadow(Shadow* shadow) { shadow_ = shadow; }
  [[nodiscard]] const Shadow* shadow() const { return shadow_; }
  /// Spontaneous devices act only as long as somebody else could, who is company.
  void set_company(const Company* company) { company_ = company; }
  [[nodiscard]] StoreBuffers* store_buffers() const { return buffers_; }
  [[nodiscard]] AgentId drain() const { return drain_; }

  bool arrive(Context& context, Op& op) override;
  void leave(Context& context, const Op& op) override;
  std::uint32_t choose(Context& context, const Label& label, std::uint32_t n) override;
  [[nodiscard]] Cycle now(const Context&) const override { return Cycle{steps_}; }
  [[nodiscard]] bool keeps_time() const override { return false; }
  void switch_task(Context& from, Context& to) override;
  [[noreturn]] void retire(Context& context) override;

  /// Runs every placed context up to its first declared step. Call once.
  void start();
  /// The step that the agent would take, or null if its task has retired. Cpus only.
  [[nodiscard]] const Op* pending(AgentId agent) const { return pending_[agent.raw()]; }
  /// True if the agent's pending step has a guard that holds now.
  [[nodiscard]] bool enabled(AgentId agent);
  [[nodiscard]] bool interruptible(AgentId agent);
  /// An interrupt is pending, whether or not the cpu lets it in.
  [[nodiscard]] bool has_interrupt(CpuId cpu) const {
    return interrupts_ != nullptr && world_.load_visible(interrupts_->pending_word(cpu)) != 0;
  }
  /// What makes an interrupt of the cpu possible.
  [[nodiscard]] Footprint interrupt_footprint(CpuId cpu) const {
    return reads_words(interrupts_->pending_word(cpu), 1);
  }
  /// Every decision that is possible now, in a fixed order.
  void list_decisions(std::vector<Decision>& decisions);
  /// Performs one decision; choices inside it come from `choices`, in order (0 once they run out).
  void perform(const Decision& decision, const std::vector<std::uint32_t>& choices = {});
  /// How many possibilities each choice inside the last decision had, in order, and which were picked.
  struct Asked {
    std::uint32_t possibilities;
    std::uint32_t picked;
  };
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
  /// What a device's act will touch.
  [[nodiscard]] Footprint device_footprint(const Decision& decision);
  [[nodiscard]] const Device& device_of(AgentId agent) const { return *devices_[agent.raw() - cpus()].device; }
  [[nodiscard]] const Label& device_label(AgentId agent) { return device(agent).device->label(); }
  [[nodiscard]] bool is_device(AgentId agent) const { return !is_cpu(agent); }
  /// Replays a recorded run; choice decisions follow the step that drew them.
  void replay(const std::vector<Decision>& decisions);

  /// As set: what is told of an execution counts its steps from 1; 0 is before them.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // ---- for whoever takes steps back
  struct CpuState {
    Context* current = nullptr;
    const Op* pending = nullptr;
  };
  [[nodiscard]] CpuState cpu_state(CpuId cpu) const { return {current_[cpu.raw()], pending_[cpu.raw()]}; }
  void restore(CpuId cpu, const CpuState& state) {
    current_[cpu.raw()] = state.current;
    pending_[cpu.raw()] = state.pending;
  }
  /// Watches the acts of devices from here on, too.
  void observe_devices(StepObserver* observer) {
    for (DeviceSlot& slot : devices_) slot.context->set_observer(observer);
  }
  void set_steps(std::uint64_t steps) { steps_ = steps; }
  /// Forgets all contexts and devices; they are to be placed and added again.
  void clear();

 private:
  enum class Order : std::uint8_t { step, interrupt };
  void resume(AgentId agent, Order order);
  void act_shadowed(const Decision& decision);
  void list_units(std::vector<Decision>& decisions, bool spontaneous);
  [[nodiscard]] bool has_company(const std::vector<Decision>& decisions) const;

  Fiber driver_;
  std::vector<const Op*> pending_;
  FiberWatcher* watcher_ = nullptr;
  Shadow* shadow_ = nullptr;
  const Company* company_ = nullptr;
  StoreBuffers* buffers_ = nullptr;
  AgentId drain_ = AgentId::none();
  std::vector<std::uint32_t> choices_;
  std::vector<Asked> asked_;
  std::vector<std::uint32_t> units_;  // scratch
  Order order_ = Order::step;
  std::uint64_t steps_ = 0;
};

}  // namespace mmulab
