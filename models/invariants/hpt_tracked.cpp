// SPDX-License-Identifier: MIT
// Somebody knows of every valid hash entry. Source: modelling.md 3; linux-gather.md 2.7 (I2).
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "hpt-tracked",
    "every valid hash entry is known to its pte, to a BUSY pte, or to a pending batch",
    "release of a page-table lock (pages changed under it), clearing of BUSY (that page), quiescence (all)",
    "V(s) implies: the pte has HASHPTE and its slot is s, or the pte is BUSY, or s is in a batch or a "
    "registered operation. The converse is never required. When BUSY is cleared, the pte maps a page, and the entry "
    "that it names leads to that page's frame.",
    "untracked, frame, absent",
    "ppc64 (machines with a hashed page table)"};

/// Pages that a task has changed since it last released a page-table lock.
using Touched = std::map<std::uint32_t, std::vector<PageKey>>;

class HptTracked : public Row<Touched> {
 public:
  explicit HptTracked(const Ledger& ledger)
      : Row(row_text, ledger.config().hash_table,
            EventKinds{EventKind::pte_stored, EventKind::lock_released, EventKind::quiescent}, ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::pte_stored: return on_pte(event);
      case EventKind::lock_released: return on_release(event);
      default:
        for (const auto& [at, h] : ledger_.hptes()) judge(event, h);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [task, pages] : state_) {
      StateHash touched = hash.element();
      touched.mix(hash.name(TaskId{task}) << 32 | pages.size());
      for (const PageKey key : pages) touched.mix(key.page.raw() << 16 ^ key.mm.raw());
      hash.mix_unordered(touched);
    }
  }

 private:
  void on_pte(const Event& event) {
    const std::uint64_t busy = ledger_.config().hash.busy;
    if (busy != 0 && (event.a & busy) != 0 && (event.b & busy) == 0) {
      judge_page(event, {event.mm, event.page});
      judge_frame(event);
    }
    for (const HeldLock& lock : ledger_.execution().task(event.task).locks)
      if (lock.lock_class == LockClass::ptl) {
        state_[event.task.raw()].push_back({event.mm, event.page});
        return;
      }
  }
  void on_release(const Event& event) {
    if (static_cast<LockClass>(event.a) != LockClass::ptl) return;
    const auto it = state_.find(event.task.raw());
    if (it == state_.end()) return;
    for (const PageKey key : it->second) judge_page(event, key);
    state_.erase(it);
  }
  /// Whoever clears BUSY says: this entry is that pte's.
  void judge_frame(const Event& event) {
    const Pte pte{event.b};
    const PteLayout& layout = ledger_.config().pte;
    const bool maps = layout.is_present(pte);
    for (const HpteRecord& h : ledger_.hptes_of(event.mm, event.page)) {
      if (!points_to(pte, h) || (maps && h.frame == layout.frame(pte))) continue;
      Violation v = story::about_page(ledger_, event, h.mm, h.page, maps ? "frame" : "absent",
                                      fmt::format("the hash entry that the pte of {} names leads to {}",
                                                  story::page_text(h.mm, h.page),
                                                  maps ? "another frame" : "a frame, and the pte to none"));
      if (const PageRecord* record = ledger_.page(h.mm, h.page)) v.opened_by = record->disturbed.when.order;
      story::tell_hpte(ledger_, v, "the", h);
      v.story.push_back(fmt::format("its pte is 0x{:x}", pte.raw()));
      report(v);
    }
  }
  void judge_page(const Event& event, PageKey key) {
    for (const HpteRecord& h : ledger_.hptes_of(key.mm, key.page)) judge(event, h);
  }
  void judge(const Event& event, const HpteRecord& h) {
    const PageRecord* record = ledger_.page(h.mm, h.page);
    if (record == nullptr) return;
    exercise();
    const HashPteBits& bits = ledger_.config().hash;
    if (record->raw.has(bits.busy) || ledger_.is_noted(h.mm, h.page) || points_to(record->raw, h)) return;
    Violation v = story::about_page(ledger_, event, h.mm, h.page, "untracked",
                                    fmt::format("hash entry at {} of {} is valid, and nobody knows of it",
                                                story::word_text(ledger_, h.at), story::page_text(h.mm, h.page)));
    v.opened_by = record->disturbed.when.order;
    story::tell_hpte(ledger_, v, "the", h);
    v.story.push_back(fmt::format("its pte is 0x{:x}", record->raw.raw()));
    if (record->disturbed.when.known)
      v.story.push_back("its pte was last taken from under an entry at " +
                        story::moment_text(ledger_, record->disturbed.when));
    report(v);
  }
  [[nodiscard]] bool points_to(Pte pte, const HpteRecord& h) const {
    const HashPteBits& bits = ledger_.config().hash;
    const HptShape& hpt = ledger_.config().hpt;
    if (!pte.has(bits.hashpte)) return false;
    if (bits.combo != 0 && pte.has(bits.combo) != (h.part != 0)) return false;
    if (h.part != 0) return pte.has(bits.part0 >> (h.part - 1));  // the slot is in the second word
    const std::uint64_t slot = (h.at.raw() - hpt.first.raw()) / hpt.words_per_entry % hpt.entries_per_group;
    const bool secondary = (h.dword0 & hpt.secondary) != 0;
    return (pte.raw() & bits.slot_mask) >> bits.slot_shift == slot && pte.has(bits.secondary) == secondary;
  }
};

}  // namespace

std::unique_ptr<Invariant> make_hpt_tracked(const Ledger& ledger) { return std::make_unique<HptTracked>(ledger); }

}  // namespace mmulab
