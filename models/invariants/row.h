// SPDX-License-Identifier: MIT
// What the invariants that read the ledger have in common.
#pragma once

#include <set>

#include "models/invariants/ledger.h"
#include "models/invariants/rows.h"
#include "models/invariants/story.h"

namespace mmulab {

struct NothingToRemember {};

template <class State = NothingToRemember>
class Row : public RememberedAs<State, Invariant> {
 protected:
  Row(const InvariantText& text, bool applicable, EventKinds kinds, const Ledger& ledger)
      : RememberedAs<State, Invariant>(text, applicable, kinds),
        ledger_(ledger) {}
  const Ledger& ledger_;
};

/// Judges obligations; reports each at most once, however often its copies are used.
class ObligationRow : public Row<std::set<std::uint64_t>> {
 protected:
  using Row::Row;
  void accuse(const Event& event, const Obligation& o, const char* class_id, std::string message) {
    if (!state_.insert(o.opened.order << 8 | (o.was.page.raw() & 0xff)).second) return;
    report(story::about(ledger_, event, o, class_id, std::move(message)));
  }
  /// The obligation through whose copy the current access went, if that copy was usable; else null.
  [[nodiscard]] const Obligation* used(const Event& event) const {
    const Obligation* o = ledger_.obligation(ledger_.happened().stale_use);
    return o != nullptr && ledger_.execution().runs_user(event.cpu) ? o : nullptr;
  }
  [[nodiscard]] const Obligation* filled(const Event& event) const {
    const Obligation* o = ledger_.obligation(ledger_.happened().stale_fill);
    return o != nullptr && ledger_.execution().runs_user(event.cpu) ? o : nullptr;
  }
};

}  // namespace mmulab
