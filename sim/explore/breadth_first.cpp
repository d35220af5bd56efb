// SPDX-License-Identifier: MIT
// Breadth-first search over states: the first counterexample is a shortest one, and a search that is cut short can say
// up to which depth it is complete. The frontier is kept in a tree of states (state_tree.h) to which the cursor leaps.
#include <algorithm>

#include "sim/explore/search.h"
#include "sim/explore/state_tree.h"

namespace mmulab {
namespace {

class BreadthFirst : public Search {
 public:
  using Search::Search;

  SearchResult run() override {
    // Where orders are wanted, the steps that lead to a state are performed.
    tree_.emplace(cursor_, !coverage_.wants_orders(), limits_.memory_max_bytes / 2);
    switches_.push_back(SwitchCount{});
    enter_state(visited_, SwitchCount{});
    for (StateTree::Node n = StateTree::root, level_end = 1; n < tree_->size(); ++n) {
      if (n == level_end) {
        result_.complete_depth = tree_->depth(n);
        level_end = static_cast<StateTree::Node>(tree_->size());
      }
      if (out_of_budget(visited_.size(), bytes())) break;
      if (!expand(n)) break;
    }
    tree_.reset();
    if (result_.end == SearchEnd::complete) result_.complete_depth = result_.depth;
    result_.states = visited_.size();
    result_.collision_exponent = visited_.collision_exponent();
    return finish("bfs");
  }

 private:
  [[nodiscard]] std::size_t bytes() const {
    return visited_.bytes() + tree_->bytes() + switches_.capacity() * sizeof(SwitchCount);
  }

  /// False: the search is over.
  bool enter(StateTree::Node parent, const SwitchCount& switches) {
    const VisitedStates::Seen seen = enter_state(visited_, switches);
    if (seen == VisitedStates::Seen::no_room) return false;
    if (seen == VisitedStates::Seen::before) return true;
    tree_->add(parent);
    switches_.push_back(switches);
    return true;
  }

  /// False: the search is over.
  bool expand(StateTree::Node n) {
    tree_->visit(n);
    if (cursor_.at_end()) return true;
    if (cursor_.depth() >= limits_.depth_max) {
      result_.end = SearchEnd::depth;
      return true;
    }
    cursor_.list(moves_);
    if (note_violations() == After::stop) return false;
    const SwitchCount before = switches_[n];
    for (std::size_t i = 0; i < moves_.size(); ++i) {
      SwitchCount switches = before;
      switches.add(moves_[i], moves_);
      if (switches.switches() > limits_.switches_max) {
        ++result_.bound_cut;
        continue;
      }
      const After after = advance(moves_[i]);
      if (after == After::stop) return false;
      if (const auto other = cursor_.next_choice())
        moves_.insert(moves_.begin() + static_cast<std::ptrdiff_t>(i) + 1, *other);
      if (after == After::go_on && !enter(n, switches)) return false;
      cursor_.pop();
    }
    return true;
  }

  VisitedStates visited_{limits_.states_max};
  std::optional<StateTree> tree_;
  std::vector<SwitchCount> switches_;  ///< of each node
  std::vector<Move> moves_;
};

}  // namespace

SearchResult search_breadth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                  Coverage& coverage) {
  return BreadthFirst(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
