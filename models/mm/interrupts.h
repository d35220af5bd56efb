// SPDX-License-Identifier: MIT
// The cpu's interrupt line: vectors pending, whether the running task lets them in, and the handlers. Handlers run
// as steps of the interrupted task, with interrupts off, lowest vector first; nesting is not modelled. Source: the
// entry code of each architecture, reduced to its cost (kernel.cost.irq_entry, irq_exit).
#pragma once

#include <array>
#include <functional>

#include "models/mm/state.h"
#include "sim/events/stream.h"

namespace mmulab {

inline constexpr std::size_t vectors = 8;

/// How one cpu interrupts another; the machine's fabric implements it.
class IpiSender {
 public:
  virtual ~IpiSender() = default;
  /// Puts `vector` on the wire to `target`: one step, arrival later. The sender does not wait.
  virtual void send(Context& ctx, CpuId target, Vector vector) = 0;
};

class KernelInterrupts : public Interrupts {
 public:
  using Handler = std::function<void(Context&)>;

  explicit KernelInterrupts(const KernelState& state, const World& world) : state_(state), world_(world) {}
  void set_handler(Vector vector, Handler handler) {
    handlers_[static_cast<std::size_t>(vector)] = std::move(handler);
  }
  /// Runs after the last handler, with interrupts on again: the preemption point on return from interrupt.
  void set_on_exit(std::function<void(Context&, bool to_user)> on_exit) { on_exit_ = std::move(on_exit); }

  [[nodiscard]] bool deliverable(CpuId cpu) const override {
    if (world_.load(state_.cpu_pending(cpu)) == 0) return false;
    return world_.load(state_.task_irqs_off(world_.load(state_.cpu_current(cpu)))) == 0;
  }
  [[nodiscard]] Location pending_word(CpuId cpu) const override { return state_.cpu_pending(cpu).at; }
  void take(Context& ctx) override;

 private:
  const KernelState& state_;
  const World& world_;
  std::array<Handler, vectors> handlers_;
  std::function<void(Context&, bool)> on_exit_;
};

}  // namespace mmulab
