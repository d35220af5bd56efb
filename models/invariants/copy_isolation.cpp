// SPDX-License-Identifier: MIT
// What is copied does not change under the copier. Source: modelling.md 3; bug-museum.md E14, E18.
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "copy-isolation",
    "between reading a frame's content for a copy and switching the pte no store reaches the old frame; none "
    "afterwards",
    "from the first read of the copy until the new pte is visible, and each store after",
    "For a COW copy of (mm, page): no store through the replaced instance between copy_begun and the store of "
    "the new pte, and none later. A copy that is thrown away constrains nothing; other mms that share the frame "
    "are free. For a page that is moved (migration) or compared and then replaced (KSM): no store through any mapping.",
    "during; after",
    "all architectures"};

class CopyIsolation : public ObligationRow {
 public:
  explicit CopyIsolation(const Ledger& ledger)
      : ObligationRow(row_text, true, EventKinds{EventKind::pte_stored, EventKind::translation_used}, ledger) {}

  void on_event(const Event& event) override {
    if (event.kind == EventKind::pte_stored) {
      if (ledger_.happened().copy_finished) on_finished(event, ledger_.happened().copy);
      return;
    }
    const Obligation* o = used(event);
    if (o == nullptr || o->change != Change::replaced || static_cast<AccessKind>(event.a) != AccessKind::store)
      return;
    accuse(event, *o, "after",
           fmt::format("store to {} reaches frame {}, which a copy has replaced",
                       story::page_text(o->was.mm, o->was.page), o->was.frame));
  }

 private:
  void on_finished(const Event& event, const CopyWatch& copy) {
    exercise();
    if (!copy.stored) return;
    Violation v = story::about_page(ledger_, event, copy.mm, copy.page, "during",
                                    fmt::format("a store to {} reached frame {} while it was being copied",
                                                story::page_text(copy.mm, copy.page), copy.source));
    v.opened_by = copy.begun.order;
    v.story = {"the copy began at " + story::moment_text(ledger_, copy.begun),
               "the store reached the source at " + story::moment_text(ledger_, copy.store),
               fmt::format("the copy became visible at {}: the store is lost",
                           story::moment_text(ledger_, event))};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_copy_isolation(const Ledger& ledger) {
  return std::make_unique<CopyIsolation>(ledger);
}

}  // namespace mmulab
