// SPDX-License-Identifier: MIT
// Which moves of a schedule race with what could be done next, and where to begin another one that reverses them.
#include <algorithm>

#include "sim/explore/source_dpor.h"

namespace mmulab {

/// Cpus first, whether they could go on or wait, and their interrupts, whether let in or not; what devices could do.
void SourceDpor::list_pending(Node& node) {
  for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
    if (host_.pending(AgentId{c}) == nullptr) continue;
    Move move;
    move.decision = {Decision::Kind::step, AgentId{c}, 0};
    add_pending(node, move, false);
    move.decision.kind = Decision::Kind::interrupt;
    if (host_.has_interrupt(CpuId{c})) add_pending(node, move, false);
  }
  for (const Move& move : moves_) {
    const auto listed = std::find_if(node.pending.begin(), node.pending.end(),
                                     [&](const Pending& p) { return p.move == move; });
    if (listed == node.pending.end()) add_pending(node, move, true);
    else listed->enabled = true;
  }
  for (const Pending& p : node.pending)
    if (p.enabled) node.enabled.add(p.process);
}

void SourceDpor::add_pending(Node& node, const Move& move, bool enabled) {
  Pending p;
  p.process = process_of(move);
  p.move = move;
  p.enabled = enabled;
  const MoveInfo info = cursor_.info(move);
  p.label = info.label;
  p.footprint = move.decision.kind == Decision::Kind::interrupt
                    ? host_.interrupt_footprint(CpuId{move.decision.agent.raw()})
                    : info.footprint;
  p.idle = !host_.is_device(move.decision.agent) && cursor_.system().is_idle(CpuId{move.decision.agent.raw()});
  p.since = nodes_.size();
  p.held_up = is_held_up(move.decision);
  if (!nodes_.empty()) {
    const Node& parent = nodes_.back();
    const bool own = !parent.made.is_device && parent.made.agent == move.decision.agent;
    const Pending* before = find(parent, p.process);
    if (before != nullptr && parent.made.process != p.process && !(own && move.decision.kind == Decision::Kind::step))
      continue_waiting(p, *before);
  }
  node.pending.push_back(p);
}

/// Whom his own stores have held up until now looks again at who came before him in the meantime.
void SourceDpor::continue_waiting(Pending& p, const Pending& before) {
  const bool is_free_now = before.held_up && !p.held_up;
  if (!is_free_now) p.since = before.since;
  p.was_held_up = before.was_held_up || before.held_up;
}

/// The cpu's own stores have to become visible before it can take the step.
bool SourceDpor::is_held_up(const Decision& decision) const {
  const StoreBuffers* buffers = host_.store_buffers();
  return buffers != nullptr && decision.kind == Decision::Kind::step &&
         !buffers->admits(CpuId{decision.agent.raw()}, *host_.pending(decision.agent));
}

/// What was done elsewhere already, and does not depend on the move that led here.
void SourceDpor::put_to_sleep(Node& node) const {
  if (nodes_.empty()) return;
  const Node& parent = nodes_.back();
  for (const Pending& p : parent.pending) {
    if (!parent.asleep.has(p.process) && !parent.done.has(p.process)) continue;
    if (parent.enders.has(p.process) || dependence_.holds(p, parent.made)) continue;
    const Made& whole = parent.known.at(p.process);
    if (!node.enabled.has(p.process) || dependence_.holds(whole, parent.made)) continue;
    node.asleep.add(p.process);
    node.known.emplace(p.process, whole);
  }
}

void SourceDpor::find_races(const Node& node) {
  const std::size_t made = nodes_.size();
  if (made == 0) return;
  for (const Pending& p : node.pending) look_for_races(p, p.since == made ? 0 : made - 1, made, false);
  // Whoever cannot act any more should perhaps have been first.
  Node& parent = nodes_.back();
  for (const Pending& p : parent.pending)
    if (p.enabled && p.process != parent.made.process && !node.enabled.has(p.process)) parent.backtrack.add(p.process);
}

