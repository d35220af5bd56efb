// SPDX-License-Identifier: MIT
#include "sim/explore/dependence.h"

namespace mmulab {

bool Dependence::learn(const Label* label, const Concern& said) {
  if (label == nullptr) return false;
  if (said_.size() <= label->number()) said_.resize(Label::all().size());
  return said_[label->number()].add(said);
}

Concern Dependence::may_say(const Pending& pending) const {
  const Label* label = pending.label;
  if (label == nullptr || label->number() >= said_.size()) return {};
  Concern said = said_[label->number()];
  if (!pending.idle) said.changes &= ~Concern::end_of_all;
  return said;
}

bool Dependence::holds(const Pending& pending, const Made& made) const {
  // The units of a device are independent but for what they touch.
  const bool same_cpu = !made.is_device && pending.move.decision.agent == made.agent;
  const bool held_up = (pending.held_up || pending.was_held_up) &&
                       made.drains == CpuId{pending.move.decision.agent.raw()};
  return pending.process == made.process || same_cpu || held_up || dependent(pending.footprint, made.touched) ||
         may_say(pending).meets(made.said);
}

bool Dependence::holds(const Made& a, const Made& b) const {
  const bool same_cpu = !a.is_device && a.agent == b.agent;
  const bool held_up = a.was_held_up && b.drains == CpuId{a.agent.raw()};
  return a.process == b.process || same_cpu || held_up || dependent(a.touched, b.touched) || a.said.meets(b.said);
}

}  // namespace mmulab
