// SPDX-License-Identifier: MIT
// Which accesses of a recording every geometry is sure to answer by a hit in its first level (CountedMmu::Repeats), and
// what of them must be told after all: in which order they were the last ones, before another page comes to their
// class.
#pragma once

#include <algorithm>
#include <vector>

#include "models/machine/counted_mmu.h"

namespace mmulab::trace {

class RepeatFilter {
 public:
  explicit RepeatFilter(const std::vector<CountedMmu*>& mmus) {
    for (const CountedMmu* mmu : mmus) {
      const CountedMmu::RepeatsOfSides repeats = mmu->repeats();
      sides_[0].limit(repeats.data);
      sides_[1].limit(repeats.code);
      apart_ = apart_ && repeats.apart;
    }
    for (Side& side : sides_) side.lay_out();
  }

  /// The access needs no telling now.
  [[nodiscard]] bool repeats(VirtPage page, bool fetch, bool store) {
    Side& side = sides_[fetch ? 1 : 0];
    std::uint64_t* const last = side.of(page);
    const std::uint64_t wanted = store ? page.raw() << 2 | stored : page.raw() << 2;
    const std::uint64_t mask = store ? ~late : ~(late | stored);
    if ((last[0] & mask) == wanted) return true;
    for (std::uint32_t i = 1; i < side.depth; ++i) {
      if ((last[i] & mask) != wanted) continue;
      const std::uint64_t found = last[i] | late;
      for (std::uint32_t j = i; j > 0; --j) last[j] = last[j - 1];
      last[0] = found;
      return true;
    }
    return false;
  }
  /// The access is about to be told; `tell(page)` gets what must be told first.
  template <class Tell>
  void note(VirtPage page, bool fetch, bool store, const Tell& tell) {
    Side& side = sides_[fetch ? 1 : 0];
    std::uint64_t* const last = side.of(page);
    tell_late(side, last, tell);
    std::uint32_t at = 0;
    while (at + 1 < side.depth && last[at] >> 2 != page.raw()) ++at;
    // Only a store has seen to it that the copies are dirty.
    const std::uint64_t kept = last[at] >> 2 == page.raw() ? last[at] & stored : 0;
    for (; at > 0; --at) last[at] = last[at - 1];
    last[0] = page.raw() << 2 | kept | (store ? stored : 0);
    if (!apart_) sides_[fetch ? 0 : 1].forget();
  }
  /// Copies are about to die, or another task to act: `tell(page, fetch)` gets what must be told before.
  template <class Tell>
  void clear(const Tell& tell) {
    for (Side& side : sides_) {
      const bool fetch = &side == sides_ + 1;
      for (std::size_t first = 0; first < side.pages.size(); first += side.depth)
        tell_late(side, side.pages.data() + first, [&](VirtPage page) { tell(page, fetch); });
      side.forget();
    }
  }

 private:
  /// Of an entry: page << 2, and these. Late: it was the last one since anything of its class was told.
  static constexpr std::uint64_t late = 1, stored = 2, nothing = ~std::uint64_t{0} & ~late;
  /// Deeper lists find little more.
  static constexpr std::uint32_t depth_max = 8;

  struct Side {
    std::uint64_t* of(VirtPage page) { return pages.data() + (page.raw() & (classes - 1)) * depth; }
    void limit(const CountedMmu::Repeats& repeats) {
      classes = std::min(classes, repeats.classes);
      depth = std::min(depth, repeats.depth);
    }
    void lay_out() { pages.assign(std::size_t{classes} * depth, nothing); }
    void forget() { std::fill(pages.begin(), pages.end(), nothing); }
    std::uint32_t classes = 1U << 16, depth = depth_max;
    std::vector<std::uint64_t> pages;  ///< of each class the last ones, the latest first
  };

  template <class Tell>
  void tell_late(const Side& side, std::uint64_t* last, const Tell& tell) {
    for (std::uint32_t i = side.depth; i-- > 0;) {
      if ((last[i] & late) == 0) continue;
      last[i] &= ~late;
      tell(VirtPage{last[i] >> 2});
    }
  }

  Side sides_[2];
  bool apart_ = true;
};

}  // namespace mmulab::trace
