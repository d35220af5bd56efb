// SPDX-License-Identifier: MIT
// The execution context of one simulated task: the only way in which kernel code, strategies and hardware models
// touch shared simulated state, and the only thing that knows what time is. Source of the idea: DESIGN.md, idea 1.
//
//   const Pte old = ctx.step(zap_clear, writes(pte), [&](Access& a) { return a.exchange(pte, Pte{}); });
//
// One step a full expression: compilers disagree about the order of arguments. Nothing with a destructor that steps.
#pragma once

#include <type_traits>
#include <utility>

#include "sim/exec/fiber.h"
#include "sim/exec/host.h"
#include "sim/exec/mutation.h"
#include "sim/state/world.h"

namespace mmulab {

class EventStream;

/// Shared state as one step may see it: each access is checked against the step's declaration in checking builds.
class Access {
 public:
  Access(Context& context, const Op& op);

  template <class T>
  [[nodiscard]] T read(Cell<T> cell) const {
    check(cell.at, Use::read);
    return world_.load(cell);
  }
  template <class T>
  void write(Cell<T> cell, T value) {
    check(cell.at, Use::write);
    if (observer_ != nullptr) observe(cell.at, WordCodec<T>::encode(value));
    world_.store(cell, value);
  }
  template <class T>
  T exchange(Cell<T> cell, T value) {
    const T old = read(cell);
    write(cell, value);
    return old;
  }
  template <class T>
  T add(Cell<T> cell, T amount) {
    const T sum = static_cast<T>(read(cell) + amount);
    write(cell, sum);
    return sum;
  }

  [[nodiscard]] Context& context() const { return context_; }
  [[nodiscard]] const Label& label() const { return *op_.label; }

 private:
  void check([[maybe_unused]] Location at, [[maybe_unused]] Use use) const {
#ifdef MMULAB_CHECK_FOOTPRINT
    if (!op_.footprint.allows(at, use)) undeclared(at, use);
#endif
  }
  [[noreturn]] void undeclared(Location at, Use use) const;
  void observe(Location at, std::uint64_t value) const;

  Context& context_;
  const Op& op_;
  World& world_;
  StepObserver* observer_;
};

class Context {
 public:
  using Body = void (*)(Context& context, void* argument);

  Context(Host& host, World& world, TaskId task) : host_(host), world_(world), task_(task) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Performs `effect(Access&)` as one atomic step and hands its result back.
  template <class Effect>
  auto step(const Label& label, const Footprint& footprint, Effect&& effect) {
    return perform(make(label, footprint, Guard{}), std::forward<Effect>(effect));
  }
  /// The same, but not before guard(const Access&) holds: a lock, an acknowledgement, a wait. Never a loop of reads.
  template <class Condition, class Effect>
  auto step_when(const Label& label, const Footprint& footprint, const Condition& guard, Effect&& effect) {
    return perform(make(label, footprint, Guard{guard}), std::forward<Effect>(effect));
  }
  /// A step of a user access, whose footprint names this cpu: false, without effect, if an interrupt came first.
  template <class Effect>
  [[nodiscard]] bool step_restartable(const Label& label, const Footprint& footprint, Cycles extra, Effect&& effect) {
    Op op = make(label, footprint, Guard{});
    op.on_interrupt = OnInterrupt::restart;
    op.extra = extra;
    if (!begin(op)) {
      work_before_ += op.work_before;
      return false;
    }
    Access access{*this, op};
    effect(access);
    host_.leave(*this, op);
    return true;
  }
  /// A step that lets no interrupt in while it waits: interrupt entry itself.
  template <class Effect>
  auto step_uninterrupted(const Label& label, const Footprint& footprint, Effect&& effect) {
    Op op = make(label, footprint, Guard{});
    op.on_interrupt = OnInterrupt::ignore;
    return perform(op, std::forward<Effect>(effect));
  }
  /// A step that takes `extra` cycles beyond its label's cost.
  template <class Effect>
  auto step_costing(const Label& label, const Footprint& footprint, Cycles extra, Effect&& effect) {
    Op op = make(label, footprint, Guard{});
    op.extra = extra;
    return perform(op, std::forward<Effect>(effect));
  }

  /// Local work that touches nothing shared: it is added to the next step's cost, and is free when explored.
  void work(Cycles cycles) { work_before_ += cycles; }
  /// One of n possibilities that the hardware or the environment may pick; a branch when explored, seeded when timed.
  std::uint32_t choose(const Label& label, std::uint32_t n) { return n == 1 ? 0 : host_.choose(*this, label, n); }

  [[nodiscard]] CpuId cpu() const { return cpu_; }
  [[nodiscard]] TaskId task() const { return task_; }
  [[nodiscard]] Cycle now() const { return host_.now(*this); }
  [[nodiscard]] Host& host() const { return host_; }
  /// For reading what nobody else can change (own task, constants); never for shared state.
  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] EventStream* events() const { return events_; }
  [[nodiscard]] StepObserver* observer() const { return observer_; }

  // For hosts and the laboratory that assembles them.
  void set_cpu(CpuId cpu) { cpu_ = cpu; }
  void set_events(EventStream* events) { events_ = events; }
  void set_observer(StepObserver* observer) { observer_ = observer; }
  /// Gives the context a stack on which body(*this, argument) will run; body never returns (it retires).
  void prepare(std::size_t stack_bytes, Body body, void* argument);
  [[nodiscard]] Fiber& fiber() { return *fiber_; }
  ~Context();

 private:
  Op make(const Label& label, const Footprint& footprint, Guard guard) {
    Op op;
    op.label = &label;
    op.footprint = footprint;
    op.guard = guard;
    return op;
  }
  bool begin(Op& op) {
#ifdef MMULAB_CHECK_FOOTPRINT
    mutate_declaration(op);
#endif
    op.work_before = work_before_;
    work_before_ = Cycles{};
    return host_.arrive(*this, op);
  }
  template <class Effect>
  auto perform(Op op, Effect&& effect) {
    begin(op);
    Access access{*this, op};
    if constexpr (std::is_void_v<decltype(effect(access))>) {
      effect(access);
      host_.leave(*this, op);
    } else {
      auto result = effect(access);
      host_.leave(*this, op);
      return result;
    }
  }
  static void run_body(void* self);

  Host& host_;
  World& world_;
  TaskId task_;
  CpuId cpu_;
  Cycles work_before_;
  EventStream* events_ = nullptr;
  StepObserver* observer_ = nullptr;
  Fiber* fiber_ = nullptr;
  Body body_ = nullptr;
  void* argument_ = nullptr;
};

inline Access::Access(Context& context, const Op& op)
    : context_(context), op_(op), world_(context.world()), observer_(context.observer()) {}

}  // namespace mmulab
