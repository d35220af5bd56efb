// SPDX-License-Identifier: MIT
// The further steps of a move: what a cursor performs at once because no alternative matters (reduction.h), and the end
// of tasks that have nothing left to do.
#include "sim/explore/cursor.h"

#include <algorithm>

namespace mmulab {
namespace {

bool continues(const Move::Stretch& stretch, const Decision& decision) {
  return stretch.agent == decision.agent.raw() && stretch.unit == decision.value &&
         stretch.steps != Move::Stretch::steps_max;
}

}  // namespace

void Cursor::enlist() {
  reduction_.return_to_start();
  for (Context* context : system_.contexts()) reduction_.enlist(Who::task(context->task()));
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu) {
    reduction_.enlist(Who::interrupts(CpuId{cpu}));
    expect(AgentId{cpu});
  }
  for (std::uint32_t device = 0; device < host_.devices(); ++device)
    if (const AgentId agent{host_.cpus() + device}; !is_drain({Decision::Kind::device, agent, 0}))
      for (std::uint32_t part = 0; part < host_.device_of(agent).parts(); ++part)
        reduction_.enlist(Who::device(agent, part));
}

void Cursor::expect(AgentId agent) {
  const Op* op = host_.pending(agent);
  if (op == nullptr || system_.winds_down(agent)) return;
  Decision next;
  next.agent = agent;
  reduction_.expect(actor(next), next_step(next));
}

Reduction::Actor Cursor::actor(const Decision& decision) const {
  const AgentId agent = decision.agent;
  if (host_.is_device(agent))
    return {Who::device(agent, host_.device_of(agent).part_of(decision.value)), TaskId::none(), 0};
  const Context& context = *host_.cpu_state(CpuId{agent.raw()}).current;
  const Who who = context.in_interrupt() ? Who::interrupts(CpuId{agent.raw()}) : Who::task(context.task());
  return {who, context.task(), context.progress()};
}

Reduction::Step Cursor::next_step(const Decision& decision) {
  if (decision.kind == Decision::Kind::device)
    return {&host_.device_label(decision.agent), host_.device_footprint(decision), false, false};
  const Op& op = *host_.pending(decision.agent);
  return {op.label, op.footprint, !op.guard.always(), op.on_interrupt == OnInterrupt::restart};
}

/// Whether anything may be done at once after this. Where stores wait in buffers, locks tell little of who may do what.
bool Cursor::shortens(const Decision& decision) const {
  return options_.reduces && shortcuts_ != Shortcuts::none && decision.kind == Decision::Kind::step &&
         host_.store_buffers() == nullptr;
}

/// The last step is over without a violation, the end, or a choice.
bool Cursor::is_calm() const { return violations_.empty() && !at_end_ && host_.asked().empty(); }

/// Makes the further steps of a move again.
void Cursor::repeat(const Move& move) {
  for (std::size_t i = 0; i < move.stretches; ++i)
    for (unsigned n = 0; n < move.further[i].steps; ++n) {
      const AgentId agent{move.further[i].agent};
      Move again;
      again.decision = {host_.is_device(agent) ? Decision::Kind::device : Decision::Kind::step, agent,
                        move.further[i].unit};
      step(again);
    }
}

/// The further steps that belong to the last move.
void Cursor::follow(const Move& move, bool right_mover) {
  if (move.stretches != Move::undecided) return repeat(move);
  moves_.back().stretches = 0;
  if (!options_.reduces || shortcuts_ == Shortcuts::none || !violations_.empty()) return;
  if (const AgentId mover = move.decision.agent; !host_.is_device(mover)) go_on(mover, right_mover);
  if (shortcuts_ == Shortcuts::all) run_alone();
  while (step_winding_down()) {
  }
}

