// SPDX-License-Identifier: MIT
// A right that has been taken away is gone when the call returns. Source: modelling.md 1.2 (D4), 3.
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-stale-right",
    "once a call that lowers rights has returned, nobody can still use the higher right",
    "the due event (return of mprotect, end of dup_mmap for fork), then each access",
    "After the due event there is no usable copy of instance i with a revoked right, and no access uses one. "
    "Raised rights and the accessed bit never count.",
    "write; exec; read",
    "all architectures"};

class NoStaleRight : public ObligationRow {
 public:
  explicit NoStaleRight(const Ledger& ledger)
      : ObligationRow(row_text, true,
                      EventKinds{EventKind::call_returned, EventKind::lock_released, EventKind::translation_used},
                      ledger) {}

  void on_event(const Event& event) override {
    if (event.kind == EventKind::translation_used) {
      const Obligation* o = used(event);
      if (o == nullptr || o->change != Change::lowered || !o->due) return;
      accuse(event, *o, class_of(o->lost),
             fmt::format("{} of {} uses a right that was revoked", story::access_text(event.a),
                         story::page_text(o->was.mm, o->was.page)));
      return;
    }
    if (event.kind == EventKind::call_returned && ledger_.execution().finished_call().lowered != 0) exercise();
    for (const auto& [id, o] : ledger_.open()) {
      if (o.change != Change::lowered || !o.due || o.due_since.order != ledger_.order()) continue;
      if (const auto copy = ledger_.usable(o))
        accuse(event, o, class_of(o.lost),
               fmt::format("{} of {} was revoked, but {}", class_of(o.lost),
                           story::page_text(o.was.mm, o.was.page), story::copy_text(*copy)));
    }
  }

 private:
  static const char* class_of(std::uint64_t lost) {
    return (lost & right_read) != 0 ? "read" : (lost & right_write) != 0 ? "write" : "exec";
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_stale_right(const Ledger& ledger) {
  return std::make_unique<NoStaleRight>(ledger);
}

}  // namespace mmulab
