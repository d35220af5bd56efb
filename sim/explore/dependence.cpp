// SPDX-License-Identifier: MIT
#include "sim/explore/dependence.h"

namespace mmulab {
namespace {

template <class A, class B>
bool meet(const A& a, const B& b) {
  for (const Touch& x : a)
    for (const Touch& y : b) {
      if (x.use == Use::read && y.use == Use::read) continue;
      if (x.first.raw() < y.first.raw() + y.words && y.first.raw() < x.first.raw() + x.words) return true;
    }
  return false;
}

}  // namespace

bool Dependence::learn(const Label* label, Bearings said) {
  if (label == nullptr) return false;
  if (said_.size() <= label->number()) said_.resize(Label::all().size(), bearing::nothing);
  Bearings& known = said_[label->number()];
  if ((known | said) == known) return false;
  known |= said;
  return true;
}

Bearings Dependence::may_say(const Pending& pending) const {
  const Label* label = pending.label;
  if (label == nullptr || label->number() >= said_.size()) return bearing::nothing;
  const Bearings said = said_[label->number()];
  return pending.idle ? said : static_cast<Bearings>(said & ~bearing::end_of_all);
}

bool Dependence::holds(const Pending& pending, const Made& made) const {
  // The units of a device are independent but for what they touch.
  const bool same_cpu = !made.is_device && pending.move.decision.agent == made.agent;
  return pending.actor == made.actor || same_cpu || meet(pending.footprint, made.touched) ||
         !commute(may_say(pending), made.said);
}

bool Dependence::holds(const Made& a, const Made& b) const {
  const bool same_cpu = !a.is_device && a.agent == b.agent;
  return a.actor == b.actor || same_cpu || meet(a.touched, b.touched) || !commute(a.said, b.said);
}

}  // namespace mmulab
