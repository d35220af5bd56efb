// SPDX-License-Identifier: MIT
#include "sim/explore/source_dpor.h"

namespace mmulab {

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
  top.made.was_held_up = p.was_held_up;
  const bool drains = top.made.is_device && host_.store_buffers() != nullptr && p.move.decision.agent == host_.drain();
  top.made.drains = drains ? host_.store_buffers()->cpu_of(p.move.decision.value) : CpuId{};
  top.made.touched = cursor_.touched();
  top.made.touched.insert(top.made.touched.end(), p.footprint.begin(), p.footprint.end());
  top.made.said = dependence_.may_say(p);
  top.made.said.add(said());
  learn_whole(top, p.process);
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

/// Each choice inside a move may touch something else.
void SourceDpor::learn_whole(Node& top, std::uint32_t process) {
  const auto [known, fresh] = top.known.emplace(process, top.made);
  if (fresh) return;
  Made& whole = known->second;
  whole.touched.insert(whole.touched.end(), top.made.touched.begin(), top.made.touched.end());
  whole.said.add(top.made.said);
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

SearchResult search_by_reversing(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                 Coverage& coverage) {
  return SourceDpor(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
