// SPDX-License-Identifier: MIT
// Which translations a flush must kill, as every kernel with hardware-walked tables decides it: everything, a range of
// pages, or the entries of a batch; and the walk over them, page by page.
#pragma once

#include <algorithm>
#include <array>

#include "models/mm/port.h"
#include "sim/events/stream.h"

namespace mmulab::radix {

/// Everything, pages [first, end), or `count` batch entries {page, pte}.
struct FlushPlan {
  static constexpr std::uint64_t everything = ~std::uint64_t{0};

  MmId mm;
  std::uint64_t first = 0;
  std::uint64_t end = everything;
  Location entries;
  std::uint64_t count = 0;

  [[nodiscard]] bool all() const { return end == everything && count == 0; }
  /// Pages to be invalidated one by one; 0 = everything.
  [[nodiscard]] std::uint64_t pages() const { return all() ? 0 : count != 0 ? count : end - first; }
};

/// More than `ceiling` pages are cheaper as one flush of everything (tlb_single_page_flush_ceiling). A posted
/// request outlives its sender's batch, so posted entries are flushed as everything, too.
[[nodiscard]] FlushPlan plan_of(const Invalidation& what, std::uint64_t ceiling);
[[nodiscard]] bool nothing_to_do(const Invalidation& what);

[[nodiscard]] Event flush_event(EventKind kind, const Invalidation& what, const FlushPlan& plan);

/// f(page) for every page that `plan` names, which is not all(). `read_entries`: the step that reads a line of a batch.
template <class F>
void for_each_page(Context& ctx, const FlushPlan& plan, const Label& read_entries, const F& f) {
  constexpr std::uint32_t entries_a_line = 8 / BatchEntry::words;
  if (plan.count == 0) {
    for (std::uint64_t page = plan.first; page < plan.end; ++page) {
      ctx.learn(page);
      f(VirtPage{page});
    }
    return;
  }
  for (std::uint64_t done = 0; done < plan.count; done += entries_a_line) {
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(entries_a_line, plan.count - done));
    const Region batch{Location{plan.entries.raw() + static_cast<std::uint32_t>(done) * BatchEntry::words}, n,
                       BatchEntry::words};
    std::array<VirtPage, entries_a_line> pages{};
    ctx.step(read_entries, reads_words(batch.first(), batch.words()), [&](Access& a) {
      for (std::uint32_t i = 0; i < n; ++i) pages[i] = a.keep(a.read(batch.cell<VirtPage>(i, BatchEntry::page)));
    });
    for (std::uint32_t i = 0; i < n; ++i) {
      ctx.learn(i);
      f(pages[i]);
    }
  }
}

}  // namespace mmulab::radix
