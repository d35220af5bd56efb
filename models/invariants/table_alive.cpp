// SPDX-License-Identifier: MIT
// No walker reads a page table that is no more. Source: modelling.md 3; bug-museum.md E07, E08.
#include <map>
#include <tuple>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "table-alive",
    "no walker, speculative ones included, reads a page-table page after it was freed; no walk cache leads to "
    "one",
    "each read of a walker; a table becoming reusable",
    "No walk step, and no walk-cache entry under a loaded root (lazy cpus included: they speculate), reaches a "
    "table that is reusable or belongs to another mm.",
    "walked; cached",
    "machines whose page tables are read by hardware"};

struct Tables {
  struct Table {
    bool freed = false;
    MmId owner;
  };
  std::map<std::uint32_t, Table> tables;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, MmId> cached;  // (core, tag, table) -> mm
};

class TableAlive : public Row<Tables> {
 public:
  explicit TableAlive(const Ledger& ledger)
      : Row(row_text, ledger.config().hardware_walker,
            EventKinds{EventKind::table_allocated, EventKind::table_freed, EventKind::table_walked,
                       EventKind::table_cached, EventKind::translation_dropped},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::table_allocated: state_.tables[event.table.raw()] = {false, event.mm}; return;
      case EventKind::table_freed: return on_freed(event);
      case EventKind::table_walked: return on_read(event);
      case EventKind::table_cached:
        state_.cached[{ledger_.core_of(event.cpu).raw(), event.tag.raw(), event.table.raw()}] = event.mm;
        return;
      default: return on_dropped(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [table, t] : state_.tables) hash.mix(std::uint64_t{table} << 1 | std::uint64_t{t.freed});
    for (const auto& [key, mm] : state_.cached) {
      hash.mix(std::uint64_t{std::get<0>(key)} << 32 | std::get<1>(key));
      hash.mix(std::uint64_t{std::get<2>(key)} << 32 | mm.raw());
    }
  }

 private:
  void on_freed(const Event& event) {
    exercise();
    state_.tables[event.table.raw()].freed = true;
    for (const auto& [key, mm] : state_.cached) {
      const auto [core, tag, table] = key;
      if (table != event.table.raw() || !root_is_loaded(core, Tag{tag}, mm)) continue;
      Violation v = story::at_event(
          event, "cached",
          fmt::format("table {} becomes reusable, and a walk cache of core {} leads to it", event.table, core));
      v.story = {fmt::format("the walk cache entry belongs to mm {}, whose root is loaded there", mm),
                 "no invalidation has reached that core since it was filled",
                 "freed at " + story::moment_text(ledger_.moment(event))};
      report(v);
    }
  }
  void on_read(const Event& event) {
    const auto it = state_.tables.find(event.table.raw());
    if (it == state_.tables.end()) return;
    const bool foreign = it->second.owner.exists() && event.mm.exists() && it->second.owner != event.mm;
    if (!it->second.freed && !foreign) return;
    Violation v = story::about_page(
        ledger_, event, event.mm, event.page, "walked",
        fmt::format("a walk for {} reads table {}, which {}", story::page_text(event.mm, event.page), event.table,
                    it->second.freed ? "was freed" : "belongs to another mm"));
    v.story = {fmt::format("the walk reads level {}", event.a),
               "read at " + story::moment_text(ledger_.moment(event))};
    report(v);
  }
  /// Whatever an invalidation drops, it empties the walk caches of its tag (Intel SDM 3A 4.10.4.1, INVLPG).
  void on_dropped(const Event& event) {
    const std::uint32_t core =
        event.b != 0 ? static_cast<std::uint32_t>(event.b - 1) : ledger_.core_of(event.cpu).raw();
    for (auto it = state_.cached.begin(); it != state_.cached.end();) {
      const Tag tag{std::get<1>(it->first)};
      const bool gone = std::get<0>(it->first) == core &&
                        (event.a >= 2 || !event.tag.exists() || !tag.exists() || tag == event.tag);
      it = gone ? state_.cached.erase(it) : std::next(it);
    }
  }
  [[nodiscard]] bool root_is_loaded(std::uint32_t core, Tag tag, MmId mm) const {
    const std::uint32_t threads = ledger_.config().threads_per_core;
    for (std::uint32_t cpu = core * threads; cpu < (core + 1) * threads; ++cpu) {
      const CpuRecord& c = ledger_.execution().cpu(CpuId{cpu});
      if (tag.exists() && c.tag.exists() ? tag == c.tag : c.tag_mm == mm || (!c.tag_mm.exists() && c.mm == mm))
        return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Invariant> make_table_alive(const Ledger& ledger) { return std::make_unique<TableAlive>(ledger); }

}  // namespace mmulab
