// SPDX-License-Identifier: MIT
// One tag, one address space. Source: modelling.md 3; bug-museum.md E20, E22.
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "tag-unique",
    "a hardware tag in use (PCID, ASID, VSID, context) never names two address spaces",
    "tag load, fill",
    "Per TLB domain (a core; the machine for VSIDs and ASIDs): among usable copies one tag belongs to one mm. "
    "Renaming a tag on a core is legal once everything under it there was invalidated, or it was retired.",
    "reused; shared",
    "machines whose translations carry tags"};

struct Tags {
  std::map<std::pair<std::uint32_t, std::uint32_t>, MmId> named;  // (core, tag): whose translations may be there
  struct Suspicion {
    Tag tag;
    MmId old_mm;
    MmId new_mm;
    std::uint64_t renamed = 0;  ///< number of that event; for reports alone
  };
  std::map<std::uint32_t, Suspicion> suspected;  // by core: renamed, and not yet invalidated
  std::map<std::uint32_t, std::uint64_t> loaded;  // by cpu: number of the event that loaded its tag; for reports alone
};

class TagUnique : public Row<Tags> {
 public:
  explicit TagUnique(const Ledger& ledger)
      : Row(row_text, ledger.config().hardware_tags,
            EventKinds{EventKind::tag_loaded, EventKind::tag_retired, EventKind::mm_destroyed,
                       EventKind::translation_filled, EventKind::translation_used, EventKind::translation_dropped,
                       EventKind::returned_to_user},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::tag_loaded: return on_loaded(event);
      case EventKind::translation_dropped: return on_dropped(event);
      case EventKind::tag_retired: return forget([&](auto key, MmId) { return key.second == event.tag.raw(); });
      case EventKind::mm_destroyed: return forget([&](auto, MmId mm) { return mm == event.mm; });
      default: return judge(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [key, mm] : state_.named) {
      StateHash entry = hash.element();
      entry.mix(hash.name(CoreId{key.first}) << 32 | key.second);
      entry.mix(mm.raw());
      hash.mix_unordered(entry);
    }
    for (const auto& [core, s] : state_.suspected) {
      StateHash entry = hash.element();
      entry.mix(hash.name(CoreId{core}));
      entry.mix(std::uint64_t{s.old_mm.raw()} << 1 | 1);
      hash.mix_unordered(entry);
    }
  }

 private:
  template <class F>
  void forget(F&& which) {
    for (auto it = state_.named.begin(); it != state_.named.end();)
      it = which(it->first, it->second) ? state_.named.erase(it) : std::next(it);
    for (auto it = state_.suspected.begin(); it != state_.suspected.end();) {
      const auto& s = it->second;
      it = which(std::make_pair(it->first, s.tag.raw()), s.old_mm) ? state_.suspected.erase(it) : std::next(it);
    }
  }
  void on_loaded(const Event& event) {
    if (!event.tag.exists() || !event.mm.exists()) return;
    exercise();
    const std::uint32_t core = ledger_.core_of(event.cpu).raw();
    MmId& named = state_.named[{core, event.tag.raw()}];
    // The flush may come later in the same step: judged at the next use.
    if (named.exists() && named != event.mm) state_.suspected[core] = {event.tag, named, event.mm, ledger_.order()};
    named = event.mm;
    if (ledger_.config().tag_domain == TagDomain::core) return;
    state_.loaded[event.cpu.raw()] = ledger_.order();
    for (std::uint32_t c = 0; c < ledger_.config().cpus; ++c) {
      const CpuRecord& other = ledger_.execution().cpu(CpuId{c});
      if (other.tag != event.tag || !other.tag_mm.exists() || other.tag_mm == event.mm ||
          !is_named(CpuId{c}, other))
        continue;
      accuse(event, {event.tag, other.tag_mm, event.mm, state_.loaded[c]}, "shared");
    }
  }
  [[nodiscard]] bool is_named(CpuId cpu, const CpuRecord& record) const {
    const auto it = state_.named.find({ledger_.core_of(cpu).raw(), record.tag.raw()});
    return it != state_.named.end() && it->second == record.tag_mm;
  }
  void on_dropped(const Event& event) {
    if (event.a == 0) return;
    const std::uint32_t core = ledger_.core_of_drop(event).raw();
    forget([&](auto key, MmId) {
      return key.first == core && (event.a >= 2 || !event.tag.exists() || key.second == event.tag.raw());
    });
  }
  void judge(const Event& event) {
    const std::uint32_t core = ledger_.core_of(event.cpu).raw();
    if (event.kind == EventKind::translation_filled && event.tag.exists() && event.mm.exists())
      state_.named[{core, event.tag.raw()}] = event.mm;
    const auto it = state_.suspected.find(core);
    if (it == state_.suspected.end() || ledger_.execution().cpu(event.cpu).tag != it->second.tag) return;
    const Tags::Suspicion s = it->second;
    state_.suspected.erase(it);
    accuse(event, s, "reused");
  }
  void accuse(const Event& event, const Tags::Suspicion& s, const char* class_id) {
    Violation v = story::at_event(
        event, class_id,
        fmt::format("tag {} names mm {} while translations of mm {} may be under it", s.tag, s.new_mm, s.old_mm));
    v.mm = s.new_mm;
    v.opened_by = s.renamed;
    v.story = {fmt::format("tag {} was loaded for mm {}, and nothing under it was invalidated since", s.tag, s.old_mm),
               fmt::format("then it was loaded for mm {}", s.new_mm),
               "in use at " + story::moment_text(ledger_, event)};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_tag_unique(const Ledger& ledger) { return std::make_unique<TagUnique>(ledger); }

}  // namespace mmulab
