// SPDX-License-Identifier: MIT
// A tag that is given back leaves nothing behind. Source: modelling.md 3.
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "context-clean-at-free",
    "a context id, ASID or VSID that is freed leaves no translation that its reuse would revive",
    "context id, ASID or VSID freed; first use after it was loaded for another mm",
    "At the free: no valid hash entry has the tag. When another mm first runs under the tag: no copy of the "
    "former owner under it is left in that core.",
    "hpte; tlb",
    "machines whose translations carry tags"};

/// By cpu: a tag that was loaded after it had been freed, to be judged at the first use.
using Reloaded = std::map<std::uint32_t, Tag>;
struct Contexts {
  std::set<std::uint32_t> freed;
  Reloaded reloaded;
};

class ContextCleanAtFree : public Row<Contexts> {
 public:
  explicit ContextCleanAtFree(const Ledger& ledger)
      : Row(row_text, ledger.config().hardware_tags,
            EventKinds{EventKind::tag_retired, EventKind::tag_loaded, EventKind::returned_to_user,
                       EventKind::translation_used},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::tag_retired: return on_retired(event);
      case EventKind::tag_loaded:
        if (event.mm.exists() && state_.freed.count(event.tag.raw()) != 0)
          state_.reloaded[event.cpu.raw()] = event.tag;
        else state_.reloaded.erase(event.cpu.raw());
        return;
      default: return on_first_use(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const std::uint32_t tag : state_.freed) hash.mix(tag);
    for (const auto& [cpu, tag] : state_.reloaded) {
      StateHash entry = hash.element();
      entry.mix(hash.name(CpuId{cpu}) << 32 | tag.raw());
      hash.mix_unordered(entry);
    }
  }

 private:
  void on_retired(const Event& event) {
    exercise();
    state_.freed.insert(event.tag.raw());
    for (const auto& [at, h] : ledger_.hptes()) {
      if (h.tag != event.tag) continue;
      Violation v =
          story::about_page(ledger_, event, h.mm, h.page, "hpte",
                            fmt::format("context {} is freed, and {} still has a valid hash entry under it",
                                        event.tag, story::page_text(h.mm, h.page)));
      v.opened_by = h.inserted.order;
      story::tell_hpte(ledger_, v, "the", h);
      v.story.push_back("freed at " + story::moment_text(ledger_, event));
      report(v);
      return;  // one speaks for all
    }
  }
  void on_first_use(const Event& event) {
    const auto it = state_.reloaded.find(event.cpu.raw());
    if (it == state_.reloaded.end()) return;
    const Tag tag = it->second;
    state_.reloaded.erase(it);
    const MmId owner = ledger_.execution().cpu(event.cpu).tag_mm;
    for (const auto& [id, o] : ledger_.open())
      for (const TlbCopy& copy : o.tlb) {
        if (copy.tag != tag || copy.core != ledger_.core_of(event.cpu) || o.was.mm == owner) continue;
        report(story::about(
            ledger_, event, o, "tlb",
            fmt::format("context {} now belongs to mm {}, and core {} still has a translation of mm {} under it",
                        tag, owner, copy.core, o.was.mm)));
        return;
      }
  }
};

}  // namespace

std::unique_ptr<Invariant> make_context_clean_at_free(const Ledger& ledger) {
  return std::make_unique<ContextCleanAtFree>(ledger);
}

}  // namespace mmulab
