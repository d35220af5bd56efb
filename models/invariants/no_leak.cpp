// SPDX-License-Identifier: MIT
// At the end everything is back where it began. Source: modelling.md 3.
#include <set>

#include <algorithm>

#include "models/invariants/row.h"

namespace mmulab {
namespace {

const InvariantText row_text{
    "no-leak",
    "every frame, table page, hash entry and batch entry is accounted for at the end",
    "quiescence after all mms died; each dropped reference; the death of an mm",
    "Every anonymous frame and every table that was given out came back, no hash entry is valid, and no batch "
    "holds an entry. Pages of files may stay in the page cache. No reference to a frame is dropped that nobody held, "
    "and a dying mm counts no page any more.",
    "frame; table; hpte; batch; overput; rss",
    "all architectures"};

/// Tables given out and not back.
class NoLeak : public Row<std::set<std::uint32_t>> {
 public:
  explicit NoLeak(const Ledger& ledger)
      : Row(row_text, true,
            EventKinds{EventKind::table_allocated, EventKind::table_freed, EventKind::frame_overput,
                       EventKind::mm_destroyed, EventKind::quiescent},
            ledger) {}

  void on_event(const Event& event) override {
    switch (event.kind) {
      case EventKind::table_allocated: state_.insert(event.table.raw()); return;
      case EventKind::table_freed: state_.erase(event.table.raw()); return;
      case EventKind::frame_overput:
        return report(story::at_event(
            event, "overput", fmt::format("a reference to frame {} was dropped that nobody held", event.frame.raw())));
      case EventKind::mm_destroyed:
        if (event.a == 0) return;
        // Two's complement: fewer than none, if pages were uncounted twice.
        return report(story::at_event(event, "rss", fmt::format("mm {} died and still counts {} pages", event.mm.raw(),
                                                                static_cast<std::int64_t>(event.a))));
      default:
        if (event.a == 0) judge(event);
    }
  }
  void mix_into(StateHash& hash) const override {
    for (const std::uint32_t table : state_) hash.mix(table);
  }

 private:
  void judge(const Event& event) {
    exercise();
    std::vector<std::uint32_t> frames;
    for (std::uint32_t f = 0; f < ledger_.frames(); ++f)
      if (ledger_.frame(Frame{f}).allocated_seen && ledger_.frame(Frame{f}).anonymous) frames.push_back(f);
    count(event, "frame", frames);
    // An idle cpu may still borrow the root of the last address space that ran there; the event says how many do.
    std::vector<std::uint32_t> tables(state_.begin(), state_.end());
    tables.resize(tables.size() - std::min<std::size_t>(tables.size(), event.b));
    count(event, "table", tables);
    std::vector<std::uint32_t> hptes;
    for (const auto& [at, h] : ledger_.hptes()) hptes.push_back(at);
    count(event, "hpte", hptes);
    std::vector<std::uint32_t> pending;
    for (std::uint32_t cpu = 0; cpu < ledger_.config().cpus; ++cpu)
      if (ledger_.batch_depth(CpuId{cpu}) != 0) pending.push_back(cpu);
    count(event, "batch", pending);
  }
  void count(const Event& event, const char* what, const std::vector<std::uint32_t>& left) {
    if (left.empty()) return;
    Violation v = story::at_event(event, what, fmt::format("{} left behind: {}", what, left.size()));
    std::string names;
    for (std::size_t i = 0; i < left.size() && i < 8; ++i)
      names += fmt::format("{}{}", i == 0 ? "" : ", ", left[i]);
    v.story = {fmt::format("the first of them: {}", names), "all address spaces are dead"};
    report(v);
  }
};

}  // namespace

std::unique_ptr<Invariant> make_no_leak(const Ledger& ledger) { return std::make_unique<NoLeak>(ledger); }

}  // namespace mmulab
