// SPDX-License-Identifier: MIT
#include "models/invariants/goals.h"

#include "models/invariants/register.h"

namespace mmulab {
namespace {

/// Reached whenever the condition holds at one of the kinds of event.
class ConditionGoal : public Goal {
 public:
  using Condition = bool (*)(const Ledger&, const Event&);
  ConditionGoal(const char* name, const char* help, EventKinds kinds, const Ledger& ledger, Condition condition)
      : Goal(name, help, kinds),
        ledger_(ledger),
        condition_(condition) {}
  void on_event(const Event& event) override {
    if (condition_(ledger_, event)) reach();
  }

 private:
  const Ledger& ledger_;
  Condition condition_;
};

bool inserted_while_pending(const Ledger& ledger, const Event& event) {
  if ((event.b & ledger.config().hpt.valid) == 0) return false;
  for (const NotedEntry& n : ledger.noted())
    if (n.mm == event.mm) return true;
  return false;
}

bool another_task_zaps(const Ledger& ledger, const Event& event) {
  if (static_cast<Call>(event.a) != Call::fault) return false;
  for (std::uint32_t t = 0; t < ledger.execution().tasks(); ++t)
    for (const ActiveCall& call : ledger.execution().task(TaskId{t}).calls)
      if (TaskId{t} != event.task && zaps(call.call) && (!call.mm.exists() || call.mm == event.mm)) return true;
  return false;
}

}  // namespace

std::unique_ptr<Goal> make_hpte_inserted_while_flush_pending(const Ledger& ledger) {
  return std::make_unique<ConditionGoal>("hpte-inserted-while-flush-pending",
                                         "a hash entry is inserted for an mm that has entries in a batch",
                                         EventKinds{EventKind::hpte_stored}, ledger, inserted_while_pending);
}

std::unique_ptr<Goal> make_ipi_delivered_with_irqs_off(const Ledger& ledger) {
  return std::make_unique<ConditionGoal>(
      "ipi-delivered-with-irqs-off", "an interrupt reaches a cpu that has interrupts off",
      EventKinds{EventKind::ipi_delivered}, ledger,
      [](const Ledger& l, const Event& event) { return l.execution().cpu(CpuId{event.b}).irqs_off; });
}

std::unique_ptr<Goal> make_stale_hit_on_pending_page(const Ledger& ledger) {
  return std::make_unique<ConditionGoal>(
      "stale-hit-on-pending-page",
      "an access goes through a translation whose pte has been changed and whose flush is pending",
      EventKinds{EventKind::translation_used}, ledger,
      [](const Ledger& l, const Event&) { return l.happened().stale_use != 0; });
}

std::unique_ptr<Goal> make_fault_during_zap(const Ledger& ledger) {
  return std::make_unique<ConditionGoal>("fault-during-zap",
                                         "a page fault begins while another task is inside an unmapping call",
                                         EventKinds{EventKind::call_entered}, ledger, another_task_zaps);
}

std::unique_ptr<Goal> make_frame_reused(const Ledger& ledger) {
  return std::make_unique<ConditionGoal>(
      "frame-reused", "a frame that was freed is given to another owner", EventKinds{EventKind::frame_allocated},
      ledger, [](const Ledger& l, const Event& event) { return l.frame(event.frame).generation != 0; });
}

std::vector<std::unique_ptr<Goal>> make_goals(const Ledger& ledger) {
  std::vector<std::unique_ptr<Goal>> all;
  for (const auto make : {make_hpte_inserted_while_flush_pending, make_ipi_delivered_with_irqs_off,
                          make_stale_hit_on_pending_page, make_fault_during_zap, make_frame_reused})
    all.push_back(make(ledger));
  return all;
}

}  // namespace mmulab
