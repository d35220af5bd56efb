// SPDX-License-Identifier: MIT
#include "models/machine/lines.h"

#include <algorithm>

namespace mmulab {

Lines::Lines(const World& world, const Topology& topology, const CostTable& costs, LineCosts line_costs,
             MemoryRead memory)
    : topology_(topology),
      costs_(costs),
      line_costs_(line_costs),
      memory_(std::move(memory)),
      line_shift_(line_costs.line_bytes == 128 ? 4 : 3),
      mask_words_((topology.cores() + 63) / 64) {
  MMULAB_ASSERT(line_costs.line_bytes == std::uint32_t{8} << line_shift_, "a cache line has 64 or 128 bytes");
  const std::size_t lines = (world.size_words() >> line_shift_) + 1;
  lines_.grow(lines);
  coherent_.assign(lines, false);
  sharers_.grow(lines * mask_words_);
  for (const World::RegionInfo& info : world.regions()) {
    if (info.coherence == Coherence::internal) continue;
    for (std::uint32_t w = 0; w < info.region.words(); w += 1)
      coherent_[line_of(Location{info.region.first().raw() + w})] = true;
  }
}

template <class F>
void Lines::each_line(const Footprint& footprint, F&& f) const {
  for (const Touch& touch : footprint) {
    const std::uint32_t first = line_of(touch.first);
    const std::uint32_t last = line_of(Location{touch.first.raw() + touch.words - 1});
    // No item reaches from registers and TLBs into memory.
    if (!coherent_[first]) continue;
    for (std::uint32_t line = first; line <= last; ++line) f(line, touch.use);
  }
}

bool Lines::holds(CoreId core, const Footprint& footprint) const {
  bool all = true;
  each_line(footprint, [&](std::uint32_t line, Use use) { all = all && holds_line(line, core, use); });
  return all;
}

/// Does anybody outside `socket` have a copy?
bool Lines::shared_beyond(std::uint32_t line, SocketId socket) const {
  const std::uint32_t first = socket.raw() * topology_.cores_per_socket;
  for (std::uint32_t w = 0; w < mask_words_; ++w)
    for (std::uint64_t left = sharers_[std::size_t{line} * mask_words_ + w]; left != 0; left &= left - 1) {
      const std::uint32_t core = w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(left));
      if (core < first || core >= first + topology_.cores_per_socket) return true;
    }
  return false;
}

/// How long until `core` has the line, once the line is free to move: from its owner, and to write it, once the
/// farthest of those who share it has dropped its copy.
Cycles Lines::transfer(std::uint32_t line, CoreId core, Use use) {
  const Line& l = lines_[line];
  if (!l.owned()) {
    ++traffic_.from_memory;
    return memory_(core, PhysAddr{std::uint64_t{line} * line_costs_.line_bytes}, changes(use));
  }
  const bool has_copy = shared_by(line, core);
  if (has_copy) ++traffic_.upgrades;
  const SocketId here = topology_.socket_of(core);
  const bool near = topology_.socket_of(l.owner()) == here && (use == Use::read || !shared_beyond(line, here));
  if (!has_copy) ++(near ? traffic_.from_same_socket : traffic_.from_other_socket);
  return near ? line_costs_.same_socket : line_costs_.cross_socket;
}

Cycle Lines::fetch(CoreId core, const Footprint& footprint, Cycle issue) {
  Cycle last = issue;
  fetched_.clear();
  each_line(footprint, [&](std::uint32_t line, Use use) {
    if (holds_line(line, core, use)) return;
    if (std::find(fetched_.begin(), fetched_.end(), line) != fetched_.end()) return;
    fetched_.push_back(line);
    // The lines of one step are fetched one after another: the steps are that small.
    const Cycle start = std::max(last, Cycle{lines_[line].busy_until});
    traffic_.queued += start - last;
    last = start + transfer(line, core, use);
    lines_[line].busy_until = last.raw();
  });
  return last;
}

void Lines::complete(CoreId core, const Footprint& footprint) {
  each_line(footprint, [&](std::uint32_t line, Use use) {
    if (!coherent_[line] || holds_line(line, core, use)) return;
    Line& l = lines_[line];
    std::uint64_t* mask = &sharers_[std::size_t{line} * mask_words_];
    if (changes(use)) {
      std::fill_n(mask, mask_words_, 0);
      l.exclusive = true;
      l.give_to(core);
    } else {
      l.exclusive = false;
      if (!l.owned()) l.give_to(core);
    }
    mask[core.raw() / 64] |= std::uint64_t{1} << (core.raw() % 64);
  });
}

}  // namespace mmulab
