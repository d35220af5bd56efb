// SPDX-License-Identifier: MIT
// At most one valid hash entry for a page. Source: modelling.md 1.2, 3; linux-gather.md 2.7 (D1, D2).
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-duplicate-hpte",
    "at most one valid hash entry for a (segment size, VSID, page), both groups together",
    "every store to dword 0 of a hash entry",
    "For no two slots s != t: V(s) and V(t), live VSIDs, equal segment size, and overlapping VPN (from AVPN, "
    "group index, H and page size).",
    "D1: the pte was refaulted while its old entry was pending; D2: the same pte was hashed again. Each message "
    "says who owns the pending entry, whether that task still holds the page-table lock, and who holds it.",
    "ppc64 (machines with a hashed page table)"};

class NoDuplicateHpte : public Row<> {
 public:
  explicit NoDuplicateHpte(const Ledger& ledger)
      : Row(row_text, ledger.config().hash_table, EventKinds{EventKind::hpte_stored}, ledger) {}

  void on_event(const Event& event) override {
    if ((event.b & ledger_.config().hpt.valid) == 0) return;
    exercise();
    const Duplicate& d = ledger_.happened().duplicate;
    if (d.found) accuse(event, d);
  }

 private:
  void accuse(const Event& event, const Duplicate& d) {
    const char* class_id = d.refaulted ? "D1" : "D2";
    std::string message =
        fmt::format("{}: two valid hash entries for {}: {}", class_id, story::page_text(event.mm, event.page),
                    d.refaulted ? "pte refaulted" : "same pte hashed again");
    if (d.pending.when.known)
      message += fmt::format(", owner of the pending entry (task {}) {} the page-table lock", d.pending.when.task,
                             d.owner_holds_ptl ? "still holds" : "no longer holds");
    Violation v = story::about_page(ledger_, event, event.mm, event.page, class_id, message);
    v.opened_by = d.pending.when.order;
    story::tell_hpte(ledger_, v, "older", d.older);
    if (d.pending.when.known)
      v.story.push_back("its pte was taken from under it at " + story::moment_text(ledger_, d.pending.when));
    if (const PageRecord* record = ledger_.page(event.mm, event.page); record != nullptr && record->present)
      v.story.push_back(fmt::format("the pte now maps frame {}, set at {}", record->live.frame,
                                    story::moment_text(ledger_, record->live.born)));
    v.story.push_back(d.ptl_holder.exists() ? fmt::format("the page-table lock is held by task {}", d.ptl_holder)
                                            : std::string("nobody holds the page-table lock"));
    v.story.push_back(ledger_.is_noted(event.mm, event.page) ? "a flush of the older entry is pending in a batch"
                                                             : "no batch has the older entry");
    story::tell_hpte(ledger_, v, "newer", d.newer);
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_duplicate_hpte(const Ledger& ledger) {
  return std::make_unique<NoDuplicateHpte>(ledger);
}

}  // namespace mmulab
