// SPDX-License-Identifier: MIT
#include "sim/timed/timed_host.h"

#include <algorithm>
#include <systemc>
#include <utility>

#include "sim/units/mix.h"

namespace mmulab {
namespace {

/// Private stretches are cut here so that signals and progress are served; results do not depend on it.
constexpr Cycles run_chunk{4'000'000};
constexpr std::uint64_t heartbeat_steps = 1U << 16;
/// Stores look so many words at once up among those that somebody waits for.
constexpr std::uint32_t stretch_words = 64;

sc_core::sc_time systemc_time(std::uint64_t cycles) { return {static_cast<double>(cycles), sc_core::SC_NS}; }
std::uint64_t systemc_cycle() { return sc_core::sc_time_stamp().value() / 1000; }

}  // namespace

struct TimedHost::CoreThread {
  CoreId id;
  sc_core::sc_event wake;
  Fiber fiber;
};

TimedHost::TimedHost(World& world, Pricing& pricing, std::vector<CoreId> core_of, TimedOptions options)
    : FiberHost(world, static_cast<std::uint32_t>(core_of.size())), pricing_(pricing), options_(options) {
  for (CoreId core : core_of) {
    Agent agent;
    agent.core = core;
    agents_.push_back(agent);
    cores_ = std::max(cores_, core.raw() + 1);
  }
}

TimedHost::~TimedHost() = default;

void TimedHost::seal() {
  std::vector<std::uint32_t> domain_of;
  for (const Agent& agent : agents_) domain_of.push_back(agent.core.raw());
  for (std::size_t cpu = 1; cpu < agents_.size(); ++cpu)
    if (agents_[cpu].core == agents_[cpu - 1].core) agents_[cpu].alone = agents_[cpu - 1].alone = false;
  for (std::uint32_t d = 0; d < devices_.size(); ++d) domain_of.push_back(cores_ + d);
  queues_.resize(devices_.size());
  sequencer_ = std::make_unique<Sequencer>(std::move(domain_of));
  waits_in_.assign(world_.size_words() / stretch_words + 1, 0);
  for (std::uint32_t c = 0; c < cores_; ++c) {
    threads_.push_back(std::make_unique<CoreThread>());
    threads_.back()->id = CoreId{c};
  }
  for (std::uint32_t cpu = 0; cpu < cpus(); ++cpu)
    if (current_[cpu] != nullptr) sequencer_->set(AgentId{cpu}, Cycle{0}, Cycle{0});
}

// ---------------------------------------------------------------------------------------------------- steps

bool TimedHost::take_interrupts(Context& context) {
  if (interrupts_ == nullptr || !interrupts_->deliverable(context.cpu())) return false;
  note(Decision::Kind::interrupt, id_of(context));
  interrupts_->take(context);
  return true;
}

bool TimedHost::arrive(Context& context, Op& op) {
  for (;;) {
    if (gate_ != nullptr) {
      if (!pass_gate(context, op)) return false;
    } else if (std::exchange(agent_of(context).attempt_begun, false)) {
      // Between an attempt's beginning and its end no interrupt is taken.
    } else if (op.on_interrupt != OnInterrupt::ignore && take_interrupts(context)) {
      if (op.on_interrupt == OnInterrupt::restart) return false;
      continue;
    }
    if (op.work_before != Cycles{} && !work(context, op)) continue;
    Agent& agent = agent_of(context);
    const Cycles cost = pricing_.cost(*op.label) + op.extra;
    Cycle ready = agent.now;
    const bool fetches = !pricing_.holds(agent.core, op.footprint);
    // What a user access does with lines that its core holds concerns nobody else; a line that moves does.
    const Cycles reach = op.label->phase() == Phase::user ? pricing_.least_latency() : Cycles{};
    if (fetches) {
      await_turn(context, ready, ready + reach);
      ready = pricing_.fetch(agent.core, op.footprint, ready);
      ask_systemc();
    }
    await_turn(context, ready + cost, ready + cost + (fetches ? Cycles{} : reach));
    if (fetches) pricing_.complete(agent.core, op.footprint);
    agent.now = ready + cost;
    reached_ = agent.now;
    if (op.guard.always() || op.guard.holds(Access{context, op})) break;
    // An interrupt that came while the attempt was under way is taken now: nobody would wake us for it.
    if (!interrupted(context, op)) park(context, op);
  }
  note(Decision::Kind::step, id_of(context));
  if (observer_ != nullptr) observer_->on_step(id_of(context), *op.label);
  return true;
}

void TimedHost::leave(Context& context, const Op& op) {
  wake_waiters(op.footprint, agent_of(context).now);
  if (gate_ != nullptr) pass_head(agent_of(context).now);
  if (++steps_ % heartbeat_steps == 0 && heartbeat_) heartbeat_(reached_);
}

/// Returns when (at, agent) is the next event of all and SystemC's own time has no claim before it.
void TimedHost::await_turn(Context& context, Cycle at, Cycle bound) {
  const AgentId id = id_of(context);
  sequencer_->set(id, at, bound);
  while (!is_turn(id, at)) leave_fiber(context);
}

/// The local work before a step. False: an interrupt came, and op.work_before is what remains.
bool TimedHost::work(Context& context, Op& op) {
  const AgentId id = id_of(context);
  Agent& agent = agents_[id.raw()];
  const Cycle end = agent.now + op.work_before;
  agent.waits_for.clear();
  if (op.on_interrupt != OnInterrupt::ignore) listen(agent, id.raw());
  agent.parked = true;
  sequencer_->set(id, end, end);
  while (agent.parked && !is_turn(id, end)) leave_fiber(context);
  const bool done = agent.parked;
  if (done) {
    stop_listening(agent, id.raw());
    agent.now = end;
  }
  op.work_before = agent.now < end ? end - agent.now : Cycles{};
  return done;
}

bool TimedHost::systemc_is_due(Cycle at) const {
  if (!options_.lookahead) return systemc_cycle() < at.raw();
  return systemc_next_ <= at && systemc_now_ < at;
}

/// Asking SystemC is slow, and its answer changes only where its own code has run: while we waited, or in a memory
/// target that moved a line.
void TimedHost::ask_systemc() {
  systemc_now_ = Cycle{systemc_cycle()};
  const sc_core::sc_time wait = sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
  const bool pending = wait < sc_core::sc_max_time() - sc_core::sc_time_stamp();
  systemc_next_ = pending ? systemc_now_ + Cycles{wait.value() / 1000} : never;
}

void TimedHost::leave_fiber(Context& context) {
  Fiber::jump(context.fiber(), *carrier_);
}

Cycle TimedHost::now(const Context& context) const {
  return context.cpu().exists() ? agents_[context.cpu().raw()].now : device_now_;
}

void TimedHost::retire(Context& context) {
  const AgentId id = id_of(context);
  agents_[id.raw()].retired = true;
  sequencer_->set(id, never, never);
  for (;;) leave_fiber(context);
}

/// Counter-based, one stream an agent: what one agent draws never depends on what another one does.
std::uint32_t TimedHost::choose(Context& context, const Label& label, std::uint32_t n) {
#ifdef MMULAB_CHECK_FOOTPRINT
  observe_choice(label);
#endif
  if (gate_ != nullptr) return gate_->next_pick(n);
  Agent& agent = agent_of(context);
  std::uint64_t name = 0;
  for (char c : label.name()) name = name * 131 + static_cast<unsigned char>(c);
  const std::uint64_t counter = (std::uint64_t{id_of(context).raw()} << 40) + agent.choices++;
  const std::uint64_t draw = mix(options_.seed * 0x9e3779b97f4a7c15ULL ^ mix(name) ^ mix(counter));
  const auto pick = static_cast<std::uint32_t>(draw % n);
  note(Decision::Kind::choice, id_of(context), pick);
  return pick;
}

// ---------------------------------------------------------------------------------------------------- waiting

void TimedHost::park(Context& context, const Op& op) {
  const AgentId id = id_of(context);
  Agent& agent = agents_[id.raw()];
  agent.waits_for.clear();
  for (const Touch& touch : op.footprint)
    for (std::uint32_t w = 0; w < touch.words; ++w) agent.waits_for.push_back(Location{touch.first.raw() + w});
  listen(agent, id.raw());
  agent.parked = true;
  agent.waits_in = op.label->name();
  sequencer_->set(id, never, never);
  while (agents_[id.raw()].parked) leave_fiber(context);
}

/// From now on stores to the words of waits_for, and interrupts, wake the cpu.
void TimedHost::listen(Agent& agent, std::uint32_t cpu) {
  if (interrupts_ != nullptr) agent.waits_for.push_back(interrupts_->pending_word(CpuId{cpu}));
  for (Location at : agent.waits_for) {
    waiters_[at.raw()].push_back(cpu);
    ++waits_in_[at.raw() / stretch_words];
  }
}

void TimedHost::stop_listening(Agent& agent, std::uint32_t cpu) {
  for (Location place : agent.waits_for) {
    auto& list = waiters_[place.raw()];
    const auto gone = std::remove(list.begin(), list.end(), cpu);
    waits_in_[place.raw() / stretch_words] -= static_cast<std::uint32_t>(list.end() - gone);
    list.erase(gone, list.end());
  }
  agent.parked = false;
  agent.waits_in.clear();
}

void TimedHost::unpark(std::uint32_t cpu, Cycle at) {
  Agent& agent = agents_[cpu];
  stop_listening(agent, cpu);
  // One cycle at least between agents: otherwise a lower id would act before the event that woke it.
  agent.now = std::max(agent.now, at + Cycles{1});
  sequencer_->set(AgentId{cpu}, agent.now, agent.now);
}

void TimedHost::wake_waiters(const Footprint& footprint, Cycle at) {
  for (const Touch& touch : footprint) {
    if (touch.use == Use::read) continue;
    const std::uint32_t end = touch.first.raw() + touch.words;
    for (std::uint32_t word = touch.first.raw(); word < end; ++word) {
      if (waits_in_[word / stretch_words] == 0) word |= stretch_words - 1;
      else wake_waiters(Location{word}, at);
    }
  }
}

void TimedHost::wake_waiters(Location place, Cycle at) {
  const auto waiting = waiters_.find(place.raw());
  if (waiting == waiters_.end()) return;
  const std::vector<std::uint32_t> woken = waiting->second;
  for (std::uint32_t cpu : woken) {
    const bool interrupt_only = interrupts_ != nullptr && interrupts_->pending_word(CpuId{cpu}) == place;
    if (!interrupt_only || interrupts_->deliverable(CpuId{cpu})) unpark(cpu, at);
  }
}

// ---------------------------------------------------------------------------------------------------- devices

void TimedHost::post(AgentId agent, Cycle at, std::uint32_t unit) {
  DeviceQueue& queue = queues_[agent.raw() - cpus()];
  queue.push({at, unit});
  if (gate_ != nullptr) return admit_head();
  sequencer_->set(agent, queue.top().at, queue.top().at);
}

void TimedHost::fire_device(AgentId agent, Cycle at) {
  DeviceQueue& queue = queues_[agent.raw() - cpus()];
  const std::uint32_t unit = gate_ != nullptr ? take_unit(agent) : queue.top().unit;
  if (gate_ == nullptr) queue.pop();
  device_now_ = at;
  reached_ = at;
  note(Decision::Kind::device, agent, unit);
  const Footprint footprint = device(agent).device->footprint(unit);
  act(agent, unit);
  const Cycle next = queue.empty() || gate_ != nullptr ? never : queue.top().at;
  sequencer_->set(agent, next, next);
  wake_waiters(footprint, at);
  if (gate_ != nullptr) pass_head(at);
}

// ---------------------------------------------------------------------------------------------------- run-ahead

Cycle TimedHost::run_limit(AgentId agent) const {
  Cycle limit = std::min(sequencer_->horizon(agent), options_.until);
  return std::min(std::min(limit, systemc_next_), agents_[agent.raw()].now + run_chunk);
}

void TimedHost::run_ahead(Context& context, PrivateRun& run) {
  const AgentId id = id_of(context);
  Agent& agent = agents_[id.raw()];
  agent.run = &run;
  sequencer_->set(id, agent.now, agent.now + pricing_.least_latency());
  while (agent.run != nullptr) {
    if (may_advance(id)) advance_private_run(id);
    else leave_fiber(context);
  }
}

bool TimedHost::may_advance(AgentId id) const {
  const Agent& agent = agents_[id.raw()];
  if (agent.run_ends != never) return is_turn(id, agent.run_ends);
  return sequencer_->top() == id && !stopping_ && agent.now < options_.until;
}

/// Called for the agent whose turn it is, from its own fiber or from any core's thread: it needs no fiber.
void TimedHost::advance_private_run(AgentId id) {
  Agent& agent = agents_[id.raw()];
  if (agent.run_ends != never) return end_private_access(id);
  bool blocked = !may_run_ahead() || (interrupts_ != nullptr && interrupts_->deliverable(CpuId{id.raw()}));
  if (!blocked) {
    const Cycle before = agent.now;
    agent.now = agent.run->advance(agent.now, run_limit(id), blocked);
    // No room to run ahead although it is our turn: the next access is made in order.
    if (agent.now == before) {
      if (!blocked && agent.alone) agent.run_ends = agent.run->next_end(agent.now);
      if (agent.run_ends != never)
        return sequencer_->set(id, agent.run_ends, agent.run_ends + pricing_.least_latency());
      blocked = true;
    }
    reached_ = std::max(reached_, agent.now);
  }
  sequencer_->set(id, agent.now, blocked ? agent.now : agent.now + pricing_.least_latency());
  if (blocked) agent.run = nullptr;
  if (heartbeat_) heartbeat_(reached_);
}

/// As a step would, the access takes effect in its turn, with what is there by then.
void TimedHost::end_private_access(AgentId id) {
  Agent& agent = agents_[id.raw()];
  const Cycle end = std::exchange(agent.run_ends, never);
  bool blocked = false;
  const bool made = agent.run->advance(agent.now, end + Cycles{1}, blocked) == end;
  if (!made && blocked && agent.run->next_end(agent.now) == end) {
    // Somebody waits for its events by now.
    agent.attempt_begun = true;
  } else {
    agent.now = end;
    reached_ = std::max(reached_, end);
    sequencer_->set(id, end, blocked ? end : end + pricing_.least_latency());
  }
  if (blocked) agent.run = nullptr;
}

// ---------------------------------------------------------------------------------------------------- cores

void TimedHost::run_core(CoreId core) {
  CoreThread& self = *threads_[core.raw()];
  if (core.raw() != 0) sc_core::wait(self.wake);
  ask_systemc();
  for (;;) {
    const AgentId next = sequencer_->top();
    const Cycle at = sequencer_->key(next);
    if (stopping_) finish(Ending::stopped);
    else if (at == never) finish(Ending::idle);
    else if (at >= options_.until) finish(Ending::until);
    if (ending_ != Ending::running) return;
    if (!is_cpu(next)) {
      fire_device(next, at);
      continue;
    }
    const Agent& agent = agents_[next.raw()];
    if (agent.run != nullptr && (agent.run_ends == never || !systemc_is_due(at))) {
      advance_private_run(next);
      continue;
    }
    CoreThread& owner = *threads_[agent.core.raw()];
    if (systemc_is_due(at) && (options_.lookahead || &owner == &self)) {
      sc_core::wait(systemc_time(at.raw() - systemc_cycle()));
      ask_systemc();
    } else if (!options_.lookahead && &owner != &self) {
      hand_over(self, owner, at);
    } else {
      carrier_ = &self.fiber;
      Fiber::jump(self.fiber, current_[next.raw()]->fiber());
    }
    if (ending_ != Ending::running) return;
  }
}

void TimedHost::hand_over(CoreThread& from, CoreThread& to, Cycle at) {
  const std::uint64_t present = systemc_cycle();
  to.wake.notify(at.raw() > present ? systemc_time(at.raw() - present) : sc_core::SC_ZERO_TIME);
  sc_core::wait(from.wake);
}

void TimedHost::finish(Ending ending) {
  ending_ = ending;
  sc_core::sc_stop();
}

}  // namespace mmulab
