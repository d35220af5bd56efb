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
    "log2 of base pages in bits 8 to 15 of the rights field, or say that they are less than a page.",
    "overlap",
    "machines that call such a multi-hit an error"};

constexpr std::uint64_t parts_of_page = 16;

struct Entry {
  std::uint64_t parts = parts_of_page;
  MmId mm;
  std::uint64_t filled = 0;  ///< number of that event; for reports alone
};
/// (core, tag) -> first part of a page -> entry
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
    const std::uint64_t parts = event.part != 0 ? 1 : pages * parts_of_page;
    const std::uint64_t first = event.part != 0 ? event.page.raw() * parts_of_page + event.part - 1
                                                : event.page.raw() / pages * parts;
    auto& entries = state_[{ledger_.core_of(event.cpu).raw(), event.tag.raw()}];
    auto it = entries.lower_bound(first);
    if (it != entries.begin() && std::prev(it)->first + std::prev(it)->second.parts > first) --it;
    for (; it != entries.end() && it->first < first + parts; ++it)
      if (it->second.parts != parts) accuse(event, parts, it->first, it->second);
    entries[first] = {parts, event.mm, ledger_.order()};
  }
  void mix_into(StateHash& hash) const override {
    for (const auto& [key, entries] : state_)
      for (const auto& [first, e] : entries) {
        StateHash entry = hash.element();
        entry.mix(hash.name(CoreId{key.first}) << 32 | key.second);
        entry.mix(first << 8 ^ e.parts);
        hash.mix_unordered(entry);
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
      const std::uint64_t at = event.page.raw() * parts_of_page + (event.part != 0 ? event.part - 1U : 0);
      auto it = entries.upper_bound(at);
      if (it == entries.begin()) continue;
      --it;
      const bool same_size = (it->second.parts == 1) == (event.part != 0);
      if (same_size && at - it->first < it->second.parts) entries.erase(it);
    }
  }
  static std::string size_text(std::uint64_t parts) {
    return parts < parts_of_page ? std::string("a part of a page") : fmt::format("{} pages", parts / parts_of_page);
  }
  void accuse(const Event& event, std::uint64_t parts, std::uint64_t first, const Entry& other) {
    Violation v = story::about_page(
        ledger_, event, event.mm, event.page, "overlap",
        fmt::format("core {} holds entries of {} and of {} for {}", ledger_.core_of(event.cpu), size_text(other.parts),
                    size_text(parts), story::page_text(event.mm, event.page)));
    v.opened_by = other.filled;
    v.story = {fmt::format("an entry for pages 0x{:x} to 0x{:x} was there", first / parts_of_page,
                           (first + other.parts - 1) / parts_of_page),
               "no invalidation has reached it",
               "the new one was filled at " + story::moment_text(ledger_, event)};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_one_size(const Ledger& ledger) { return std::make_unique<OneSize>(ledger); }

}  // namespace mmulab
