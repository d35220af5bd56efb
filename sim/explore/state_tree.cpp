// SPDX-License-Identifier: MIT
#include "sim/explore/state_tree.h"

namespace mmulab {

StateTree::StateTree(Cursor& cursor, bool leaps, std::uint64_t copies_max_bytes)
    : cursor_(cursor), leaps_(leaps && cursor.can_leap()), copies_max_bytes_(copies_max_bytes), trail_{root} {
  links_.emplace_back();
  if (leaps_) links_.front().copy = cursor_.keep();
}

StateTree::~StateTree() {
  if (leaps_) {
    leap(root, links_.front().copy);
    cursor_.forget_copies();
  } else {
    cursor_.pop_to(0);
  }
}

void StateTree::add(Node parent) {
  Link link;
  link.parent = parent;
  link.depth = links_[parent].depth + 1;
  link.move = cursor_.moves().back();
  if (leaps_) {
    cursor_.list_changes(changes_);
    if (cursor_.copies().bytes() < copies_max_bytes_) link.copy = cursor_.keep();
    else cursor_.copies().share(link.copy = cursor_.base());
  }
  link.changes_end = changes_.size();
  links_.push_back(link);
}

void StateTree::visit(Node n) {
  if (!leaps_) return walk(n);
  const Copies::Id copy = links_[n].copy;
  const std::size_t from = cursor_.copies().standing(copy).level;
  if (copy != cursor_.base()) leap(ancestor(n, from), copy);
  if (from != links_[n].depth) walk(n);
  // The root's is where the cursor goes back to in the end.
  if (from != 0) cursor_.copies().drop(copy);
}

StateTree::Node StateTree::ancestor(Node n, std::size_t depth) const {
  while (links_[n].depth > depth) n = links_[n].parent;
  return n;
}

/// To the node that the copy is of.
void StateTree::leap(Node n, Copies::Id copy) {
  cursor_.pop_to(trail_.size() - 1);
  ahead_.clear();
  const std::size_t depth = links_[n].depth;
  while (trail_.size() > depth + 1) take_back(trail_.back());
  for (; trail_.size() <= links_[n].depth || trail_[links_[n].depth] != n; n = links_[n].parent) ahead_.push_back(n);
  const std::size_t common = links_[n].depth;
  while (trail_.size() > common + 1) take_back(trail_.back());
  moves_.clear();
  for (std::size_t i = ahead_.size(); i > 0; --i) make_again(ahead_[i - 1]);
  cursor_.leap(copy, common, moves_);
}

void StateTree::take_back(Node n) {
  World& world = cursor_.system().world();
  for (std::size_t i = links_[n].changes_end; i > changes_begin(n); --i)
    world.put(changes_[i - 1].at, changes_[i - 1].before);
  trail_.pop_back();
}

void StateTree::make_again(Node n) {
  World& world = cursor_.system().world();
  for (std::size_t i = changes_begin(n); i < links_[n].changes_end; ++i) world.put(changes_[i].at, changes_[i].after);
  trail_.push_back(n);
  moves_.push_back(links_[n].move);
}

void StateTree::walk(Node n) {
  moves_.resize(links_[n].depth);
  for (std::size_t i = moves_.size(); i > 0; --i) {
    moves_[i - 1] = links_[n].move;
    n = links_[n].parent;
  }
  cursor_.move_to(moves_);
}

std::size_t StateTree::bytes() const {
  return links_.capacity() * sizeof(Link) + changes_.capacity() * sizeof(World::Change) +
         (leaps_ ? cursor_.copies().bytes() : 0);
}

}  // namespace mmulab
