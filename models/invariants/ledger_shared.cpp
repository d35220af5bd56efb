// SPDX-License-Identifier: MIT
// The ledger's view of leaf tables that several address spaces share: one pte is an instance in each of them.
#include <algorithm>

#include "models/invariants/ledger.h"

namespace mmulab {

/// The mm sees from here on what the others see.
void Ledger::on_table_shared(const Event& event) {
  SharedTable& shared = state_.shared_tables.write()[event.table.raw()];
  shared.first = event.location;
  shared.entries = event.a;
  if (!shared.users.empty()) {
    const auto [other, there] = shared.users.front();
    for (std::uint64_t n = 0; n < event.a; ++n) {
      const auto it = state_.pages->find({other, there + Pages{n}});
      if (it == state_.pages->end() || !it->second.present) continue;
      const Pte pte = it->second.raw;
      Event here = event;
      here.page = event.page + Pages{n};
      PageRecord& record = record_of(event.mm, here.page, Pte{});
      record.raw = pte;
      begin_instance(record, here, pte);
    }
  }
  shared.users.emplace_back(event.mm, event.page);
}

/// The ptes stay, and are no longer this mm's.
void Ledger::on_table_unshared(const Event& event) {
  auto& users = state_.shared_tables.write()[event.table.raw()].users;
  users.erase(std::remove(users.begin(), users.end(), std::make_pair(event.mm, event.page)), users.end());
  for (std::uint64_t n = 0; n < event.a; ++n) {
    const auto it = state_.pages.write().find({event.mm, event.page + Pages{n}});
    if (it == state_.pages->end() || !it->second.present) continue;
    Event here = event;
    here.page = event.page + Pages{n};
    end_instance(it->second, here, Change::revoked);
    it->second.raw = Pte{};
  }
}

void Ledger::on_pte_stored_for_others(const Event& event) {
  for (const auto& [table, shared] : *state_.shared_tables) {
    const std::uint64_t offset = event.location.raw() - shared.first.raw();
    if (event.location.raw() < shared.first.raw() || offset >= shared.entries) continue;
    for (const auto& [mm, first] : shared.users) {
      if (mm == event.mm) continue;
      Event theirs = event;
      theirs.mm = mm;
      theirs.page = first + Pages{offset};
      on_pte_stored(theirs);
    }
    return;
  }
}

}  // namespace mmulab
