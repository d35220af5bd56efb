// SPDX-License-Identifier: MIT
// Where regions lie: those with a page of their own there, the others one after another from the second leaf table
// on (from page 0 if the address space is too small for that). A region that fits one leaf table does not cross
// into the next, unless it straddles: then its middle is the border. Huge pages lie where huge pages can, and share no
// slice with others: ppc64's segments have one page size each (arch/powerpc/mm/slice.c).
#include <algorithm>

#include <fmt/format.h>

#include "workloads/settle.h"

namespace mmulab::workload {
namespace {

struct Span {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  bool huge = false;
};
Span span_of(std::uint64_t first, const RegionDraft& region) {
  return {first, first + region.base_pages(), region.huge_order != 0};
}

/// What a region keeps pages of another size away from: slices of 256 MiB below 4 GiB, of a TiB above.
Span slices_of(const Span& span, PageShift shift) {
  const auto bits = [&](std::uint64_t page) { return (page << shift.raw() >> 32 == 0 ? 28 : 40) - shift.raw(); };
  const unsigned low = bits(span.first), high = bits(span.end - 1);
  return {span.first >> low << low, (((span.end - 1) >> high) + 1) << high, span.huge};
}
bool clash(const Span& a, const Span& b, PageShift shift) {
  const Span first = a.huge != b.huge ? slices_of(a, shift) : a;
  return b.first < first.end && first.first < b.end;
}

std::uint64_t round_up(std::uint64_t page, std::uint64_t to) { return (page + to - 1) / to * to; }

std::uint64_t aligned(std::uint64_t page, const RegionDraft& region, std::uint64_t leaf) {
  if (region.huge_order != 0) return round_up(page, std::uint64_t{1} << region.huge_order);
  const std::uint64_t half = region.pages / 2;
  if (region.shares_tables) return round_up(page, leaf);
  if (region.straddle) return round_up(page + half, leaf) - half;
  const bool crosses = page / leaf != (page + region.pages - 1) / leaf;
  return crosses ? round_up(page, leaf) : page;
}

/// The lowest place at or above `from` that no span takes.
std::uint64_t free_place(std::uint64_t from, const RegionDraft& region, const std::vector<Span>& taken,
                         const TableGeometry& geometry) {
  const std::uint64_t leaf = geometry.span(1).raw();
  std::uint64_t page = aligned(from, region, leaf);
  for (bool moved = true; moved;) {
    moved = false;
    for (const Span& span : taken) {
      const Span wanted = span_of(page, region);
      if (!clash(span, wanted, geometry.page_shift())) continue;
      const Span kept = span.huge != wanted.huge ? slices_of(span, geometry.page_shift()) : span;
      page = aligned(kept.end, region, leaf);
      moved = true;
    }
  }
  return page;
}

/// Places what has no page of its own; returns the end of the highest region.
std::uint64_t place_all(Draft& draft, std::uint32_t mm, std::vector<Span> taken, std::uint64_t base,
                        const TableGeometry& geometry) {
  std::uint64_t end = 0;
  for (const Span& span : taken) end = std::max(end, span.end);
  std::uint64_t from = base;
  for (RegionDraft& region : draft.regions) {
    if (region.mm != mm || region.at_page) continue;
    const std::uint64_t page = free_place(from, region, taken, geometry);
    region.first = VirtPage{page};
    from = page + region.base_pages();
    taken.push_back(span_of(page, region));
    end = std::max(end, from);
  }
  return end;
}

std::vector<Span> place_fixed(Draft& draft, std::uint32_t mm, const TableGeometry& geometry, Problems& problems) {
  std::vector<Span> taken;
  for (RegionDraft& region : draft.regions) {
    if (region.mm != mm || !region.at_page) continue;
    const Span span = span_of(*region.at_page, region);
    region.first = VirtPage{span.first};
    for (const RegionDraft& other : draft.regions) {
      if (&other == &region) break;
      if (other.mm != mm || !other.at_page) continue;
      const Span there = span_of(*other.at_page, other);
      if (!clash(there, span, geometry.page_shift())) continue;
      const char* how = there.huge != span.huge ? "lies in one slice with" : "overlaps";
      problems.add(region.at, fmt::format("`{}` {} `{}`", region.name, how, other.name));
    }
    taken.push_back(span);
  }
  return taken;
}

}  // namespace

void lay_out_regions(Draft& draft, const TableGeometry& geometry, Problems& problems) {
  const std::uint64_t leaf = geometry.span(1).raw(), all = geometry.user_pages().raw();
  std::uint32_t mms = 0;
  for (const RegionDraft& region : draft.regions) mms = std::max(mms, region.mm + 1);
  for (std::uint32_t mm = 0; mm < mms; ++mm) {
    const auto fixed = place_fixed(draft, mm, geometry, problems);
    std::uint64_t end = place_all(draft, mm, fixed, leaf, geometry);
    if (end > all) end = place_all(draft, mm, fixed, 0, geometry);
    if (end <= all) continue;
    for (const RegionDraft& region : draft.regions) {
      if (region.mm != mm || region.first.raw() + region.base_pages() <= all) continue;
      problems.add(region.at,
                   fmt::format("`{}` ends at page {}, beyond the address space", region.name,
                               region.first.raw() + region.base_pages()),
                   fmt::format("this machine's page tables reach {} pages", all));
      break;
    }
  }
}

}  // namespace mmulab::workload
