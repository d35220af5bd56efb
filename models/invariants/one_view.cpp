// SPDX-License-Identifier: MIT
// Threads agree on what a page holds. Source: modelling.md 3; commit 4ce072f1faf29 (flush before the new pte is
// shown).
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "one-view",
    "two threads of one mm never see a new write and miss an older one",
    "each load",
    "After a store through the new instance of a transparently replaced page (COW) no load goes through the old "
    "one. Ranges of an unfinished zap are exempt.",
    "behind",
    "all architectures"};

class OneView : public ObligationRow {
 public:
  explicit OneView(const Ledger& ledger)
      : ObligationRow(row_text, true, EventKinds{EventKind::pte_stored, EventKind::translation_used}, ledger) {}

  void on_event(const Event& event) override {
    if (event.kind == EventKind::pte_stored) {
      if (ledger_.happened().copy_finished || ledger_.happened().replaced) exercise();
      return;
    }
    const Obligation* o = used(event);
    if (o == nullptr || o->change != Change::replaced || !o->new_written) return;
    if (static_cast<AccessKind>(event.a) == AccessKind::store) return;
    accuse(event, *o, "behind",
           fmt::format("{} of {} still reads frame {}, and frame {} has been written", story::access_text(event.a),
                       story::page_text(o->was.mm, o->was.page), o->was.frame, o->replaced_by));
  }
};

}  // namespace

std::unique_ptr<Invariant> make_one_view(const Ledger& ledger) { return std::make_unique<OneView>(ledger); }

}  // namespace mmulab
