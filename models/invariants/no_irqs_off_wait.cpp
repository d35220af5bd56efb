// SPDX-License-Identifier: MIT
// Nobody waits for other cpus in a state in which they may be waiting for him. Source: modelling.md 3.
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-irqs-off-wait",
    "waiting for other cpus happens with interrupts on, and without a lock on which a responder can spin",
    "start of a wait for remote cpus",
    "At remote_wait_begun for at least one cpu: interrupts are on, and no lock is held of a class that is ever "
    "taken with interrupts off (a responder could spin on it deaf).",
    "irqs-off; lock",
    "all architectures"};

/// Bit n: a lock of class n has been taken with interrupts off.
class NoIrqsOffWait : public Row<std::uint64_t> {
 public:
  explicit NoIrqsOffWait(const Ledger& ledger)
      : Row(row_text, true, EventKinds{EventKind::remote_wait_begun, EventKind::lock_acquired}, ledger) {}

  void on_event(const Event& event) override {
    const TaskRecord& task = ledger_.execution().task(event.task);
    if (event.kind == EventKind::lock_acquired) {
      if (task.irqs_off) state_ |= std::uint64_t{1} << event.a;
      return;
    }
    if (event.a == 0) return;
    exercise();
    if (task.irqs_off)
      accuse(event, "irqs-off", fmt::format("task {} waits for {} cpus with interrupts off", event.task, event.a));
    for (const HeldLock& lock : task.locks)
      if ((state_ >> static_cast<unsigned>(lock.lock_class) & 1) != 0)
        accuse(event, "lock",
               fmt::format("task {} waits for {} cpus and holds {}, which others take with interrupts off",
                           event.task, event.a, name_of(lock.lock_class)));
  }
  void mix_into(StateHash& hash) const override { hash.mix(state_); }

 private:
  void accuse(const Event& event, const char* class_id, std::string message) {
    Violation v = story::at_event(event, class_id, std::move(message));
    v.story.push_back("the wait began at " + story::moment_text(ledger_, event));
    for (const HeldLock& lock : ledger_.execution().task(event.task).locks)
      v.story.push_back(fmt::format("it holds {} at {}", name_of(lock.lock_class), story::word_text(ledger_, lock.at)));
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_irqs_off_wait(const Ledger& ledger) {
  return std::make_unique<NoIrqsOffWait>(ledger);
}

}  // namespace mmulab
