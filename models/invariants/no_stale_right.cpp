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
    "Raised rights and the accessed bit never count. Nor, after mprotect has returned, does an access use a right "
    "that it took away, through a copy whose instance had ended before with its flush pending (reclaim).",
    "write; exec; read; found-pending",
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
      if (o == nullptr || !o->due) return;
      if (o->denied != 0) return on_denied(event, *o);
      if (o->change != Change::lowered) return;
      accuse(event, *o, class_of(o->lost),
             fmt::format("{} of {} uses a right that was revoked", story::access_text(event.a),
                         story::page_text(o->was.mm, o->was.page)));
      return;
    }
    if (event.kind == EventKind::call_returned && ledger_.execution().finished_call().lowered != 0) exercise();
    for (const std::uint64_t id : ledger_.happened().due) {
      const Obligation& o = *ledger_.obligation(id);
      if (o.denied != 0 && o.denied_order == ledger_.order()) exercise();
      if (o.change != Change::lowered || !o.due || o.due_since.order != ledger_.order()) continue;
      if (const auto copy = ledger_.usable(o))
        accuse(event, o, class_of(o.lost),
               fmt::format("{} of {} was revoked, but {}", class_of(o.lost),
                           story::page_text(o.was.mm, o.was.page), story::copy_text(ledger_, *copy)));
    }
  }

 private:
  /// The call found the pte gone and its flush pending (reclaim), and relied on that.
  void on_denied(const Event& event, const Obligation& o) {
    const auto kind = static_cast<AccessKind>(event.a);
    const std::uint64_t needs = kind == AccessKind::store   ? std::uint64_t{right_write}
                                : kind == AccessKind::fetch ? std::uint64_t{right_exec}
                                                            : 0;
    if ((o.denied & needs) == 0) return;
    accuse(event, o, "found-pending",
           fmt::format("{} of {} uses a right that a call has taken away meanwhile", story::access_text(event.a),
                       story::page_text(o.was.mm, o.was.page)));
  }
  static const char* class_of(std::uint64_t lost) {
    return (lost & right_read) != 0 ? "read" : (lost & right_write) != 0 ? "write" : "exec";
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_stale_right(const Ledger& ledger) {
  return std::make_unique<NoStaleRight>(ledger);
}

}  // namespace mmulab
