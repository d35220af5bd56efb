// SPDX-License-Identifier: MIT
// Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas, JACM 2017; checking.md 2.2): one execution for each
// class of schedules that differ only in the order of independent moves, found by reversing the races of those already
// performed. It keeps no states, so that it shares nothing with the other engines but the cursor.
//  - Moves that wait for their guards are looked at, too: who waits should perhaps have been first.
//  - The further steps that a move carries along race, too: they are known when it has been made.
//  - Choices inside a step are its branches; interrupts and each unit of a device act in an order of their own.
//  - After the last task's end nothing follows, so that the step which ends it depends on everything else.
//  - An execution that comes back to one of its own states is cut there, and every state in between is expanded in
//    full: whatever could follow follows from there. This alone uses states' keys.
// Cost: O(length^2) for each move, and as many executions as there are classes.
#include <map>
#include <optional>

#include "sim/explore/bits.h"
#include "sim/explore/dependence.h"
#include "sim/explore/search.h"

namespace mmulab {
namespace {

class SourceDpor : public Search {
 public:
  SourceDpor(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal, Coverage& coverage)
      : Search(cursor, limits, goal, coverage), host_(cursor.system().host()) {
    MMULAB_ASSERT(limits.switches_max == SearchLimits::none, "dpor takes no bound on switches");
  }

  SearchResult run() override {
    learn_by_walking();
    do begin();
    while (explore() && learned_);
    return finish("dpor");
  }

 private:
  struct Node {
    std::vector<Pending> pending;
    Bits enabled, backtrack, done, asleep;
    /// What was done here last: nothing yet, if `going` is not set.
    bool going = false;
    std::size_t chosen = 0;
    Made made;
    Bits before;                ///< moves that happened before it
    std::optional<Move> other;  ///< another choice inside it
    Bits enders;  ///< whoever ended all from here: another order ends elsewhere, so they never sleep
    Fingerprint key;
  };

  void learn_by_walking();
  void begin();
  bool explore();
  bool go_on(Node& top);
  bool choose(Node& top);
  bool make(Node& top, const Move& move);
  bool arrive();
  [[nodiscard]] bool ends_too_early();
  [[nodiscard]] Concern said();
  void list_pending(Node& node);
  void add_pending(Node& node, const Move& move, bool enabled);
  void put_to_sleep(Node& node) const;
  void find_races(const Node& node);
  void look_for_races(const Pending& p, std::size_t lowest, std::size_t made, bool ends);
  void look_for_races_of_all(const Pending& p, const Made& whole, std::size_t made);
  void reverse(const Pending& p, std::size_t at, std::size_t made, const Made* whole = nullptr);
  [[nodiscard]] Bits happened_before(const Pending& p, std::size_t made) const;
  void close_cycle(std::size_t from);
  [[nodiscard]] std::uint32_t process_of(const Move& move);
  [[nodiscard]] static const Pending* find(const Node& node, std::uint32_t process);

