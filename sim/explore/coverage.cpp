// SPDX-License-Identifier: MIT
#include "sim/explore/coverage.h"

namespace mmulab {

void Coverage::note(const MoveInfo& move) {
  if (move.label == nullptr) {
    if (orders_wanted_) path_.push_back(path_.empty() ? MoveInfo{} : path_.back());
    return;
  }
  if (reached_.size() <= move.label->number()) reached_.resize(Label::all().size(), false);
  reached_[move.label->number()] = true;
  if (!orders_wanted_) return;
  if (!path_.empty()) {
    const MoveInfo& last = path_.back();
    if (last.label != nullptr && last.agent != move.agent && dependent(last.footprint, move.footprint))
      ++orders_[{last.label, move.label}];
  }
  path_.push_back(move);
}

bool Coverage::reached(const Label& label) const {
  return label.number() < reached_.size() && reached_[label.number()];
}

}  // namespace mmulab