/// What is private of anybody's.
void Cursor::run_alone() {
  if (!options_.reduces || shortcuts_ == Shortcuts::none) return;
  for (bool again = true; again;) {
    again = false;
    for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu)
      while (go_on_privately(AgentId{cpu})) again = true;
    for (std::uint32_t device = 0; device < host_.devices(); ++device)
      while (act_privately(AgentId{host_.cpus() + device})) again = true;
  }
}

void Cursor::go_on(AgentId mover, bool right_mover) {
  const Decision further{Decision::Kind::step, mover, 0};
  while (has_room_for(further) && (step_privately(mover) || (only_looked_ && step_easing(mover)) ||
                                   (right_mover && step_after_mover(mover, right_mover)))) {
    add_further(further);
    // From here on others' judgement is harsher than it was before the move.
    right_mover = right_mover && !concern_.hardens();
    only_looked_ = only_looked_ && !concern_.hardens();
  }
}

bool Cursor::go_on_privately(AgentId cpu) {
  if (const auto unit = private_drain(cpu)) {
    Move move;
    move.decision = drained(*unit);
    if (!has_room_for(move.decision)) return false;
    step(move);
    add_further(move.decision);
    return true;
  }
  const Decision further{Decision::Kind::step, cpu, 0};
  if (!has_room_for(further) || !step_privately(cpu)) return false;
  add_further(further);
  return true;
}

/// One of the device's acts, if one is private.
bool Cursor::act_privately(AgentId device) {
  if (at_end_ || !violations_.empty() || host_.store_buffers() != nullptr) return false;
  if (host_.device_of(device).woken_by(0).size() == 0) return false;
  units_.clear();
  host_.device_of(device).list_enabled(system_.world(), units_);
  return std::any_of(units_.begin(), units_.end(), [&](std::uint32_t unit) {
    return act_privately({Decision::Kind::device, device, unit});
  });
}

bool Cursor::act_privately(const Decision& decision) {
  Move move;
  move.decision = decision;
  const Who who = actor(decision).who;
  const Reduction::Step what = next_step(decision);
  if (!has_room_for(decision) || !reduction_.is_private_act(who, what)) return false;
  if (is_awaited(decision.agent, what.footprint)) return false;
  if (!step_unless_noticed(move, who, *what.label)) return false;
  add_further(decision);
  return true;
}

/// It has nothing to do, and says so.
bool Cursor::is_idle_part(Who part) const {
  const std::optional<Location> outstanding = host_.device_of(part.device()).outstanding_of(part.part());
  return outstanding && system_.world().load(*outstanding) == 0;
}

/// It cannot go on before the part has done all that it has to do.
bool Cursor::waits_for(TaskId task, Who part) {
  const std::optional<Location> outstanding = host_.device_of(part.device()).outstanding_of(part.part());
  if (!outstanding) return false;
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu) {
    const Op* op = host_.pending(AgentId{cpu});
    const Context* context = host_.cpu_state(CpuId{cpu}).current;
    if (op == nullptr || context->task() != task || context->in_interrupt()) continue;
    return op->guard.counts_down(*outstanding) && op->on_interrupt != OnInterrupt::restart &&
           !host_.enabled(AgentId{cpu});
  }
  return false;
}

bool Cursor::comes_after(Who other, Who next) {
  if (other.is_task()) return next.is_device() && waits_for(other.task(), next);
  if (!other.is_device()) return false;
  const Footprint woken_by = host_.device_of(other.device()).woken_by(other.part());
  return woken_by.size() != 0 && is_idle_part(other) && reduction_.is_left_to(woken_by, other, next);
}

/// The one step that is left to do, if it is part of a task's end.
bool Cursor::step_winding_down() {
  if (at_end_ || !violations_.empty()) return false;
  list_decisions();
  if (decisions_.size() != 1 || !is_winding_down(decisions_.front())) return false;
  if (!has_room_for(decisions_.front())) return false;
  Move move;
  move.decision = decisions_.front();
  const Told before{said_, touched_.size()};
  step(move);
  if (!host_.asked().empty()) {
    // A move of its own, and another one for each choice.
    take_back_further(before);
    return false;
  }
  add_further(move.decision);
  return true;
}

