// SPDX-License-Identifier: MIT
// Locks are taken from the outside inwards. Source: modelling.md 3; models/mm/locks.h (LockClass is that order).
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "lock-order",
    "every lock is taken inside those that the declared order puts outside it",
    "lock acquire",
    "If task t holds a lock of class c and takes one of class d, then c < d in the declared order mmap_sem < "
    "page_lock < i_mmap_lock < anon_vma_lock < page_table_lock < ptl < zone < context < shootdown < tlbie < run_queue; "
    "two locks of class mmap_sem or ptl may nest (fork, mremap). A page lock that is only tried has no order.",
    "order",
    "all architectures"};

class LockOrder : public Row<> {
 public:
  explicit LockOrder(const Ledger& ledger) : Row(row_text, true, EventKinds{EventKind::lock_acquired}, ledger) {}

  void on_event(const Event& event) override {
    const auto taken = static_cast<LockClass>(event.a);
    if (taken == LockClass::page && event.b != 0) return;
    const auto& locks = ledger_.execution().task(event.task).locks;
    if (locks.size() > 1) exercise();
    for (std::size_t i = 0; i + 1 < locks.size(); ++i) {
      const HeldLock& held = locks[i];
      const bool may_nest = (taken == LockClass::ptl || taken == LockClass::mmap_sem) && held.at != event.location;
      if (held.lock_class < taken || (held.lock_class == taken && may_nest)) continue;
      Violation v = story::at_event(
          event, "order",
          fmt::format("task {} takes {} while it holds {}", event.task, name_of(taken), name_of(held.lock_class)));
      v.opened_by = held.order;
      v.locations = {held.at, event.location};
      for (const HeldLock& lock : locks)
        v.story.push_back(fmt::format("{} at {}", name_of(lock.lock_class), story::word_text(ledger_, lock.at)));
      v.story.push_back("taken at " + story::moment_text(ledger_, event));
      report(v);
      return;
    }
  }
};

}  // namespace

std::unique_ptr<Invariant> make_lock_order(const Ledger& ledger) { return std::make_unique<LockOrder>(ledger); }

}  // namespace mmulab
