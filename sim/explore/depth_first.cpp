// SPDX-License-Identifier: MIT
// Depth-first search over states, with snapshots: each state is entered once (or again when fewer switches lead to it,
// or when moves are awake that were asleep before, sleep.h). Under a bound on switches nothing sleeps: the same
// execution in another order may be one that the bound allows.
#include "sim/explore/search.h"
#include "sim/explore/sleep.h"

namespace mmulab {
namespace {

class DepthFirst : public Search {
 public:
  using Search::Search;

  SearchResult run() override {
    sleeps_ = limits_.switches_max == SearchLimits::none && cursor_.allows_sleep();
    enter_state(visited_, SwitchCount{});
    open_level(SwitchCount{}, {}, Entered::first);
    while (open_ > 0) {
      if (out_of_budget(visited_.size(), visited_.bytes())) break;
      if (!explore_next()) break;
    }
    result_.states = visited_.size();
    result_.collision_exponent = visited_.collision_exponent();
    return finish("dfs");
  }

 private:
  using Places = SleepSets::Places;
  enum class Entered : std::uint8_t { first, again };

  struct Level {
    std::vector<Move> moves;
    std::size_t next = 0;
    std::optional<Move> other_choice;  ///< of the last move
    Places left_out = 0;
    SleepSets::Set asleep;   ///< and those explored since
    std::size_t kept = 0;    ///< there were so many before
    SwitchCount switches;
  };

  /// False: the search is over. Again: only what was asleep each time before, and is not now.
  bool open_level(const SwitchCount& switches, SleepSets::Set asleep, Entered entered) {
    if (open_ == levels_.size()) levels_.emplace_back();
    Level& level = levels_[open_++];
    level.next = 0;
    level.other_choice.reset();
    level.left_out = 0;
    level.asleep.clear();
    level.switches = switches;
    level.kept = sleep_.kept();
    cursor_.list(level.moves);
    if (sleeps_ && level.moves.size() <= SleepSets::places_max) {
      const Places now = cursor_.named(sleep_.places(asleep, level.moves), level.moves);
      Places& before = visited_.asleep(cursor_.key());
      const Places left_out = entered == Entered::first ? now : ~(before & ~now);
      level.left_out = cursor_.named_back(left_out, level.moves);
      before = entered == Entered::first ? now : before & now;
      level.asleep = std::move(asleep);
    }
    return note_violations() != After::stop;
  }

  void close_level() {
    sleep_.forget(levels_[--open_].kept);
    if (open_ > 0) cursor_.pop();
  }

  [[nodiscard]] static bool is_left_out(const Level& level, std::size_t place) {
    return place < SleepSets::places_max && (level.left_out >> place & 1) != 0;
  }

  bool explore_next() {
    Level& level = levels_[open_ - 1];
    if (level.other_choice) {
      const Move move = *level.other_choice;
      level.other_choice.reset();
      return explore(level, move);
    }
    while (level.next < level.moves.size() && is_left_out(level, level.next)) ++level.next;
    if (level.next == level.moves.size()) {
      close_level();
      return true;
    }
    const Move move = level.moves[level.next++];
    return explore(level, move);
  }

  bool explore(Level& level, const Move& move) {
    SwitchCount switches = level.switches;
    switches.add(move, level.moves);
    if (switches.switches() > limits_.switches_max) {
      ++result_.bound_cut;
      return true;
    }
    const After after = advance(move);
    if (after == After::stop) return false;
    level.other_choice = cursor_.next_choice();
    SleepSets::Set asleep;
    if (sleeps_) {
      const std::uint32_t kept = sleep_.keep(cursor_, move);
      asleep = sleep_.after_last(level.asleep);
      const bool chooses = move.picks != 0 || level.other_choice;
      // What follows an end is nothing, in whatever order it would have come.
      if (!chooses && !cursor_.at_end() && move.decision.kind != Decision::Kind::interrupt)
        level.asleep.push_back(kept);
    }
    return go_deeper(after, switches, std::move(asleep));
  }

  bool go_deeper(After after, const SwitchCount& switches, SleepSets::Set asleep) {
    if (after != After::violated && may_go_deeper()) {
      const VisitedStates::Seen seen = enter_state(visited_, switches);
      if (seen == VisitedStates::Seen::no_room) return false;
      if (seen != VisitedStates::Seen::before)
        return open_level(switches, std::move(asleep), Entered::first);
      if (sleeps_ && visited_.asleep(cursor_.key()) != 0)
        return open_level(switches, std::move(asleep), Entered::again);
    }
    end_path();
    cursor_.pop();
    return true;
  }

  bool may_go_deeper() {
    if (cursor_.depth() < limits_.depth_max) return true;
    result_.end = SearchEnd::depth;
    return false;
  }

  bool sleeps_ = false;
  SleepSets sleep_;
  VisitedStates visited_{limits_.states_max};
  std::vector<Level> levels_;  ///< the open ones, and such as were once
  std::size_t open_ = 0;
};

}  // namespace

SearchResult search_depth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                Coverage& coverage) {
  return DepthFirst(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
