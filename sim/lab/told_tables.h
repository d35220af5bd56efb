// SPDX-License-Identifier: MIT
// What translates the pages that a violation is about: their ptes, the hash or TSB entries, every core's copies, and
// what is known of a frame or a table; each in its architecture's words, at two places of a schedule. Read from the
// World, so that it shows what is there, not what the ledger thinks. Left out: upper levels of page tables, SLBs.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sim/explore/trace.h"
#include "sim/lab/explored_system.h"
#include "sim/results/check_result.h"

namespace mmulab::lab {

class TableTeller {
 public:
  explicit TableTeller(ExploredSystem& explored) : explored_(explored) {}

  /// Looks at what the violation is about; at each place, before anything is told.
  void concern(const Violation& violation);
  /// Which pages the schedule maps its frames at, be it for a while.
  void concern(const Trace& trace);
  void tell_before() { tell(&ToldEntry::before); }
  void tell_after() { tell(&ToldEntry::after); }
  /// What there was at one of the places at least.
  [[nodiscard]] std::vector<ToldTable> tables() const;

 private:
  using Side = std::string ToldEntry::*;
  /// In the order in which they are shown: by kind, then by where.
  enum class Kind : std::uint8_t { record, pte, software, copy };
  using Entries = std::map<std::pair<Kind, std::string>, ToldEntry>;

  void tell(Side side);
  void tell_page(PageKey key, Side side);
  void tell_frame(Frame frame, Side side);
  void tell_table(TableId table, Side side);
  void add_mappers();
  void put(Entries& entries, Kind kind, const std::string& where, const std::string& text, Side side) const;
  [[nodiscard]] std::string core_text(CoreId core) const;

  ExploredSystem& explored_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Entries> pages_;  ///< by mm and page
  std::map<std::uint32_t, Entries> frames_;
  std::set<std::uint32_t> mapped_;  ///< frames whose pages it is about
  std::map<std::uint32_t, Entries> tables_;
};

}  // namespace mmulab::lab
