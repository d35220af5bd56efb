// SPDX-License-Identifier: MIT
// The timed host: every step costs cycles, and everything happens in (cycle, agent) order. The machine is a SystemC
// design; one SC_THREAD a core (sim/timed/core_module.h) resumes the fibers of the core's cpus and is the only code
// that calls wait(). With lookahead on, SystemC is bypassed while nothing in it is due: one thread then resumes the
// fibers of all cores. Same order, fewer switches.
//
// A step has one event, its completion; if a declared line is not held it has two, issue and completion. Its guard is
// tested at completion; a guard that fails parks the cpu until a declared word changes (spinning is a guard). Local
// work before a step is a wait that an interrupt ends early: what remains of it is done afterwards.
#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/exec/fiber_host.h"
#include "sim/timed/gate.h"
#include "sim/timed/pricing.h"
#include "sim/timed/sequencer.h"

namespace mmulab {

struct TimedOptions {
  bool lookahead = true;
  std::uint64_t seed = 1;
  /// No event at or beyond this cycle happens.
  Cycle until = never;
};

/// A stretch of user accesses that a core can run by itself, without its fiber: see TimedHost::run_ahead.
class PrivateRun {
 public:
  virtual ~PrivateRun() = default;
  /// Performs accesses that complete before `horizon`, as long as each is private to the core and nobody waits for
  /// its events. Returns the cycle reached; sets `blocked` if the next access needs the fiber (or there is none left).
  virtual Cycle advance(Cycle now, Cycle horizon, bool& blocked) = 0;
  /// When the next access, begun now, completes, if it is one step and has all that it needs; else never. Where
  /// somebody takes that away meanwhile it fails at that cycle, without effect. Of an access that advance() came to.
  [[nodiscard]] virtual Cycle next_end(Cycle now) const = 0;
};

class TimedHost : public FiberHost {
 public:
  enum class Ending : std::uint8_t { running, idle, until, stopped };

  /// `core_of[cpu]`; devices are added afterwards, then seal().
  TimedHost(World& world, Pricing& pricing, std::vector<CoreId> core_of, TimedOptions options);
  ~TimedHost() override;

  bool arrive(Context& context, Op& op) override;
  void leave(Context& context, const Op& op) override;
  std::uint32_t choose(Context& context, const Label& label, std::uint32_t n) override;
  [[nodiscard]] Cycle now(const Context& context) const override;
  [[nodiscard]] bool keeps_time() const override { return true; }
  [[noreturn]] void retire(Context& context) override;

  /// A device's unit acts at `at`, which lies after the present step.
  void post(AgentId device, Cycle at, std::uint32_t unit);
  /// Lets `run` go on by itself as far as nobody else could matter; returns when it is blocked or interrupted.
  void run_ahead(Context& context, PrivateRun& run);
  /// True if steps may be skipped over by run_ahead; off whenever lookahead is off or every step is observed.
  [[nodiscard]] bool may_run_ahead() const {
    return options_.lookahead && gate_ == nullptr && observer_ == nullptr && record_ == nullptr;
  }

  /// No event after the present one happens any more.
  void stop() { stopping_ = true; }
  void record_decisions(std::vector<Decision>* record) { record_ = record; }
  /// Called now and then with the present cycle (progress, signals); costs nothing measurable.
  void set_heartbeat(std::function<void(Cycle)> heartbeat) { heartbeat_ = std::move(heartbeat); }

  /// Follows these decisions and none else; ends (stopped) behind the last one. Before seal().
  void follow(std::vector<Decision> decisions) { gate_ = std::make_unique<Gate>(std::move(decisions)); }
  /// How many of them have been performed.
  [[nodiscard]] std::size_t followed() const { return gate_ == nullptr ? 0 : gate_->passed(); }

  /// Fixes the set of agents; every placed context starts at cycle 0.
  void seal();
  /// The body of core `core`'s SC_THREAD.
  void run_core(CoreId core);
  [[nodiscard]] std::uint32_t cores() const { return cores_; }
  [[nodiscard]] Ending ending() const { return ending_; }
  /// The cycle of the last event that happened.
  [[nodiscard]] Cycle reached() const { return reached_; }
  /// Steps that took effect; accesses of run-ahead are not among them.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  /// The label of the step whose guard the cpu waits for; empty if it does not wait.
  [[nodiscard]] std::string waiting_for(CpuId cpu) const { return agents_[cpu.raw()].waits_in; }

