// SPDX-License-Identifier: MIT
#include "workloads/trace/page_states.h"

#include <fmt/format.h>

#include "sim/config/diagnostic.h"

namespace mmulab::trace {

void PageStates::make_room(std::size_t more) {
  leaves_ += more;
  if (leaves_ > leaves_max)
    throw config::Error(config::diagnose(
        {}, fmt::format("the recording's address spaces touch more than {} stretches of {} pages at once", leaves_max,
                        leaf_pages)));
}

PageStates::Leaf& PageStates::find(MmId mm, std::uint64_t leaf) {
  std::unique_ptr<Leaf>& at = spaces_[mm.raw()].leaves[leaf];
  if (at == nullptr) {
    make_room(1);
    at = std::make_unique<Leaf>();
  }
  return *at;
}

std::vector<std::pair<VirtPage, std::uint8_t>> PageStates::take(MmId mm, VirtPage first, Pages pages) {
  std::vector<std::pair<VirtPage, std::uint8_t>> taken;
  auto& leaves = spaces_[mm.raw()].leaves;
  const std::uint64_t end = first.raw() + pages.raw();
  for (auto at = leaves.lower_bound(first.raw() / leaf_pages); at != leaves.end() && at->first * leaf_pages < end; ++at)
    for (std::uint64_t i = 0; i < leaf_pages; ++i) {
      const std::uint64_t page = at->first * leaf_pages + i;
      if (page < first.raw() || page >= end || at->second->pages[i] == 0) continue;
      taken.emplace_back(page, at->second->pages[i]);
      at->second->pages[i] = 0;
    }
  return taken;
}

void PageStates::copy(MmId parent, MmId child) {
  clear(child);
  Space& from = spaces_[parent.raw()];
  Space& to = spaces_[child.raw()];
  make_room(from.leaves.size());
  for (auto& [leaf, states] : from.leaves) {
    for (std::uint8_t& state : states->pages) state = static_cast<std::uint8_t>(state & ~may_store);
    to.leaves[leaf] = std::make_unique<Leaf>(*states);
  }
  to.resident = from.resident;
}

void PageStates::clear(MmId mm) {
  leaves_ -= spaces_[mm.raw()].leaves.size();
  spaces_[mm.raw()] = {};
  known_.fill({});
}

}  // namespace mmulab::trace