  ExploredHost& host_;
  Dependence dependence_;
  std::vector<Process> processes_;
  std::vector<Node> nodes_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> on_path_;
  std::vector<Move> moves_;          // scratch
  std::vector<Decision> decisions_;  // scratch
  bool learned_ = false;
};

/// A few schedules tell most of what steps say, so that the search seldom has to begin again.
void SourceDpor::learn_by_walking() {
  constexpr std::uint64_t walks = 256;
  constexpr std::size_t steps_max = 2000;
  std::uint64_t draw = 0;
  for (std::uint64_t n = 0; n < walks; ++n) {
    cursor_.pop_to(0);
    for (std::size_t step = 0; step < steps_max && !cursor_.at_end() && !cursor_.stale(); ++step) {
      cursor_.list(moves_);
      if (moves_.empty()) break;
      const Move& move = moves_[mix(++draw) % moves_.size()];
      const Label* label = cursor_.info(move).label;
      cursor_.push(move);
      dependence_.learn(label, said());
    }
  }
}

void SourceDpor::begin() {
  cursor_.pop_to(0);
  nodes_.clear();
  on_path_.clear();
  learned_ = false;
  result_.end = SearchEnd::complete;
  result_.schedules = result_.transitions = result_.sleep_blocked = result_.cycles = 0;
}

/// False: the search is over before it has seen all.
bool SourceDpor::explore() {
  if (!arrive()) return false;
  while (!nodes_.empty()) {
    // What a label may say was not known: what was left out rests on less.
    if (learned_) return true;
    if (result_.schedules > limits_.states_max) {
      result_.end = SearchEnd::schedules;
      return false;
    }
    if (out_of_budget(0, nodes_.capacity() * sizeof(Node))) return false;
    if (!go_on(nodes_.back())) return false;
  }
  return true;
}

bool SourceDpor::go_on(Node& top) {
  if (top.other) {
    const Move move = *top.other;
    return make(top, move);
  }
  if (choose(top)) return make(top, top.pending[top.chosen].move);
  on_path_.erase({top.key.high, top.key.low});
  nodes_.pop_back();
  if (!nodes_.empty()) cursor_.pop();
  return true;
}

/// The next process that is to go on from here; false if there is none.
bool SourceDpor::choose(Node& top) {
  if (top.going) top.done.add(top.pending[top.chosen].process);
  for (std::size_t i = 0; i < top.pending.size(); ++i) {
    const Pending& p = top.pending[i];
    if (!p.enabled || !top.backtrack.has(p.process) || top.done.has(p.process) || top.asleep.has(p.process)) continue;
    top.chosen = i;
    const std::size_t made = nodes_.size() - 1;
    if (p.since < made) look_for_races(p, 0, made, false);
    return true;
  }
  return false;
}

/// False: the search is over.
bool SourceDpor::make(Node& top, const Move& move) {
  const Pending p = top.pending[top.chosen];
  const std::size_t made = nodes_.size() - 1;
  top.going = true;
  if (advance(move) == After::stop) return false;
  top.other = cursor_.next_choice();
  const bool ends = ends_too_early();
  learned_ = dependence_.learn(p.label, said()) || learned_;
  top.made.process = p.process;
  top.made.agent = p.move.decision.agent;
  top.made.is_device = p.move.decision.kind == Decision::Kind::device;
  top.made.idle = p.idle;
  top.made.touched = cursor_.touched();
  top.made.touched.insert(top.made.touched.end(), p.footprint.begin(), p.footprint.end());
  top.made.said = dependence_.may_say(p);
  top.made.said.add(said());
  top.before = happened_before(p, made);
  for (std::size_t i = made; i-- > 0;)
    if (!top.before.has(i) && dependence_.holds(top.made, nodes_[i].made)) {
      top.before.add(i);
      top.before.add_all(nodes_[i].before);
    }
  look_for_races_of_all(p, top.made, made);
  if (ends) {
    top.enders.add(p.process);
    look_for_races(p, 0, made, true);
    top.backtrack.add_all(top.enabled);
  }
  return arrive();
}

/// What the events of the last move concerned.
Concern SourceDpor::said() {
  Concern said = cursor_.said();
  if (ends_too_early()) said.add({0, Concern::end_of_all, 0});
  return said;
}

/// No task is left, but idle cpus or hardware could do more.
bool SourceDpor::ends_too_early() {
  if (!cursor_.at_end()) return false;
  host_.list_decisions(decisions_);
  return !decisions_.empty();
}

bool SourceDpor::arrive() {
  Node node;
  cursor_.list(moves_);
  if (note_violations() == After::stop) return false;
  list_pending(node);
  put_to_sleep(node);
  find_races(node);
  node.key = cursor_.own_key();
  bool cut = cursor_.at_end() || moves_.empty();
  if (cut) ++result_.schedules;
  const auto seen = on_path_.find({node.key.high, node.key.low});
  if (!cut && seen != on_path_.end()) {
    close_cycle(seen->second);
    ++result_.cycles;
    ++result_.schedules;
    cut = true;
  }
  if (!cut && cursor_.depth() >= limits_.depth_max) {
    result_.end = SearchEnd::depth;
    cut = true;
  }
  if (cut) {
    end_path();
    if (!nodes_.empty()) cursor_.pop();
    return true;
  }
  std::size_t first = node.pending.size();
  for (std::size_t i = 0; i < node.pending.size(); ++i) {
    const Pending& p = node.pending[i];
    if (!p.enabled || node.asleep.has(p.process)) continue;
    const bool goes_on = !nodes_.empty() && p.process == nodes_.back().made.process;
    if (first == node.pending.size() || goes_on) first = i;
  }
  if (first == node.pending.size()) ++result_.sleep_blocked;
  else node.backtrack.add(node.pending[first].process);
  on_path_[{node.key.high, node.key.low}] = nodes_.size();
  nodes_.push_back(std::move(node));
  return true;
}

/// Cpus first, whether they could go on or wait; what interrupts and devices could do now.
void SourceDpor::list_pending(Node& node) {
  for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
    Move move;
    move.decision = {Decision::Kind::step, AgentId{c}, 0};
    if (host_.pending(AgentId{c}) != nullptr) add_pending(node, move, false);
  }
  for (const Move& move : moves_) {
    if (move.decision.kind != Decision::Kind::step) {
      add_pending(node, move, true);
      continue;
    }
    for (Pending& p : node.pending)
      if (p.move == move) p.enabled = true;
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
  if (!nodes_.empty()) {
    const Node& parent = nodes_.back();
    const bool own = !parent.made.is_device && parent.made.agent == move.decision.agent;
    const Pending* before = find(parent, p.process);
    if (before != nullptr && parent.made.process != p.process && !(own && move.decision.kind == Decision::Kind::step))
      p.since = before->since;
  }
  node.pending.push_back(p);
}

/// What was done elsewhere already, and does not depend on the move that led here.
void SourceDpor::put_to_sleep(Node& node) const {
  if (nodes_.empty()) return;
  const Node& parent = nodes_.back();
  for (const Pending& p : parent.pending) {
    if (!parent.asleep.has(p.process) && !parent.done.has(p.process)) continue;
    if (parent.enders.has(p.process) || dependence_.holds(p, parent.made)) continue;
    if (node.enabled.has(p.process)) node.asleep.add(p.process);
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

}  // namespace

SearchResult search_by_reversing(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                 Coverage& coverage) {
  return SourceDpor(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
