// SPDX-License-Identifier: MIT
// No store to a page with backing is forgotten. Source: modelling.md 3; bug-museum.md E06, E17b.
#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "dirty-kept",
    "every store to a backed page is covered by its pte, its page flag or a later fault when the page is called "
    "clean",
    "discard of a page with backing; quiescence",
    "content(f) != backing(f) implies PageDirty(f), or PTE.D of some mapping, or a writeback snapshot later "
    "than the store. A dirty bit taken from a pte, and a store through a copy of an ended or cleaned instance, "
    "must reach the page flag, or be followed by a write of the page, before the page is discarded. A page given up by "
    "MADV_FREE keeps what is stored to it after the call has returned; an anonymous page that was written to swap has "
    "that as its backing.",
    "lost",
    "all architectures; pages of files, of swap, and given up"};

class DirtyKept : public Row<> {
 public:
  explicit DirtyKept(const Ledger& ledger)
      : Row(row_text, true, EventKinds{EventKind::page_discarded, EventKind::quiescent}, ledger) {}

  void on_event(const Event& event) override {
    if (event.kind == EventKind::page_discarded) {
      if (event.a != 1 && event.a != 2) return;
      exercise();
      judge(event, event.frame);
      return;
    }
    for (std::uint32_t f = 0; f < ledger_.frames(); ++f) {
      const FrameRecord& frame = ledger_.frame(Frame{f});
      if (!frame.allocated_seen || frame.unbacked) continue;
      exercise();
      judge(event, Frame{f});
    }
  }

 private:
  void judge(const Event& event, Frame f) {
    const FrameRecord& frame = ledger_.frame(f);
    if (!frame.uncovered) return;
    Violation v = story::at_event(event, "lost", fmt::format("frame {} holds a store that nothing remembers", f));
    v.frame = f;
    v.opened_by = frame.uncovered_since.order;
    v.story = {"a dirty bit was taken, or a store made, at " + story::moment_text(ledger_, frame.uncovered_since),
               "since then the page was neither marked dirty nor written back",
               event.kind == EventKind::page_discarded ? "now it is discarded in favour of its backing"
                                                       : "now everything is finished"};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_dirty_kept(const Ledger& ledger) { return std::make_unique<DirtyKept>(ledger); }

}  // namespace mmulab