 private:
  struct CoreThread;
  struct Agent {
    Cycle now;
    CoreId core;
    bool parked = false;
    bool retired = false;
    bool at_gate = false;
    PrivateRun* run = nullptr;
    Cycle run_ends = never;     ///< the run's next access, if it waits for its turn
    bool attempt_begun = false; ///< the fiber's next step goes on with such an access: interrupts were heeded before
    bool alone = true;          ///< on its core: nobody else replaces what its private accesses need
    std::uint64_t choices = 0;
    std::vector<Location> waits_for;
    std::string waits_in;
  };
  struct Posted {
    Cycle at;
    std::uint32_t unit;
    friend bool operator>(const Posted& a, const Posted& b) { return a.at != b.at ? a.at > b.at : a.unit > b.unit; }
  };
  using DeviceQueue = std::priority_queue<Posted, std::vector<Posted>, std::greater<>>;

  [[nodiscard]] Agent& agent_of(const Context& context) { return agents_[context.cpu().raw()]; }
  static AgentId id_of(const Context& context) { return AgentId{context.cpu().raw()}; }
  bool take_interrupts(Context& context);
  [[nodiscard]] bool interrupted(const Context& context, const Op& op) const {
    return op.on_interrupt != OnInterrupt::ignore && interrupts_ != nullptr && interrupts_->deliverable(context.cpu());
  }
  [[nodiscard]] bool is_turn(AgentId agent, Cycle at) const {
    return !stopping_ && at < options_.until && sequencer_->top() == agent && !systemc_is_due(at);
  }
  void await_turn(Context& context, Cycle at, Cycle bound);
  bool work(Context& context, Op& op);
  void park(Context& context, const Op& op);
  void listen(Agent& agent, std::uint32_t cpu);
  void stop_listening(Agent& agent, std::uint32_t cpu);
  void unpark(std::uint32_t cpu, Cycle at);
  [[nodiscard]] Cycle run_limit(AgentId agent) const;
  void wake_waiters(const Footprint& footprint, Cycle at);
  void wake_waiters(Location place, Cycle at);
  void leave_fiber(Context& context);
  [[nodiscard]] bool systemc_is_due(Cycle at) const;
  void ask_systemc();
  bool pass_gate(Context& context, Op& op);
  void pass_head(Cycle at);
  void admit_head();
  [[nodiscard]] std::uint32_t take_unit(AgentId agent);
  void fire_device(AgentId agent, Cycle at);
  [[nodiscard]] bool may_advance(AgentId agent) const;
  void advance_private_run(AgentId agent);
  void end_private_access(AgentId agent);
  void run_agent(CoreThread& core, AgentId agent);
  void hand_over(CoreThread& from, CoreThread& to, Cycle at);
  void finish(Ending ending);
  void note(Decision::Kind kind, AgentId agent, std::uint32_t value = 0) {
    if (record_ != nullptr) record_->push_back({kind, agent, value});
  }

  Pricing& pricing_;
  TimedOptions options_;
  std::uint32_t cores_ = 0;
  std::vector<Agent> agents_;
  std::vector<DeviceQueue> queues_;
  std::unique_ptr<Sequencer> sequencer_;
  std::vector<std::unique_ptr<CoreThread>> threads_;
  Fiber* carrier_ = nullptr;  // the thread that lends its stack: the core's own, with lookahead any core's
  std::vector<std::uint32_t> waits_in_;  // by stretch of words: how often somebody is parked on one of them
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> waiters_;
  std::vector<Decision>* record_ = nullptr;
  std::unique_ptr<Gate> gate_;
  std::function<void(Cycle)> heartbeat_;
  Cycle systemc_now_;           // with lookahead: its present cycle, and that of its next event
  Cycle systemc_next_ = never;
  Cycle device_now_;
  Cycle reached_;
  std::uint64_t steps_ = 0;
  Ending ending_ = Ending::running;
  bool stopping_ = false;
};

}  // namespace mmulab
