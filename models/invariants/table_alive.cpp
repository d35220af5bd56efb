// SPDX-License-Identifier: MIT
// No walker reads a page table that is no more. Source: modelling.md 3; bug-museum.md E07, E08.
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
    bool freed = false;
    MmId owner;
  };
  std::map<std::uint32_t, Table> tables;
};

class TableAlive : public Row<Tables> {
 public:
  explicit TableAlive(const Ledger& ledger)
      : Row(row_text, ledger.config().hardware_walker || ledger.config().lockless_walker,
            EventKinds{EventKind::table_allocated, EventKind::table_freed, EventKind::table_walked},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::table_allocated: state_.tables[event.table.raw()] = {false, event.mm}; return;
      case EventKind::table_freed: return on_freed(event);
      default: return on_read(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [table, t] : state_.tables) hash.mix(std::uint64_t{table} << 1 | std::uint64_t{t.freed});
  }

 private:
  void on_freed(const Event& event) {
    exercise();
    state_.tables[event.table.raw()].freed = true;
    // Walk caches fill and evict in silence while a core runs ahead, so the hardware itself is asked.
    ledger_.walk_census(event.table, walk_copies_);
    for (const WalkCacheCopy& copy : walk_copies_) {
      if (!root_is_loaded(copy)) continue;
      Violation v = story::at_event(
          event, "cached",
          fmt::format("table {} becomes reusable, and a walk cache of core {} leads to it", event.table, copy.core));
      v.story = {fmt::format("the walk cache entry belongs to mm {}, whose root is loaded there", copy.mm),
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