/// A move can become long enough; what comes before the first one cannot.
bool Cursor::has_room_for(const Decision& decision) const {
  if (decision.agent.raw() > 0xff || decision.value > 0xff) return false;
  if (moves_.empty()) return true;
  const Move& move = moves_.back();
  if (move.stretches < Move::stretches_max) return true;
  return continues(move.further[Move::stretches_max - 1], decision);
}

void Cursor::add_further(const Decision& decision) {
  if (moves_.empty()) return;
  Move& move = moves_.back();
  if (move.stretches == 0 || !continues(move.further[move.stretches - 1], decision))
    move.further[move.stretches++] = {static_cast<std::uint8_t>(decision.agent.raw()),
                                      static_cast<std::uint8_t>(decision.value), 0};
  ++move.further[move.stretches - 1].steps;
}

/// Another cpu could now take a step that this one would change, or would make impossible: it need not have been seen
/// doing so yet.
bool Cursor::is_awaited(AgentId agent, const Footprint& footprint) {
  const auto clashes = [&](const Touch& a, const Touch& b) { return reduction_.clashes(a, b); };
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu) {
    const Op* other = host_.pending(AgentId{cpu});
    if (AgentId{cpu} == agent || other == nullptr || system_.winds_down(AgentId{cpu})) continue;
    if (!dependent(footprint, other->footprint, clashes)) continue;
    if (host_.enabled(AgentId{cpu})) return true;
  }
  return false;
}

bool Cursor::step_privately(AgentId agent) {
  const Op* op = host_.pending(agent);
  if (op == nullptr || at_end_ || !violations_.empty() || host_.interruptible(agent)) return false;
  if (system_.winds_down(agent)) return false;
  Move move;
  move.decision = {Decision::Kind::step, agent, 0};
  const Reduction::Actor who = actor(move.decision);
  const Reduction::Step what = next_step(move.decision);
  if (!reduction_.is_private(who, CpuId{agent.raw()}, what) || !host_.enabled(agent)) return false;
  if (is_awaited(agent, op->footprint) || meets_waiting(agent, op->footprint)) return false;
  return step_unless_noticed(move, who.who, *what.label);
}

/// Performs it, and takes it back if its events concern others, or if there is a choice in it after all.
bool Cursor::step_unless_noticed(const Move& move, Who who, const Label& label) {
  const Told before{said_, touched_.size()};
  const bool lags = shadow_lags();
  step(move);
  const bool is_heard = lags && concern_.any();
  if (host_.asked().empty() && !at_end_ && !is_heard && reduction_.is_private(who, concern_)) return true;
  if (!host_.asked().empty()) reduction_.learn_choice(label);
  take_back_further(before);
  return false;
}

void Cursor::take_back_further(const Told& before) {
  violations_.clear();
  take_back_to(path_.size() - 1);
  touched_.resize(before.touched);
  said_ = before.said;
}

/// Into the kernel, after steps that have changed nothing: what others might report while the agent is still in user
/// mode they might as well have reported before these steps, and it makes their judgement only milder.
bool Cursor::step_easing(AgentId agent) {
  const Op* op = host_.pending(agent);
  if (op == nullptr || !is_calm() || host_.interruptible(agent) || system_.winds_down(agent)) return false;
  Move move;
  move.decision = {Decision::Kind::step, agent, 0};
  const Reduction::Actor who = actor(move.decision);
  const Reduction::Step what = next_step(move.decision);
  if (!reduction_.may_ease(who, CpuId{agent.raw()}, what) || !host_.enabled(agent)) return false;
  if (is_awaited(agent, op->footprint)) return false;
  const Told before{said_, touched_.size()};
  step(move);
  if (is_calm() && concern_.only_eases() && reduction_.is_private(who.who, concern_.without_ease())) return true;
  if (!host_.asked().empty()) reduction_.learn_choice(*what.label);
  take_back_further(before);
  return false;
}

