// SPDX-License-Identifier: MIT
#include "models/invariants/no_deadlock.h"

#include "models/invariants/rows.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-deadlock",
    "somebody can always go on until everybody has finished",
    "no agent enabled, and not all finished",
    "In every reachable state some agent's next step is enabled, or all tasks have ended.",
    "deadlock",
    "all architectures"};

}  // namespace

NoDeadlock::NoDeadlock() : Invariant(row_text, true, EventKinds{EventKind::quiescent}) {}

void NoDeadlock::on_event(const Event&) { exercise(); }

void NoDeadlock::report_deadlock(Cycle cycle, const std::string& description, std::vector<std::string> story) {
  exercise();
  Violation v;
  v.class_id = "deadlock";
  v.cycle = cycle;
  v.message = description;
  v.story = std::move(story);
  report(v);
}

std::unique_ptr<Invariant> make_no_deadlock(const Ledger&) { return std::make_unique<NoDeadlock>(); }

}  // namespace mmulab
