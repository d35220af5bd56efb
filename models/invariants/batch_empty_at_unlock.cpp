// SPDX-License-Identifier: MIT
// Who promises to flush before the unlock has nothing pending then. Source: modelling.md 3; linux-gather.md 2.7
// (I4).
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "batch-empty-at-unlock",
    "when a page-table lock is released this cpu's batch is empty",
    "release of a page-table lock",
    "Under a strategy that promises it: the number of entries noted and not flushed on this cpu is zero.",
    "pending",
    "strategies that promise it (strategy.promises_empty_at_unlock)"};

class BatchEmptyAtUnlock : public Row<> {
 public:
  explicit BatchEmptyAtUnlock(const Ledger& ledger)
      : Row(row_text, ledger.config().empty_at_unlock, EventKinds{EventKind::lock_released}, ledger) {}

  void on_event(const Event& event) override {
    if (static_cast<LockClass>(event.a) != LockClass::ptl) return;
    exercise();
    const std::uint64_t depth = ledger_.batch_depth(event.cpu);
    if (depth == 0) return;
    Violation v = story::at_event(event, "pending",
                                  fmt::format("the page-table lock at {} is released with {} entries pending",
                                              story::word_text(ledger_, event.location), depth));
    v.locations.push_back(event.location);
    v.story.push_back("released at " + story::moment_text(ledger_, event));
    for (const NotedEntry& n : ledger_.noted()) {
      if (n.cpu != event.cpu) continue;
      if (v.opened_by == 0) v.opened_by = n.order;
      if (v.story.size() < 8)
        v.story.push_back(fmt::format("pending: {}, noted by task {}", story::page_text(n.mm, n.page), n.task));
    }
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_batch_empty_at_unlock(const Ledger& ledger) {
  return std::make_unique<BatchEmptyAtUnlock>(ledger);
}

}  // namespace mmulab
