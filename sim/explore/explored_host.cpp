// SPDX-License-Identifier: MIT
#include "sim/explore/explored_host.h"

#include <algorithm>

namespace mmulab {

bool ExploredHost::arrive(Context& context, Op& op) {
  if (shadow_ != nullptr) shadow_->declare(op.footprint);
  for (;;) {
    pending_[context.cpu().raw()] = &op;
    Fiber::jump(context.fiber(), driver_);
    if (order_ == Order::step) break;
    context.set_in_interrupt(true);
    {
      const Conclusion nothing(context);
      interrupts_->take(context);
    }
    context.set_in_interrupt(false);
    if (op.on_interrupt == OnInterrupt::restart) return false;
  }
  if (buffers_ != nullptr) buffers_->begin(context.cpu(), op);
  if (shadow_ != nullptr) shadow_->before(op.footprint);
  if (observer_ != nullptr) observer_->on_step(AgentId{context.cpu().raw()}, *op.label);
  return true;
}

void ExploredHost::leave(Context&, const Op& op) {
  if (shadow_ != nullptr) shadow_->after(op.footprint);
}

std::uint32_t ExploredHost::choose(Context& context, const Label&, std::uint32_t n) {
  // A recorded choice may no longer exist: whoever replays it sees what was picked instead.
  const std::uint32_t pick = asked_.size() < choices_.size() ? std::min(choices_[asked_.size()], n - 1) : 0;
  asked_.push_back({n, pick});
  context.learn(pick);
  return pick;
}

void ExploredHost::switch_task(Context& from, Context& to) {
  if (watcher_ != nullptr) watcher_->about_to_run(to);
  FiberHost::switch_task(from, to);
}

void ExploredHost::clear() {
  current_.assign(current_.size(), nullptr);
  pending_.assign(pending_.size(), nullptr);
  devices_.clear();
  steps_ = 0;
}

void ExploredHost::retire(Context& context) {
  pending_[context.cpu().raw()] = nullptr;
  for (;;) Fiber::jump(context.fiber(), driver_);
}

void ExploredHost::start() {
  for (Context* context : current_)
    if (context != nullptr) Fiber::jump(driver_, context->fiber());
}

bool ExploredHost::enabled(AgentId agent) {
  const Op* op = pending_[agent.raw()];
  if (op == nullptr || (buffers_ != nullptr && !buffers_->admits(CpuId{agent.raw()}, *op))) return false;
  const SeenAs own(buffers_, CpuId{agent.raw()});
  return op->guard.always() || op->guard.holds(Access{*current_[agent.raw()], *op});
}

bool ExploredHost::interruptible(AgentId agent) {
  const Op* op = pending_[agent.raw()];
  const SeenAs own(buffers_, CpuId{agent.raw()});
  return interrupts_ != nullptr && op != nullptr && op->on_interrupt != OnInterrupt::ignore &&
         interrupts_->deliverable(CpuId{agent.raw()});
}

void ExploredHost::list_decisions(std::vector<Decision>& decisions) {
  decisions.clear();
  for (std::uint32_t a = 0; a < cpus(); ++a) {
    if (interruptible(AgentId{a})) decisions.push_back({Decision::Kind::interrupt, AgentId{a}, 0});
    if (enabled(AgentId{a})) decisions.push_back({Decision::Kind::step, AgentId{a}, 0});
  }
  list_units(decisions, false);
  if (has_company(decisions)) list_units(decisions, true);
}

void ExploredHost::list_units(std::vector<Decision>& decisions, bool spontaneous) {
  for (std::uint32_t d = 0; d < devices_.size(); ++d) {
    if (devices_[d].device->is_spontaneous() != spontaneous) continue;
    units_.clear();
    devices_[d].device->list_enabled(world_, units_);
    for (std::uint32_t unit : units_) decisions.push_back({Decision::Kind::device, AgentId{cpus() + d}, unit});
  }
}

bool ExploredHost::has_company(const std::vector<Decision>& decisions) const {
  return std::any_of(decisions.begin(), decisions.end(), [&](const Decision& d) {
    return d.kind != Decision::Kind::step || company_ == nullptr || company_->is_company(d.agent);
  });
}

void ExploredHost::perform(const Decision& decision, const std::vector<std::uint32_t>& choices) {
  choices_ = choices;
  asked_.clear();
  switch (decision.kind) {
    case Decision::Kind::step:
      MMULAB_ASSERT(enabled(decision.agent), "a recorded step is not enabled");
      resume(decision.agent, Order::step);
      break;
    case Decision::Kind::interrupt:
      MMULAB_ASSERT(interruptible(decision.agent), "a recorded interrupt is not pending");
      resume(decision.agent, Order::interrupt);
      break;
    case Decision::Kind::device:
      act_shadowed(decision);
      break;
    case Decision::Kind::choice:
      MMULAB_ASSERT(false, "a choice is part of a step, not a decision by itself");
  }
}

void ExploredHost::resume(AgentId agent, Order order) {
  order_ = order;
  if (watcher_ != nullptr) watcher_->about_to_run(*current_[agent.raw()]);
  const SeenAs own(buffers_, CpuId{agent.raw()});
  Fiber::jump(driver_, current_[agent.raw()]->fiber());
}

void ExploredHost::act_shadowed(const Decision& decision) {
  if (shadow_ == nullptr) return act(decision.agent, decision.value);
  const Footprint footprint = device_footprint(decision);
  shadow_->before(footprint);
  act(decision.agent, decision.value);
  shadow_->after(footprint);
}

Footprint ExploredHost::device_footprint(const Decision& decision) {
  Footprint footprint = device(decision.agent).device->footprint(decision.value);
  if (shadow_ != nullptr) shadow_->declare(footprint);
  return footprint;
}

void ExploredHost::replay(const std::vector<Decision>& decisions) {
  for (std::size_t i = 0; i < decisions.size();) {
    std::vector<std::uint32_t> choices;
    std::size_t end = i + 1;
    while (end < decisions.size() && decisions[end].kind == Decision::Kind::choice)
      choices.push_back(decisions[end++].value);
    ++steps_;
    perform(decisions[i], choices);
    i = end;
  }
}

}  // namespace mmulab
