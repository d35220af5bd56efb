// SPDX-License-Identifier: MIT
// What was unmapped is unreachable when the call returns. Source: modelling.md 3; bug-museum.md E17a, E21.
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "post-condition",
    "after munmap, madvise or truncate has returned the old content is unreachable at that address",
    "return of the call (unlink of a PFNMAP VMA; release of the destination's page lock in mremap), then fill, return "
    "to user mode, access",
    "No usable copy, in the range of the call, of an instance that the call revoked or found already revoked "
    "with its flush pending. Instances are judged, not content: a refault of the same shared page is legal.",
    "own: revoked by the call itself; found-pending: by another, and not waited for; moved: by mremap, to another "
    "page, which others may take away from the release of its lock on",
    "all architectures"};

class PostCondition : public ObligationRow {
 public:
  explicit PostCondition(const Ledger& ledger)
      : ObligationRow(row_text, true,
                      EventKinds{EventKind::call_returned, EventKind::vma_unlinked, EventKind::lock_released,
                                 EventKind::returned_to_user, EventKind::translation_filled,
                                 EventKind::translation_used},
                      ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::call_returned:
        if (zaps(ledger_.execution().finished_call().call) && ledger_.execution().finished_call().revoked != 0)
          exercise();
        return judge_due(event);
      case EventKind::vma_unlinked:
      case EventKind::lock_released: return judge_due(event);
      case EventKind::returned_to_user: return judge_reachable(event);
      case EventKind::translation_filled: return judge(event, filled(event), "fill");
      default: return judge(event, used(event), story::access_text(event.a));
    }
  }

 private:
  static bool concerns(const Obligation& o) { return o.change == Change::revoked && o.returned; }
  static const char* class_of(const Obligation& o) {
    if (o.found_by_other) return "found-pending";
    return o.due_by == Due::unlock_of_destination ? "moved" : "own";
  }
  static const char* what_was_done(const Obligation& o) {
    return o.due_by == Due::unlock_of_destination ? "has moved and its new place is unlocked"
                                                  : "is unmapped and its call has returned";
  }

  /// At the return itself what has just become due.
  void judge_due(const Event& event) {
    for (const std::uint64_t id : ledger_.happened().due) {
      const Obligation& o = *ledger_.obligation(id);
      if (!concerns(o) || o.returned_order != ledger_.order()) continue;
      if (o.found_by_other) exercise();
      judge_copies(event, o, CpuId::none());
    }
  }
  /// On a return to user mode whatever that cpu can reach.
  void judge_reachable(const Event& event) {
    for (const std::uint64_t id : ledger_.awake()) {
      const Obligation& o = *ledger_.obligation(id);
      if (concerns(o)) judge_copies(event, o, event.cpu);
    }
  }
  void judge_copies(const Event& event, const Obligation& o, CpuId only) {
    if (const auto copy = ledger_.usable(o, only))
      accuse(event, o, class_of(o),
             fmt::format("{} {}, but {}", story::page_text(o.was.mm, o.was.page), what_was_done(o),
                         story::copy_text(ledger_, *copy)));
  }
  void judge(const Event& event, const Obligation* o, const char* what) {
    if (o == nullptr || !concerns(*o)) return;
    accuse(event, *o, class_of(*o),
           fmt::format("{} of {} reaches frame {} although it {}", what, story::page_text(o->was.mm, o->was.page),
                       o->was.frame, what_was_done(*o)));
  }
};

}  // namespace

std::unique_ptr<Invariant> make_post_condition(const Ledger& ledger) {
  return std::make_unique<PostCondition>(ledger);
}

}  // namespace mmulab
