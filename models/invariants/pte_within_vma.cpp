// SPDX-License-Identifier: MIT
// A pte never allows what an mprotect of its page has forbidden. Source: mm/mprotect.c (mprotect_fixup sets vm_flags
// and vm_page_prot before any pte is changed; whoever sets a pte afterwards derives it from them); modelling.md 3,
// no-stale-right, which judges the copies. Left out: mappings that no mprotect has changed, as no event tells what
// they allow; the read right, which no VMA can lose here; stores of another mm to a table that it shares. Cost: one
// record a page that an mprotect has restricted, until its VMA goes.
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "pte-within-vma",
    "no pte allows what the last completed mprotect of its page has forbidden",
    "return of mprotect (the ptes of its range), then each store to one of them",
    "After an mprotect of the page has returned, and until its VMA is unlinked, a present pte that user accesses can "
    "go through has none of the rights that the VMA lost. A right counts as raised as soon as a later mprotect has "
    "changed the VMA, and as lowered when it returns; fewer rights (COW, write-notify, hints) never count.",
    "write; exec",
    "all architectures"};

constexpr std::uint64_t vma_rights = right_write | right_exec;

struct Protection {
  std::uint64_t allowed = vma_rights;  ///< by the last completed call, and whatever has been raised since
  std::uint64_t next = vma_rights;     ///< once `changing` has returned
  TaskId changing;
  bool accused = false;
  std::uint64_t lowered = 0;  ///< number of the event by which the VMA lost a right; for reports alone
};

struct ByPage {
  bool operator()(PageKey a, PageKey b) const { return a.mm != b.mm ? a.mm < b.mm : a.page < b.page; }
};
using Protections = std::map<PageKey, Protection, ByPage>;

class PteWithinVma : public Row<Protections> {
 public:
  explicit PteWithinVma(const Ledger& ledger)
      : Row(row_text, true,
            EventKinds{EventKind::vma_protected, EventKind::vma_unlinked, EventKind::mm_destroyed,
                       EventKind::call_returned, EventKind::pte_stored},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::vma_protected: return on_protected(event);
      case EventKind::vma_unlinked: return forget(event.mm, event.page, event.page + Pages{event.b});
      case EventKind::mm_destroyed: return forget(event.mm, VirtPage{}, VirtPage{~std::uint64_t{0}});
      case EventKind::call_returned: return on_returned(event);
      default: break;
    }
    const auto it = state_.find({event.mm, event.page});
    if (it != state_.end()) judge(event, it->first, it->second);
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [key, p] : state_) {
      hash.mix(key.page.raw() << 16 ^ key.mm.raw());
      hash.mix(p.allowed | p.next << 8 | hash.name(p.changing) << 16);
    }
  }

 private:
  void on_protected(const Event& event) {
    for (std::uint64_t n = 0; n < event.b; ++n) {
      Protection& p = state_[{event.mm, event.page + Pages{n}}];
      p.next = event.a & vma_rights;
      p.allowed |= p.next;
      p.changing = event.task;
      p.lowered = ledger_.order();
    }
    if ((event.a & vma_rights) == vma_rights) forget(event.mm, event.page, event.page + Pages{event.b});
  }
  void on_returned(const Event& event) {
    if (static_cast<Call>(event.a) != Call::mprotect) return;
    const VirtPage end = event.page + Pages{event.b};
    for (auto it = state_.lower_bound({event.mm, event.page}); it != state_.end() && covers(it->first, event.mm, end);
         ++it) {
      Protection& p = it->second;
      if (p.changing != event.task) continue;
      p = Protection{p.next, p.next, TaskId::none(), false, p.lowered};
      judge(event, it->first, p);
    }
  }
  void forget(MmId mm, VirtPage first, VirtPage end) {
    auto it = state_.lower_bound({mm, first});
    while (it != state_.end() && covers(it->first, mm, end)) it = state_.erase(it);
  }
  static bool covers(PageKey key, MmId mm, VirtPage end) { return key.mm == mm && key.page < end; }

  void judge(const Event& event, PageKey key, Protection& p) {
    const PageRecord* record = ledger_.page(key.mm, key.page);
    if (p.allowed == vma_rights || record == nullptr || !record->present) return;
    exercise();
    const std::uint64_t excess = record->live.rights & vma_rights & ~p.allowed;
    const bool reachable = (record->live.rights & right_read) != 0;
    if (excess == 0 || !reachable || p.accused) return;
    p.accused = true;
    const char* lost = (excess & right_write) != 0 ? "write" : "exec";
    Violation v = story::about_page(ledger_, event, key.mm, key.page, lost,
                                    fmt::format("the pte of {} grants {}, which mprotect has taken away",
                                                story::page_text(key.mm, key.page), lost));
    v.opened_by = p.lowered;
    v.story.push_back(fmt::format("its pte is 0x{:x}, {}", record->raw.raw(), rights_text(record->live.rights).data()));
    v.story.push_back("stored at " + story::moment_text(ledger_, event));
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_pte_within_vma(const Ledger& ledger) { return std::make_unique<PteWithinVma>(ledger); }

}  // namespace mmulab
