// SPDX-License-Identifier: MIT
#include "models/radix/flush_plan.h"

namespace mmulab::radix {
bool nothing_to_do(const Invalidation& what) {
  if (what.full_mm || what.scope == Invalidation::Scope::mm || what.freed_tables) return false;
  return what.scope == Invalidation::Scope::range ? !(what.first < what.end) : what.count == 0;
}

FlushPlan plan_of(const Invalidation& what, std::uint64_t ceiling) {
  FlushPlan plan;
  plan.mm = what.mm;
  if (what.full_mm) return plan;
  switch (what.scope) {
    case Invalidation::Scope::mm: break;
    case Invalidation::Scope::range:
      if (!(what.first < what.end) || (what.end - what.first).raw() > ceiling) break;
      plan.first = what.first.raw();
      plan.end = what.end.raw();
      break;
    case Invalidation::Scope::entries:
      if (what.count == 0 || what.count > ceiling || !what.wait) break;
      plan.entries = what.entries;
      plan.count = what.count;
      break;
  }
  return plan;
}

Event flush_event(EventKind kind, const Invalidation& what, const FlushPlan& plan) {
  Event event{kind};
  event.mm = what.mm;
  event.a = static_cast<std::uint64_t>(what.reason);
  event.b = plan.pages();
  return event;
}

}  // namespace mmulab::radix