/// The step after one that has taken a lock.
bool Cursor::step_after_mover(AgentId agent, bool& right_mover) {
  if (host_.pending(agent) == nullptr || !is_calm() || system_.winds_down(agent)) return false;
  if (host_.interruptible(agent) || !host_.enabled(agent)) return false;
  Move move;
  move.decision = {Decision::Kind::step, agent, 0};
  const Reduction::Actor who = actor(move.decision);
  const Reduction::Step what = next_step(move.decision);
  const Told before{said_, touched_.size()};
  step(move);
  if (host_.asked().empty()) {
    right_mover = is_calm() && reduction_.is_right_mover(who, what, concern_);
    return true;
  }
  reduction_.learn_choice(*what.label);
  take_back_further(before);
  return false;
}

/// A delayed store of the cpu's that nobody else could miss: it may leave its buffer at once.
std::optional<std::uint32_t> Cursor::private_drain(AgentId cpu) {
  StoreBuffers* buffers = host_.store_buffers();
  if (buffers == nullptr || at_end_ || !violations_.empty()) return {};
  units_.clear();
  buffers->list_ready(units_);
  for (const std::uint32_t unit : units_) {
    if (buffers->cpu_of(unit).raw() != cpu.raw()) continue;
    const StoreBuffers::Waiting waiting = buffers->waiting(unit);
    const Footprint word = writes(Cell<std::uint64_t>{waiting.at});
    if (is_shadowed(word)) continue;
    const Who by = waiting.by.in_interrupt ? Who::interrupts(waiting.by.cpu) : Who::task(waiting.by.task);
    if (!reduction_.has_to_itself(by, word) || is_awaited(cpu, word) || meets_waiting(cpu, word)) continue;
    return unit;
  }
  return {};
}

Decision Cursor::drained(std::uint32_t unit) const { return {Decision::Kind::device, host_.drain(), unit}; }

/// A store of somebody else's to one of the words has been made and is not visible yet, or one of anybody's that a
/// shadow follows with them.
bool Cursor::meets_waiting(AgentId cpu, const Footprint& footprint) {
  const StoreBuffers* buffers = host_.store_buffers();
  if (buffers == nullptr) return false;
  for (std::uint32_t other = 0; other < host_.cpus(); ++other) {
    for (std::uint32_t n = 0; n < buffers->waiting_of(CpuId{other}); ++n) {
      Footprint moved = writes(Cell<std::uint64_t>{buffers->waiting(buffers->unit(CpuId{other}, n)).at});
      const bool shadowed = is_shadowed(moved);
      if (other == cpu.raw() && !shadowed) continue;
      if (shadowed) host_.shadow()->declare(moved);
      if (dependent(footprint, moved)) return true;
    }
  }
  return false;
}

bool Cursor::is_shadowed(const Footprint& footprint) const {
  return host_.shadow() != nullptr && host_.shadow()->follows(footprint);
}

/// A store becomes visible that a shadow follows: observers who ask it are told something else from here on, although
/// nothing has been said.
bool Cursor::moves_shadow(const Decision& decision) {
  return is_drain(decision) && is_shadowed(host_.device_footprint(decision));
}

/// Such a store waits: whether it comes before or after what anybody says matters.
bool Cursor::shadow_lags() const {
  const StoreBuffers* buffers = host_.store_buffers();
  if (buffers == nullptr || host_.shadow() == nullptr) return false;
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu)
    for (std::uint32_t n = 0; n < buffers->waiting_of(CpuId{cpu}); ++n)
      if (is_shadowed(writes(Cell<std::uint64_t>{buffers->waiting(buffers->unit(CpuId{cpu}, n)).at}))) return true;
  return false;
}

bool Cursor::is_drain(const Decision& decision) const {
  return decision.kind == Decision::Kind::device && host_.store_buffers() != nullptr && decision.agent == host_.drain();
}

}  // namespace mmulab
