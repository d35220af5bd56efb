// SPDX-License-Identifier: MIT
// Breadth-first search over states: the first counterexample is a shortest one, and a search that is cut short can say
// up to which depth it is complete. No state is kept, only how it was reached: the cursor walks from one state of the
// frontier to the next over what their paths have in common, which for neighbours is nearly all.
#include <algorithm>

#include "sim/explore/search.h"

namespace mmulab {
namespace {

class BreadthFirst : public Search {
 public:
  using Search::Search;

  SearchResult run() override {
    nodes_.push_back({});
    enter(SwitchCount{});
    for (std::size_t n = 0, level_end = 1; n < nodes_.size(); ++n) {
      if (n == level_end) {
        result_.complete_depth = nodes_[n].depth;
        level_end = nodes_.size();
      }
      if (out_of_budget(visited_.size(), bytes())) break;
      if (!expand(n)) break;
    }
    if (result_.end == SearchEnd::complete) result_.complete_depth = result_.depth;
    result_.states = visited_.size();
    result_.collision_exponent = visited_.collision_exponent();
    return finish("bfs");
  }

 private:
  struct Node {
    std::uint32_t parent = ~std::uint32_t{0};
    std::uint32_t depth = 0;
    Move move;
    SwitchCount switches;
  };

  [[nodiscard]] std::size_t bytes() const { return visited_.bytes() + nodes_.capacity() * sizeof(Node); }

  bool enter(const SwitchCount& switches) {
    return enter_state(visited_, switches) != VisitedStates::Seen::before;
  }

  void go_to(std::size_t n) {
    path_.resize(nodes_[n].depth);
    for (std::size_t i = path_.size(); i > 0; --i) {
      path_[i - 1] = nodes_[n].move;
      n = nodes_[n].parent;
    }
    cursor_.move_to(path_);
  }

  /// False: the search is over.
  bool expand(std::size_t n) {
    go_to(n);
    if (cursor_.at_end()) return true;
    if (cursor_.depth() >= limits_.depth_max) {
      result_.end = SearchEnd::depth;
      return true;
    }
    cursor_.list(moves_);
    if (note_violations() == After::stop) return false;
    const SwitchCount before = nodes_[n].switches;
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
      if (after == After::go_on && enter(switches))
        nodes_.push_back({static_cast<std::uint32_t>(n), nodes_[n].depth + 1, cursor_.moves().back(), switches});
      cursor_.pop();
    }
    return true;
  }

  VisitedStates visited_;
  std::vector<Node> nodes_;
  std::vector<Move> moves_;
  std::vector<Move> path_;
};

}  // namespace

SearchResult search_breadth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                  Coverage& coverage) {
  return BreadthFirst(cursor, limits, goal, coverage).run();
}

}  // namespace mmulab
