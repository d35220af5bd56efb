// SPDX-License-Identifier: MIT
// The timed host's part in following a schedule (gate.h).
#include <algorithm>

#include "sim/timed/timed_host.h"

namespace mmulab {

/// Waits until the step, or an interrupt before it, is next. False: an interrupt was taken and the step starts over.
bool TimedHost::pass_gate(Context& context, Op& op) {
  const auto is_ours = [&](Decision::Kind kind) { return gate_->is_head(kind, id_of(context)); };
  for (;;) {
    while (!is_ours(Decision::Kind::step) && !is_ours(Decision::Kind::interrupt)) {
      const AgentId id = id_of(context);
      agents_[id.raw()].at_gate = true;
      sequencer_->set(id, never, never);
      admit_head();
      leave_fiber(context);
    }
    Agent& agent = agent_of(context);
    agent.at_gate = false;
    agent.now = std::max(agent.now, gate_->earliest());
    if (is_ours(Decision::Kind::step)) {
      agent.now += op.work_before;
      op.work_before = Cycles{};
      return true;
    }
    note(Decision::Kind::interrupt, id_of(context));
    pass_head(agent.now);
    interrupts_->take(context);
    if (op.on_interrupt == OnInterrupt::restart) return false;
  }
}

void TimedHost::pass_head(Cycle at) {
  gate_->pass(at);
  if (gate_->open()) stop();
  else admit_head();
}

/// Gives the head an event, if it waits for one.
void TimedHost::admit_head() {
  if (gate_->open()) return;
  const AgentId id = gate_->head().agent;
  if (is_cpu(id)) {
    Agent& agent = agents_[id.raw()];
    if (!agent.at_gate) return;
    const Cycle at = std::max(agent.now, gate_->earliest());
    sequencer_->set(id, at, at);
    return;
  }
  DeviceQueue queue = queues_[id.raw() - cpus()];
  for (; !queue.empty(); queue.pop()) {
    if (queue.top().unit != gate_->head().value) continue;
    const Cycle at = std::max(queue.top().at, gate_->earliest());
    sequencer_->set(id, at, at);
    return;
  }
}

/// The unit that the schedule names, out of the device's queue.
std::uint32_t TimedHost::take_unit(AgentId agent) {
  DeviceQueue& queue = queues_[agent.raw() - cpus()];
  const std::uint32_t unit = gate_->head().value;
  DeviceQueue rest;
  bool taken = false;
  for (; !queue.empty(); queue.pop()) {
    if (!taken && queue.top().unit == unit) taken = true;
    else rest.push(queue.top());
  }
  queue.swap(rest);
  return unit;
}

}  // namespace mmulab
