// SPDX-License-Identifier: MIT
// No usable translation leads to a frame of a past life. Source: modelling.md 3; bug-museum.md (I1).
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-stale-frame",
    "no usable translation leads to a frame that was freed or given away",
    "page given to another owner, fill, return to user mode, access",
    "There is no usable copy whose frame generation is dead. usable(c, x): core c is in user mode or in a user "
    "access, its tag registers match copy x, and no accepted interrupt is due first. A pending flush is fine "
    "while the page is pinned.",
    "freed",
    "all architectures"};

class NoStaleFrame : public ObligationRow {
 public:
  explicit NoStaleFrame(const Ledger& ledger)
      : ObligationRow(row_text, true,
                      EventKinds{EventKind::frame_freed, EventKind::frame_allocated, EventKind::translation_filled,
                                 EventKind::translation_used, EventKind::returned_to_user},
                      ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::frame_freed: return exercise();  // from now on there is something to go wrong
      case EventKind::frame_allocated: return on_given(event);
      case EventKind::returned_to_user: return on_return(event);
      case EventKind::translation_filled: return on_access(event, filled(event), "fill");
      default: return on_access(event, used(event), story::access_text(event.a));
    }
  }

 private:
  void on_given(const Event& event) {
    for (const std::uint64_t id : ledger_.awake()) {
      const Obligation& o = *ledger_.obligation(id);
      if (o.was.frame != event.frame || !ledger_.is_dead(o.was)) continue;
      if (const auto copy = ledger_.usable(o))
        accuse(event, o, "freed",
               fmt::format("frame {} is given to another owner, and {}", o.was.frame,
                           story::copy_text(ledger_, *copy)));
    }
  }
  void on_return(const Event& event) {
    for (const std::uint64_t id : ledger_.awake()) {
      const Obligation& o = *ledger_.obligation(id);
      if (!ledger_.is_dead(o.was)) continue;
      if (const auto copy = ledger_.usable(o, event.cpu))
        accuse(event, o, "freed",
               fmt::format("back in user mode, {}; frame {} was freed", story::copy_text(ledger_, *copy), o.was.frame));
    }
  }
  void on_access(const Event& event, const Obligation* o, const char* what) {
    if (o == nullptr || !ledger_.is_dead(o->was)) return;
    accuse(event, *o, "freed",
           fmt::format("{} of {} reaches frame {} after it was freed", what,
                       story::page_text(o->was.mm, o->was.page), o->was.frame));
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_stale_frame(const Ledger& ledger) {
  return std::make_unique<NoStaleFrame>(ledger);
}

}  // namespace mmulab
