// SPDX-License-Identifier: MIT
// The execution context of one simulated task: the only way in which kernel code, strategies and hardware models
// touch shared simulated state, and the only thing that knows what time is. Source of the idea: DESIGN.md, idea 1.
//
//   const Pte old = ctx.step(zap_clear, writes(pte), [&](Access& a) { return a.exchange(pte, Pte{}); });
//
// One step a full expression: compilers disagree about the order of arguments. Nothing with a destructor that steps.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "sim/exec/fiber.h"
#include "sim/exec/history.h"
#include "sim/exec/host.h"
#include "sim/exec/mutation.h"
#include "sim/exec/store_buffers.h"
#include "sim/state/world.h"

namespace mmulab {

class EventStream;

/// Shared state as one step may see it: each access is checked against the step's declaration in checking builds.
class Access {
 public:
  /// Whether the task is to remember all that is read.
  enum class Reads : std::uint8_t { forgotten, remembered };
  Access(Context& context, const Op& op, Reads reads = Reads::forgotten);

  template <class T>
  [[nodiscard]] T read(Cell<T> cell) const {
    check(cell.at, Use::read);
    const T value = world_.load(cell);
    if (tells_reads_) tell(value);
    return value;
  }
  template <class T>
  void write(Cell<T> cell, T value) {
    check(cell.at, Use::write);
    put(cell, value);
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

  /// Adds. Whoever looks at the sum must need it only after somebody has written the word otherwise (a waiter that has
  /// queued up): until then additions change places freely.
  template <class T>
  T count(Cell<T> cell, T amount) {
    check(cell.at, Use::count);
    const T sum = static_cast<T>(world_.load(cell) + amount);
    put(cell, sum);
    return sum;
  }
  /// Adds to a count of references. Of the sum the step may tell whether none is left, and nothing else.
  template <class T>
  T tally(Cell<T> cell, T amount) {
    check(cell.at, Use::tally);
    const T sum = static_cast<T>(world_.load(cell) + amount);
    put(cell, sum);
    return sum;
  }
  /// An update: what it reads, and what it makes of that. What all of a step's updates do together must be the same as
  /// what another step's do, whichever of the two comes first.
  template <class T>
  [[nodiscard]] T look(Cell<T> cell) const {
    check(cell.at, Use::update);
    return world_.load(cell);
  }
  template <class T>
  void update(Cell<T> cell, T value) {
    check(cell.at, Use::update);
    put(cell, value);
  }

  /// For what leaves the step otherwise than as its result: the task remembers it.
  template <class T>
  T keep(T value) const;

  [[nodiscard]] Context& context() const { return context_; }
  [[nodiscard]] const Label& label() const { return *op_.label; }

 private:
  void check([[maybe_unused]] Location at, [[maybe_unused]] Use use) const {
#ifdef MMULAB_CHECK_FOOTPRINT
    if (!op_.footprint.allows(at, use)) undeclared(at, use);
#endif
  }
  template <class T>
  void put(Cell<T> cell, T value) {
    if (observer_ != nullptr) observe(cell.at, WordCodec<T>::encode(value));
    if (buffers_ != nullptr) buffers_->store(storer(), cell.at, WordCodec<T>::encode(value));
    else world_.store(cell, value);
  }
  template <class T>
  void tell(const T& value) const;
  [[noreturn]] void undeclared(Location at, Use use) const;
  void observe(Location at, std::uint64_t value) const;
  [[nodiscard]] StoreBuffers::Storer storer() const;

  Context& context_;
  const Op& op_;
  World& world_;
  StepObserver* observer_;
  StoreBuffers* buffers_;  ///< of a step whose stores may be delayed; else null
  bool tells_reads_;
};

/// Whether a task's history is kept, and whether conclusions shorten it.
enum class Remembering : std::uint8_t { nothing, needed, everything };

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
  /// A step of a user access, whose footprint names this cpu: false, without effect, if an interrupt came first. An
  /// effect with a result tells that; whether an interrupt came first is known from there being one.
  template <class Effect>
  [[nodiscard]] auto step_restartable(const Label& label, const Footprint& footprint, Cycles extra, Effect&& effect) {
    Op op = make(label, footprint, Guard{});
    op.on_interrupt = OnInterrupt::restart;
    op.extra = extra;
    using Result = decltype(effect(std::declval<Access&>()));
    const bool in_time = begin(op);
    if (!in_time) {
      work_before_ += op.work_before;
      learn(false);
    }
    if constexpr (std::is_void_v<Result>) {
      if (!in_time) return false;
      Access access{*this, op, Access::Reads::remembered};
      effect(access);
      learn_that_it_was_made();
      host_.leave(*this, op);
      return true;
    } else {
      if (!in_time) return std::optional<Result>{};
      Access access{*this, op, reads_told(Access::Reads::forgotten)};
      const Result result = effect(access);
      learn_that_it_was_made();
      learn(result);
      host_.leave(*this, op);
      return std::optional<Result>{result};
    }
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
  /// Where the stores of this context's steps wait until they are visible; null if memory is sequentially consistent.
  [[nodiscard]] StoreBuffers* store_buffers() const { return store_buffers_; }

  // For hosts and the laboratory that assembles them.
  void set_cpu(CpuId cpu) { cpu_ = cpu; }
  void set_remembering(Remembering remembering) { remembering_ = remembering; }
  [[nodiscard]] Remembering remembering() const { return remembering_; }
  [[nodiscard]] History& history() { return history_; }
  template <class T>
  void learn(const T& value) {
    if (remembering_ != Remembering::nothing) history_.learn(value);
  }
  /// How far the task has come in its program: tells the same step apart in different operations.
  [[nodiscard]] std::uint32_t progress() const { return progress_; }
  /// Nothing is left of the program.
  static constexpr std::uint32_t done = ~std::uint32_t{0};
  void set_progress(std::uint32_t progress) { progress_ = progress; }
  /// Whether an interrupt's handler is what runs on this stack now.
  [[nodiscard]] bool in_interrupt() const { return in_interrupt_; }
  void set_in_interrupt(bool in_interrupt) { in_interrupt_ = in_interrupt; }
  void set_events(EventStream* events) { events_ = events; }
  void set_observer(StepObserver* observer) { observer_ = observer; }
  void set_store_buffers(StoreBuffers* buffers) { store_buffers_ = buffers; }
  /// Gives the context a stack on which body(*this, argument) will run; body never returns (it retires).
  void prepare(std::size_t stack_bytes, Body body, void* argument);
  /// Its body, which has been left for good, begins anew when the context is next switched to. Timed only: what a host
  /// knows of stacks to go back to would be of another one.
  void begin_again();
  [[nodiscard]] Fiber& fiber() { return *fiber_; }
  /// What a switch to the context goes on with.
  [[nodiscard]] Fiber& next_fiber() {
    if (begins_again_) renew();
    return *fiber_;
  }
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
    using Result = decltype(effect(std::declval<Access&>()));
    if constexpr (std::is_void_v<Result>) {
      Access access{*this, op, reads_told(Access::Reads::forgotten)};
      effect(access);
      learn_that_it_was_made();
      host_.leave(*this, op);
    } else {
      constexpr bool known = History::knows<Result>();
      Access access{*this, op, reads_told(known ? Access::Reads::forgotten : Access::Reads::remembered)};
      auto result = effect(access);
      if constexpr (known) learn(result);
      host_.leave(*this, op);
      return result;
    }
  }
  /// What a step tells that has no result: in which turn of its loop the task is.
  void learn_that_it_was_made() { learn(true); }
  [[nodiscard]] Access::Reads reads_told(Access::Reads needed) const {
    return remembering_ == Remembering::everything ? Access::Reads::remembered : needed;
  }
  static void run_body(void* self);
  void renew();