/// Moves before `made` that race with what the process would do next: dependent, and nothing orders them.
void SourceDpor::look_for_races(const Pending& p, std::size_t lowest, std::size_t made, bool ends) {
  Bits ordered = happened_before(p, made);
  for (std::size_t i = made; i-- > lowest;) {
    const Made& m = nodes_[i].made;
    // The end comes without what idle cpus and hardware might still do.
    const bool ends_without = ends && (m.idle || m.is_device);
    if (ordered.has(i) || !(ends_without || dependence_.holds(p, m))) continue;
    reverse(p, i, made);
    ordered.add(i);
    ordered.add_all(nodes_[i].before);
  }
}

/// The same for the move as it was made, with all its further steps, of which its first one tells nothing.
void SourceDpor::look_for_races_of_all(const Pending& p, const Made& whole, std::size_t made) {
  if (cursor_.moves().back().stretches == 0) return;
  Bits ordered = happened_before(p, made);
  for (std::size_t i = made; i-- > 0;) {
    if (ordered.has(i) || !dependence_.holds(whole, nodes_[i].made)) continue;
    reverse(p, i, made, &whole);
    ordered.add(i);
    ordered.add_all(nodes_[i].before);
  }
}

/// Up to the process's last move; what made an interrupt or a device's act possible comes before it, too.
Bits SourceDpor::happened_before(const Pending& p, std::size_t made) const {
  Bits before;
  for (std::size_t i = made; i-- > 0;)
    if (nodes_[i].made.process == p.process) {
      before.add_all(nodes_[i].before);
      before.add(i);
      break;
    }
  if (p.move.decision.kind != Decision::Kind::step && p.since > 0 && p.since <= made) {
    before.add_all(nodes_[p.since - 1].before);
    before.add(p.since - 1);
  }
  return before;
}

/// Sees to it that the process's move is also tried before the one made at `at`: by itself, or by one of those that can
/// begin a schedule of what does not depend on that one (source sets).
void SourceDpor::reverse(const Pending& p, std::size_t at, std::size_t made, const Made* whole) {
  Node& node = nodes_[at];
  Bits others, seen, initials;
  const Pending* then = find(node, p.process);
  bool free = p.move.decision.kind == Decision::Kind::step || p.since <= at + 1;
  for (std::size_t j = at + 1; j < made; ++j) {
    const Node& later = nodes_[j];
    if (later.before.has(at)) continue;
    if (!seen.has(later.made.process) && !later.before.meets(others)) initials.add(later.made.process);
    seen.add(later.made.process);
    others.add(j);
    free = free && !(whole != nullptr && dependence_.holds(*whole, later.made));
    free = free && !dependence_.holds(p, later.made) && (then == nullptr || !dependence_.holds(*then, later.made));
  }
  if (!seen.has(p.process)) {
    const bool could = node.enabled.has(p.process);
    if (could && free) initials.add(p.process);
    // Without that move nothing would have made it possible.
    if (!could && free) return;
  }
  if (initials.meets(node.backtrack) || initials.meets(node.done) || initials.meets(node.asleep)) return;
  if (initials.has(p.process) && node.enabled.has(p.process)) {
    node.backtrack.add(p.process);
    return;
  }
  for (const Pending& q : node.pending)
    if (q.enabled && initials.has(q.process)) {
      node.backtrack.add(q.process);
      return;
    }
  node.backtrack.add_all(node.enabled);
}

void SourceDpor::close_cycle(std::size_t from) {
  for (std::size_t i = from; i < nodes_.size(); ++i) nodes_[i].backtrack.add_all(nodes_[i].enabled);
}

std::uint32_t SourceDpor::process_of(const Move& move) {
  const Process process{move.decision.agent, move.decision.kind, move.decision.value};
  for (std::uint32_t i = 0; i < processes_.size(); ++i)
    if (processes_[i] == process) return i;
  processes_.push_back(process);
  return static_cast<std::uint32_t>(processes_.size() - 1);
}

const Pending* SourceDpor::find(const Node& node, std::uint32_t process) {
  for (const Pending& p : node.pending)
    if (p.process == process) return &p;
  return nullptr;
}

}  // namespace mmulab
