// SPDX-License-Identifier: MIT
#include "sim/explore/search.h"

#include <algorithm>

namespace mmulab {

const char* name_of(SearchEnd end) {
  switch (end) {
    case SearchEnd::complete: return "complete";
    case SearchEnd::found: return "found";
    case SearchEnd::schedules: return "schedules";
    case SearchEnd::states: return "states";
    case SearchEnd::steps: return "steps";
    case SearchEnd::depth: return "depth";
    case SearchEnd::time: return "time";
    case SearchEnd::memory: return "memory";
    case SearchEnd::interrupted: return "interrupted";
    case SearchEnd::elsewhere: return "elsewhere";
    case SearchEnd::room: return "room";
    case SearchEnd::stale: return "stale";
  }
  return "?";
}

Search::Search(Cursor& cursor, const SearchLimits& limits, SearchGoal goal, Coverage& coverage)
    : cursor_(cursor), limits_(limits), coverage_(coverage), goal_(std::move(goal)) {
  cursor_.set_coverage(&coverage);
}

Search::After Search::advance(const Move& move) {
  labels_.resize(cursor_.level());
  labels_.push_back(cursor_.info(move).label);
  cursor_.push(move);
  ++result_.transitions;
  result_.depth = std::max<std::uint64_t>(result_.depth, cursor_.depth());
  if (goal_.exhaust)
    if (const auto world = cursor_.final_key()) finals_[{world->high, world->low}] = true;
  return note_room(note_violations());
}

Search::After Search::note_room(After so_far) {
  const Shadow* shadow = cursor_.system().host().shadow();
  if (shadow == nullptr || !shadow->is_cut()) return so_far;
  ++result_.room_cut;
  result_.room = shadow->limit();
  return so_far == After::go_on ? After::violated : so_far;
}

Search::After Search::note_violations() {
  if (cursor_.violations().empty()) return After::go_on;
  bool all_wanted = !goal_.wanted.empty();
  for (const Violation& v : cursor_.violations()) {
    const std::pair<std::string, std::string> pair{v.invariant, v.class_id};
    all_wanted = all_wanted && std::find(goal_.wanted.begin(), goal_.wanted.end(), pair) != goal_.wanted.end();
    if (!found_.emplace(pair, result_.counterexamples.size()).second) continue;
    result_.counterexamples.push_back({v, cursor_.path()});
  }
  if (goal_.exhaust) return After::go_on;
  if (goal_.every_class) return After::violated;
  if (has_all()) {
    result_.end = SearchEnd::found;
    return After::stop;
  }
  // What is expected may be followed by what else is expected; anything else has already decided.
  return all_wanted ? After::go_on : After::violated;
}

void Search::end_path() {
  if (++paths_ % limits_.repeat_every != 0 || cursor_.stale()) return;
  const Fingerprint before = cursor_.key();
  const std::vector<Move> moves = cursor_.moves();
  if (cursor_.namings() > 1) {
    const std::vector<Renaming>& renamings = cursor_.symmetry().renamings();
    cursor_.check_names(renamings[paths_ / limits_.repeat_every % renamings.size()]);
  }
  cursor_.pop_to(0);
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const Label* label = cursor_.info(moves[i]).label;
    MMULAB_ASSERT(label == labels_[i], "a schedule takes the same steps when it is performed again");
    cursor_.push(moves[i]);
  }
  MMULAB_ASSERT(cursor_.key() == before, "a schedule leads to the same state when it is performed again");
}

bool Search::has_all() const {
  return std::all_of(goal_.wanted.begin(), goal_.wanted.end(),
                     [&](const auto& pair) { return found_.count(pair) != 0; });
}

bool Search::out_of_budget(std::uint64_t states, std::size_t bytes) {
  const auto over = [&](SearchEnd end) {
    result_.end = end;
    return true;
  };
  if (is_too_stale(states)) return over(SearchEnd::stale);
  if (cursor_.steps_made() > limits_.steps_max) return over(SearchEnd::steps);
  if (++checks_ % 256 != 0) return false;
  if (bytes > limits_.memory_max_bytes) return over(SearchEnd::memory);
  if (limits_.interrupt != nullptr && limits_.interrupt->load()) return over(SearchEnd::interrupted);
  if (limits_.found_elsewhere && limits_.found_elsewhere(states)) return over(SearchEnd::elsewhere);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  return elapsed.count() > limits_.seconds_max && over(SearchEnd::time);
}

/// What has turned out unfounded is seldom alone: a while more shows what else is.
bool Search::is_too_stale(std::uint64_t states) {
  constexpr std::uint64_t some = 200;
  if (!cursor_.stale()) return false;
  if (stale_until_ == 0) stale_until_ = 2 * states + some;
  return states > stale_until_;
}

VisitedStates::Seen Search::enter_state(VisitedStates& visited, const SwitchCount& switches) {
  Fingerprint key = cursor_.key();
  const bool bounded = limits_.switches_max != SearchLimits::none;
  if (bounded) key.low += mix(switches.last().exists() ? cursor_.named(switches.last()).raw() + std::uint64_t{1} : 0);
  const VisitedStates::Seen seen = visited.enter(key, bounded ? switches.switches() : 0);
  if (seen == VisitedStates::Seen::no_room) result_.end = SearchEnd::states;
  return seen;
}

SearchResult Search::finish(const char* engine) {
  cursor_.pop_to(0);
  coverage_.jump();
  result_.engine = engine;
  if (result_.end == SearchEnd::complete && result_.room_cut != 0) result_.end = SearchEnd::room;
  MMULAB_ASSERT(result_.end != SearchEnd::complete || result_.bound_cut != 0 || !found_.empty() ||
                    cursor_.has_come_to_an_end(),
                "a search that has seen everything has seen an end");
  result_.ends = finals_.size();
  for (const auto& [world, seen] : finals_) result_.final_states.push_back({world.first, world.second});
  return std::move(result_);
}

std::uint32_t SwitchCount::with(const Move& move, const std::vector<Move>& possible) const {
  if (move.decision.kind != Decision::Kind::step || !last_.exists() || move.decision.agent == last_) return switches_;
  const bool could_go_on = std::any_of(possible.begin(), possible.end(), [&](const Move& other) {
    return other.decision.kind == Decision::Kind::step && other.decision.agent == last_;
  });
  return switches_ + (could_go_on ? 1 : 0);
}

void SwitchCount::add(const Move& move, const std::vector<Move>& possible) {
  switches_ = with(move, possible);
  if (move.decision.kind == Decision::Kind::step) last_ = move.decision.agent;
}

}  // namespace mmulab
