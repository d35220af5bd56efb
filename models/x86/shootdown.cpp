// SPDX-License-Identifier: MIT
#include "models/x86/shootdown.h"

namespace mmulab::x86 {
namespace {
const Label read_entries{"x86.flush.read_entries", "x86_request_read"};
constexpr std::uint32_t entries_a_line = 8 / BatchEntry::words;
}  // namespace

bool nothing_to_do(const Invalidation& what) {
  if (what.full_mm || what.scope == Invalidation::Scope::mm || what.freed_tables) return false;
  return what.scope == Invalidation::Scope::range ? !(what.first < what.end) : what.count == 0;
}

FlushPlan plan_of(const Invalidation& what, std::uint64_t ceiling) {
  FlushPlan plan;
  plan.mm = what.mm;
  if (what.full_mm) return plan;
  switch (what.scope) {
    case Invalidation::Scope::mm: break;
    case Invalidation::Scope::range:
      if (!(what.first < what.end) || (what.end - what.first).raw() > ceiling) break;
      plan.first = what.first.raw();
      plan.end = what.end.raw();
      break;
    case Invalidation::Scope::entries:
      if (what.count == 0 || what.count > ceiling || !what.wait) break;
      plan.entries = what.entries;
      plan.count = what.count;
      break;
  }
  return plan;
}

void flush_locally(Context& ctx, Mmu& mmu, const FlushPlan& plan) {
  if (plan.all()) return mmu.flush_current(ctx);
  if (plan.count == 0) {
    for (std::uint64_t page = plan.first; page < plan.end; ++page) mmu.invlpg(ctx, VirtPage{page});
    return;
  }
  for (std::uint64_t done = 0; done < plan.count; done += entries_a_line) {
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(entries_a_line, plan.count - done));
    const Region batch{Location{plan.entries.raw() + static_cast<std::uint32_t>(done) * BatchEntry::words}, n,
                       BatchEntry::words};
    std::array<VirtPage, entries_a_line> pages{};
    ctx.step(read_entries, reads_words(batch.first(), batch.words()), [&](Access& a) {
      for (std::uint32_t i = 0; i < n; ++i) pages[i] = a.read(batch.cell<VirtPage>(i, BatchEntry::page));
    });
    for (std::uint32_t i = 0; i < n; ++i) mmu.invlpg(ctx, pages[i]);
  }
}

Event flush_event(EventKind kind, const Invalidation& what, const FlushPlan& plan) {
  Event event{kind};
  event.mm = what.mm;
  event.a = static_cast<std::uint64_t>(what.reason);
  event.b = plan.pages();
  return event;
}

}  // namespace mmulab::x86
