// SPDX-License-Identifier: MIT
// Depth-first search over states, with snapshots: each state is entered once (or again when fewer switches lead to it).
#include "sim/explore/search.h"

namespace mmulab {
namespace {

class DepthFirst : public Search {
 public:
  using Search::Search;

  SearchResult run() override {
    enter_state(visited_, SwitchCount{});
    open_level(SwitchCount{});
    while (!levels_.empty()) {
      if (out_of_budget(visited_.size(), visited_.bytes())) break;
      if (!explore_next()) break;
    }
    result_.states = visited_.size();
    result_.collision_exponent = visited_.collision_exponent();
    return finish("dfs");
  }

 private:
  struct Level {
    std::vector<Move> moves;
    std::size_t next = 0;
    SwitchCount switches;
  };

  /// False: the search is over.
  bool open_level(const SwitchCount& switches) {
    levels_.emplace_back();
    levels_.back().switches = switches;
    cursor_.list(levels_.back().moves);
    return note_violations() != After::stop;
  }

  bool explore_next() {
    Level& level = levels_.back();
    if (level.next == level.moves.size()) {
      levels_.pop_back();
      if (!levels_.empty()) cursor_.pop();
      return true;
    }
    const Move move = level.moves[level.next++];
    SwitchCount switches = level.switches;
    switches.add(move, level.moves);
    if (switches.switches() > limits_.switches_max) {
      ++result_.bound_cut;
      return true;
    }
    const After after = advance(move);
    if (after == After::stop) return false;
    if (const auto other = cursor_.next_choice())
      level.moves.insert(level.moves.begin() + static_cast<std::ptrdiff_t>(level.next), *other);
    if (after == After::violated || !is_fresh(switches) || !may_go_deeper()) {
      end_path();
      cursor_.pop();
      return true;
    }
    return open_level(switches);
  }

  bool is_fresh(const SwitchCount& switches) {
    return enter_state(visited_, switches) != VisitedStates::Seen::before;
  }

  bool may_go_deeper() {
    if (cursor_.depth() < limits_.depth_max) return true;
    result_.end = SearchEnd::depth;
    return false;
  }

  VisitedStates visited_;
  std::vector<Level> levels_;
};

}  // namespace

SearchResult search_depth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                Coverage& coverage) {
  return DepthFirst(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
