// SPDX-License-Identifier: MIT
#include "sim/explore/coverage.h"

namespace mmulab {

void Coverage::note(const MoveInfo& move) {
  if (move.label == nullptr) return;
  if (reached_.size() <= move.label->number()) reached_.resize(Label::all().size(), false);
  reached_[move.label->number()] = true;
  if (!orders_wanted_) return;
  if (last_.label != nullptr && last_.agent != move.agent && dependent(last_.footprint, move.footprint))
    ++orders_[{last_.label, move.label}];
  last_ = move;
}

bool Coverage::reached(const Label& label) const {
  return label.number() < reached_.size() && reached_[label.number()];
}

}  // namespace mmulab
