// SPDX-License-Identifier: MIT
// No walker reads a page table that is no more. Source: modelling.md 3; bug-museum.md E07, E08.
#include <algorithm>
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "table-alive",
    "no walker, speculative ones and gup's included, reads a page-table page after it was freed; no walk cache "
    "leads to one",
    "each read of a walker; a table becoming reusable",
    "No walk step, and no walk-cache entry under a loaded root (lazy cpus included: they speculate), reaches a "
    "table that is reusable or belongs to another mm.",
    "walked; cached",
    "machines whose page tables are read by hardware, and workloads that pin pages (gup)"};

struct Tables {
  struct Table {
    std::uint64_t freed_by = 0;  ///< number of that event; 0: it is in use
    MmId owner;
    std::vector<MmId> sharers;  ///< it is theirs, if there are any, and nobody's else
  };
  /// An mm that has let go of a shared table: until the lock is released the others cannot change what it is for.
  struct Leaving {
    std::uint32_t table = 0;
    MmId mm;
    Location until;
    std::uint64_t left = 0;  ///< number of that event; for reports alone
  };
  std::map<std::uint32_t, Table> tables;
  std::vector<Leaving> leaving;
};

class TableAlive : public Row<Tables> {
 public:
  explicit TableAlive(const Ledger& ledger)
      : Row(row_text, ledger.config().hardware_walker || ledger.config().lockless_walker,
            EventKinds{EventKind::table_allocated, EventKind::table_freed, EventKind::table_walked,
                       EventKind::table_shared, EventKind::table_unshared, EventKind::lock_released},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::table_allocated: state_.tables[event.table.raw()] = {0, event.mm, {}}; return;
      case EventKind::table_shared: state_.tables[event.table.raw()].sharers.push_back(event.mm); return;
      case EventKind::table_unshared: return on_unshared(event);
      case EventKind::lock_released: return on_released(event);
      case EventKind::table_freed: return on_freed(event);
      default: return on_read(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [table, t] : state_.tables) {
      hash.mix(std::uint64_t{table} << 1 | std::uint64_t{t.freed_by != 0});
      for (const MmId mm : t.sharers) hash.mix(mm.raw());
    }
    for (const Tables::Leaving& l : state_.leaving) hash.mix(std::uint64_t{l.table} << 32 | l.mm.raw());
  }

 private:
  void on_freed(const Event& event) {
    exercise();
    state_.tables[event.table.raw()].freed_by = ledger_.order();
    expect_uncached(event, event.table, MmId::none(),
                    fmt::format("table {} becomes reusable", event.table), "freed", 0);
  }
  void on_unshared(const Event& event) {
    auto& sharers = state_.tables[event.table.raw()].sharers;
    sharers.erase(std::remove(sharers.begin(), sharers.end(), event.mm), sharers.end());
    state_.leaving.push_back({event.table.raw(), event.mm, event.location, ledger_.order()});
  }
  void on_released(const Event& event) {
    for (std::size_t n = 0; n < state_.leaving.size();) {
      const Tables::Leaving left = state_.leaving[n];
      if (left.until != event.location) {
        ++n;
        continue;
      }
      state_.leaving.erase(state_.leaving.begin() + static_cast<std::ptrdiff_t>(n));
      exercise();
      expect_uncached(event, TableId{left.table}, left.mm,
                      fmt::format("table {} is no longer mm {}'s, only others'", left.table, left.mm),
                      "let go", left.left);
    }
  }
  /// Nobody's walk cache leads to the table (only mm's, if there is one). Walk caches fill and evict in silence while a
  /// core runs ahead, so the hardware itself is asked.
  void expect_uncached(const Event& event, TableId table, MmId mm, const std::string& what, const char* how,
                       std::uint64_t opened_by) {
    ledger_.walk_census(table, walk_copies_);
    for (const WalkCacheCopy& copy : walk_copies_) {
      if (!root_is_loaded(copy) || (mm.exists() && copy.mm != mm)) continue;
      Violation v = story::at_event(event, "cached",
                                    fmt::format("{}, and a walk cache of core {} leads to it", what, copy.core));
      v.table = table;
      v.opened_by = opened_by;
      v.story = {fmt::format("the walk cache entry belongs to mm {}, whose root is loaded there", copy.mm),
                 "no invalidation has reached that core since it was filled",
                 fmt::format("{} at {}", how, story::moment_text(ledger_, event))};
      report(v);
    }
  }
  /// Whether the table is neither the mm's nor, for as long as the mm's flush may take, was.
  [[nodiscard]] bool is_foreign(const Event& event, const Tables::Table& table) const {
    if (!event.mm.exists()) return false;
    if (table.sharers.empty()) return table.owner.exists() && table.owner != event.mm;
    const auto leaves = [&](const Tables::Leaving& l) { return l.table == event.table.raw() && l.mm == event.mm; };
    return std::find(table.sharers.begin(), table.sharers.end(), event.mm) == table.sharers.end() &&
           std::none_of(state_.leaving.begin(), state_.leaving.end(), leaves);
  }
  void on_read(const Event& event) {
    const auto it = state_.tables.find(event.table.raw());
    if (it == state_.tables.end()) return;
    if (it->second.freed_by == 0 && !is_foreign(event, it->second)) return;
    Violation v = story::about_page(
        ledger_, event, event.mm, event.page, "walked",
        fmt::format("a walk for {} reads table {}, which {}", story::page_text(event.mm, event.page), event.table,
                    it->second.freed_by != 0 ? "was freed" : "belongs to another mm"));
    v.table = event.table;
    v.opened_by = it->second.freed_by;
    v.story = {fmt::format("the walk reads level {}", event.a),
               "read at " + story::moment_text(ledger_, event)};
    report(v);
  }
  [[nodiscard]] bool root_is_loaded(const WalkCacheCopy& copy) const {
    const std::uint32_t threads = ledger_.config().threads_per_core;
    for (std::uint32_t cpu = copy.core.raw() * threads; cpu < (copy.core.raw() + 1) * threads; ++cpu) {
      const CpuRecord& c = ledger_.execution().cpu(CpuId{cpu});
      if (copy.tag.exists() && c.tag.exists() ? copy.tag == c.tag
                                              : c.tag_mm == copy.mm || (!c.tag_mm.exists() && c.mm == copy.mm))
        return true;
    }
    return false;
  }

  std::vector<WalkCacheCopy> walk_copies_;  // scratch
};

}  // namespace

std::unique_ptr<Invariant> make_table_alive(const Ledger& ledger) { return std::make_unique<TableAlive>(ledger); }

}  // namespace mmulab
