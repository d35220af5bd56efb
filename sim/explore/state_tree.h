// SPDX-License-Identifier: MIT
// The states that a search has found, each with the one from which it was found and the move that led there, and a way
// for a cursor to go to any of them that has not been visited yet. Where states can be kept, the cursor leaps: it puts
// the words in which the two places differ, over what their paths have in common (for neighbours nearly all), and the
// rest from a copy (copies.h). Copies have a budget of memory; a state without one is performed again from its nearest
// ancestor that has one. Where states cannot be kept, the cursor walks there.
// Cost: some 150 bytes a state for good, and its copy until it has been visited.
#pragma once

#include <vector>

#include "sim/explore/cursor.h"

namespace mmulab {

class StateTree {
 public:
  using Node = std::uint32_t;
  static constexpr Node root = 0;

  /// The cursor is at the root.
  StateTree(Cursor& cursor, bool leaps, std::uint64_t copies_max_bytes);
  /// To the root again.
  ~StateTree();
  StateTree(const StateTree&) = delete;
  StateTree& operator=(const StateTree&) = delete;

  [[nodiscard]] std::size_t size() const { return links_.size(); }
  [[nodiscard]] std::size_t depth(Node n) const { return links_[n].depth; }
  /// The state that the cursor is at, by one move from `parent`.
  void add(Node parent);
  /// Once for each node.
  void visit(Node n);
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Link {
    Node parent = root;
    std::uint32_t depth = 0;
    Move move;
    Copies::Id copy = Copies::none;  ///< of the nearest ancestor that has one
    std::size_t changes_end = 0;     ///< what the move has stored: up to here, from where the last node's changes end
  };

  void leap(Node n, Copies::Id copy);
  void walk(Node n);
  [[nodiscard]] Node ancestor(Node n, std::size_t depth) const;
  void take_back(Node n);
  void make_again(Node n);
  [[nodiscard]] std::size_t changes_begin(Node n) const { return n == root ? 0 : links_[n - 1].changes_end; }

  Cursor& cursor_;
  const bool leaps_;
  const std::uint64_t copies_max_bytes_;
  std::vector<Link> links_;
  std::vector<World::Change> changes_;
  std::vector<Node> trail_;   ///< from the root to the cursor's base
  std::vector<Node> ahead_;   // scratch
  std::vector<Move> moves_;   // scratch
};

}  // namespace mmulab
