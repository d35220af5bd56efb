// SPDX-License-Identifier: MIT
// No two TLB entries of different size for one address. Source: modelling.md 3; bug-museum.md E16b (AMD erratum
// 383).
#include <map>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "one-size",
    "never two TLB entries of different size for one address",
    "fill",
    "No core holds two entries of different page size, equal tag and overlapping range. Fills give the size as "
    "log2 of base pages in bits 8 to 15 of the rights field.",
    "overlap",
    "machines that call such a multi-hit an error"};

struct Entry {
  std::uint64_t pages = 1;
  MmId mm;
};
/// (core, tag) -> first page -> entry
using Entries = std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint64_t, Entry>>;

class OneSize : public Row<Entries> {
 public:
  explicit OneSize(const Ledger& ledger)
      : Row(row_text, ledger.config().multi_hit_fatal,
            EventKinds{EventKind::translation_filled, EventKind::translation_dropped}, ledger) {}

  void on_event(const Event& event) override {
    if (event.kind == EventKind::translation_dropped) return on_dropped(event);
    exercise();
    const std::uint64_t pages = std::uint64_t{1} << (event.b >> 8 & 0xff);
    const std::uint64_t first = event.page.raw() / pages * pages;
    auto& entries = state_[{ledger_.core_of(event.cpu).raw(), event.tag.raw()}];
    auto it = entries.lower_bound(first);
    if (it != entries.begin() && std::prev(it)->first + std::prev(it)->second.pages > first) --it;
    for (; it != entries.end() && it->first < first + pages; ++it)
      if (it->second.pages != pages) accuse(event, pages, it->first, it->second);
    entries[first] = {pages, event.mm};
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [key, entries] : state_)
      for (const auto& [first, e] : entries) {
        hash.mix(std::uint64_t{key.first} << 32 | key.second);
        hash.mix(first << 8 ^ e.pages);
      }
  }

 private:
  void on_dropped(const Event& event) {
    const std::uint32_t core = ledger_.core_of_drop(event).raw();
    for (auto& [key, entries] : state_) {
      if (key.first != core || (event.a < 2 && event.tag.exists() && key.second != event.tag.raw())) continue;
      if (event.a != 0) {
        entries.clear();
        continue;
      }
      auto it = entries.upper_bound(event.page.raw());
      if (it == entries.begin()) continue;
      --it;
      if (event.page.raw() - it->first < it->second.pages) entries.erase(it);
    }
  }
  void accuse(const Event& event, std::uint64_t pages, std::uint64_t first, const Entry& other) {
    Violation v = story::about_page(
        ledger_, event, event.mm, event.page, "overlap",
        fmt::format("core {} holds entries of {} and of {} pages for {}", ledger_.core_of(event.cpu), other.pages,
                    pages, story::page_text(event.mm, event.page)));
    v.story = {fmt::format("an entry for pages 0x{:x} to 0x{:x} was there", first, first + other.pages - 1),
               "no invalidation has reached it",
               "the new one was filled at " + story::moment_text(ledger_.moment(event))};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_one_size(const Ledger& ledger) { return std::make_unique<OneSize>(ledger); }

}  // namespace mmulab
