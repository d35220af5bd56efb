// SPDX-License-Identifier: MIT
// A Host decides when a declared step may take effect. The timed host makes it wait for its cycle, the explored host
// for the explorer's choice; nothing else differs between them.
#pragma once

#include <optional>

#include "sim/exec/footprint.h"
#include "sim/exec/label.h"
#include "sim/units/units.h"

namespace mmulab {

class Access;
class Context;

/// The guard that waits for a count of what is outstanding to be zero.
struct UntilZero {
  Cell<std::uint64_t> count;
  [[nodiscard]] bool operator()(const Access& access) const;
};

/// A callable that is kept by reference while its step waits: it lives on the waiting fiber's stack.
class Guard {
 public:
  Guard() = default;
  template <class F>
  explicit Guard(const F& f) : Guard(f, 0) {}
  explicit Guard(const UntilZero& until) : Guard(until, 0) { count_ = until.count.at; }
  [[nodiscard]] bool always() const { return call_ == nullptr; }
  /// It waits for just this word to be zero.
  [[nodiscard]] bool counts_down(Location at) const { return count_ && *count_ == at; }
  [[nodiscard]] bool holds(const Access& access) const { return call_ == nullptr || call_(object_, access); }

 private:
  template <class F>
  Guard(const F& f, int)
      : object_(&f), call_([](const void* o, const Access& a) { return (*static_cast<const F*>(o))(a); }) {}

  const void* object_ = nullptr;
  bool (*call_)(const void*, const Access&) = nullptr;
  std::optional<Location> count_;
};

/// What an interrupt means to a step that waits: it goes on afterwards, it starts over (its footprint may name the old
/// cpu), or it lets none in (interrupt entry itself).
enum class OnInterrupt : std::uint8_t { resume, restart, ignore };

/// One declared step, before it takes effect.
struct Op {
  const Label* label = nullptr;
  Footprint footprint;
  Guard guard;
  OnInterrupt on_interrupt = OnInterrupt::resume;
  /// Cycles of local work that precede the step (Context::work); free when explored. An interrupt that cuts it short
  /// leaves here what remains.
  Cycles work_before;
  /// Cycles beyond the label's own cost, for costs that depend on data (a walk's depth, a device's answer).
  Cycles extra;
};

/// Watches every step and every store of a run, in (cycle, agent) order. For traces and the parity test.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void on_step(AgentId agent, const Label& label) = 0;
  virtual void on_store(const Label& label, Location at, std::uint64_t old_value, std::uint64_t new_value) = 0;
};

/// The cpu's interrupt line as the kernel model keeps it (models/mm/interrupts.h).
class Interrupts {
 public:
  virtual ~Interrupts() = default;
  /// True if one is pending on `cpu` and the cpu would take it now.
  [[nodiscard]] virtual bool deliverable(CpuId cpu) const = 0;
  /// The words whose change may make deliverable() true.
  [[nodiscard]] virtual Location pending_word(CpuId cpu) const = 0;
  /// Runs the handlers, as steps of `context`, until nothing is deliverable.
  virtual void take(Context& context) = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  /// Blocks until the step may take effect. False: an interrupt intervened and the step asked to be restarted.
  virtual bool arrive(Context& context, Op& op) = 0;
  /// The effect is done, the step is over.
  virtual void leave(Context& context, const Op& op) = 0;
  /// One of n possibilities (n >= 1) that the hardware or the environment may pick.
  virtual std::uint32_t choose(Context& context, const Label& label, std::uint32_t n) = 0;
  /// The cycle at which the context's current step takes effect; 0 throughout when explored.
  [[nodiscard]] virtual Cycle now(const Context& context) const = 0;
  /// Whether time passes here at all; where it does not, nobody waits long enough to be counted.
  [[nodiscard]] virtual bool keeps_time() const = 0;
  /// Continues `to` on the cpu of `from`; returns when `from` is next given a cpu, which may be another one.
  virtual void switch_task(Context& from, Context& to) = 0;
  /// A context that has nothing left to do, ever: its task is dead. Never returns.
  [[noreturn]] virtual void retire(Context& context) = 0;
};

}  // namespace mmulab