  Host& host_;
  World& world_;
  TaskId task_;
  CpuId cpu_;
  Cycles work_before_;
  EventStream* events_ = nullptr;
  StepObserver* observer_ = nullptr;
  StoreBuffers* store_buffers_ = nullptr;
  Fiber* fiber_ = nullptr;
  History history_;
  Remembering remembering_ = Remembering::nothing;
  bool in_interrupt_ = false;
  std::uint32_t progress_ = 0;
  Body body_ = nullptr;
  void* argument_ = nullptr;
  std::size_t stack_bytes_ = 0;
  bool begins_again_ = false;
};

template <class T>
void Access::tell(const T& value) const {
  if constexpr (History::knows<T>()) context_.learn(value);
  else static_assert(sizeof(T) == 0, "a cell's type is a word");
}

template <class T>
T Access::keep(T value) const {
  context_.learn(value);
  return value;
}

/// A stretch of code, mostly a function's body, whose only effect on what follows it in its task is its result: when it
/// ends, the task remembers that result, and none of what was learned on the way.
///   const Conclusion only(ctx); ... return only(frame);
class Conclusion {
 public:
  explicit Conclusion(Context& ctx) : ctx_(ctx), before_(ctx.history()), told_(before_) {}
  Conclusion(const Conclusion&) = delete;
  Conclusion& operator=(const Conclusion&) = delete;
  ~Conclusion() {
    if (ctx_.remembering() == Remembering::needed) ctx_.history() = told_;
  }
  /// Notes a result, or a variable of the caller's that was changed.
  template <class T>
  T operator()(T value) {
    told_.learn(value);
    return value;
  }
  /// No local is alive here but `values`, and those of callers: a loop's head.
  template <class... T>
  void forget_all_but(const T&... values) const {
    if (ctx_.remembering() != Remembering::needed) return;
    ctx_.history() = before_;
    (ctx_.history().learn(values), ...);
  }

 private:
  Context& ctx_;
  History before_;
  History told_;
};

inline Access::Access(Context& context, const Op& op, Reads reads)
    : context_(context),
      op_(op),
      world_(context.world()),
      observer_(context.observer()),
      buffers_(may_be_delayed(op.label->ordering()) ? context.store_buffers() : nullptr),
      tells_reads_(reads == Reads::remembered && context.remembering() != Remembering::nothing) {}

}  // namespace mmulab
