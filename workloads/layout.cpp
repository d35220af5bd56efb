// SPDX-License-Identifier: MIT
// Where regions lie: those with a page of their own there, the others one after another from the second leaf table
// on (from page 0 if the address space is too small for that). A region that fits one leaf table does not cross
// into the next, unless it straddles: then its middle is the border.
#include <algorithm>

#include <fmt/format.h>

#include "workloads/settle.h"

namespace mmulab::workload {
namespace {

struct Span {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

std::uint64_t round_up(std::uint64_t page, std::uint64_t to) { return (page + to - 1) / to * to; }

std::uint64_t aligned(std::uint64_t page, const RegionDraft& region, std::uint64_t leaf) {
  const std::uint64_t half = region.pages / 2;
  if (region.shares_tables) return round_up(page, leaf);
  if (region.straddle) return round_up(page + half, leaf) - half;
  const bool crosses = page / leaf != (page + region.pages - 1) / leaf;
  return crosses ? round_up(page, leaf) : page;
}

/// The lowest place at or above `from` that no span takes.
std::uint64_t free_place(std::uint64_t from, const RegionDraft& region, const std::vector<Span>& taken,
                         std::uint64_t leaf) {
  std::uint64_t page = aligned(from, region, leaf);
  for (bool moved = true; moved;) {
    moved = false;
    for (const Span& span : taken) {
      if (page >= span.end || page + region.pages <= span.first) continue;
      page = aligned(span.end, region, leaf);
      moved = true;
    }
  }
  return page;
}

/// Places what has no page of its own; returns the end of the highest region.
std::uint64_t place_all(Draft& draft, std::uint32_t mm, std::vector<Span> taken, std::uint64_t base,
                        std::uint64_t leaf) {
  std::uint64_t end = 0;
  for (const Span& span : taken) end = std::max(end, span.end);
  std::uint64_t from = base;
  for (RegionDraft& region : draft.regions) {
    if (region.mm != mm || region.at_page) continue;
    const std::uint64_t page = free_place(from, region, taken, leaf);
    region.first = VirtPage{page};
    from = page + region.pages;
    taken.push_back({page, from});
    end = std::max(end, from);
  }
  return end;
}

std::vector<Span> place_fixed(Draft& draft, std::uint32_t mm, Problems& problems) {
  std::vector<Span> taken;
  for (RegionDraft& region : draft.regions) {
    if (region.mm != mm || !region.at_page) continue;
    const Span span{*region.at_page, *region.at_page + region.pages};
    region.first = VirtPage{span.first};
    for (const RegionDraft& other : draft.regions) {
      if (&other == &region) break;
      if (other.mm != mm || !other.at_page || span.first >= *other.at_page + other.pages ||
          *other.at_page >= span.end)
        continue;
      problems.add(region.at, fmt::format("`{}` overlaps `{}`", region.name, other.name));
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
    const auto fixed = place_fixed(draft, mm, problems);
    std::uint64_t end = place_all(draft, mm, fixed, leaf, leaf);
    if (end > all) end = place_all(draft, mm, fixed, 0, leaf);
    if (end <= all) continue;
    for (const RegionDraft& region : draft.regions) {
      if (region.mm != mm || region.first.raw() + region.pages <= all) continue;
      problems.add(region.at,
                   fmt::format("`{}` ends at page {}, beyond the address space", region.name,
                               region.first.raw() + region.pages),
                   fmt::format("this machine's page tables reach {} pages", all));
      break;
    }
  }
}

}  // namespace mmulab::workload
