// SPDX-License-Identifier: MIT
// What a kernel's page tables say of each page of a recording's address spaces, as far as a translation depends on it:
// present since the first touch, writable until a fork shares it or a call takes the right away, dirty from the first
// store on. All memory is anonymous. A byte a page, in leaves of 512; memory grows with the pages touched, to 128 MiB.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "sim/units/units.h"

namespace mmulab::trace {

enum class Touch : std::uint8_t {
  known,        ///< nothing changes
  first_store,  ///< the page becomes dirty
  came,         ///< the page was not there: a fault
  changed       ///< it was not writable: a fault, after which it is
};

class PageStates {
 public:
  explicit PageStates(std::size_t mms) : spaces_(mms) {}

  Touch touch(MmId mm, VirtPage page, bool store) {
    std::uint8_t& state = leaf_of(mm, page).pages[page.raw() % leaf_pages];
    const std::uint8_t before = state;
    const std::uint8_t after =
        static_cast<std::uint8_t>(store ? there | may_store | stored : before == 0 ? there | may_store : before);
    if (before == after) return Touch::known;
    state = after;
    if (before == 0) {
      ++spaces_[mm.raw()].resident;
      return Touch::came;
    }
    return (before & may_store) == 0 ? Touch::changed : Touch::first_store;
  }
  [[nodiscard]] bool is_dirty(MmId mm, VirtPage page) {
    return (leaf_of(mm, page).pages[page.raw() % leaf_pages] & stored) != 0;
  }
  [[nodiscard]] std::uint64_t resident(MmId mm) const { return spaces_[mm.raw()].resident; }

  /// Calls `visit(page)` for what is present of a range, in order, and does this with it.
  enum class Change : std::uint8_t { clear, protect, clean };
  template <class Visit>
  void change(MmId mm, VirtPage first, Pages pages, Change change, const Visit& visit) {
    Space& space = spaces_[mm.raw()];
    const std::uint64_t end = first.raw() + pages.raw();
    for (auto at = space.leaves.lower_bound(first.raw() / leaf_pages);
         at != space.leaves.end() && at->first * leaf_pages < end; ++at)
      for (std::uint64_t i = 0; i < leaf_pages; ++i) {
        const std::uint64_t page = at->first * leaf_pages + i;
        std::uint8_t& state = at->second->pages[i];
        if (state == 0 || page < first.raw() || page >= end) continue;
        const std::uint8_t kept = change == Change::clear     ? std::uint8_t{0}
                                  : change == Change::protect ? static_cast<std::uint8_t>(state & ~may_store)
                                                              : static_cast<std::uint8_t>(state & ~stored);
        if (kept == state) continue;
        state = kept;
        space.resident -= kept == 0 ? 1U : 0U;
        visit(VirtPage{page});
      }
  }
  /// What is present of [from, from + pages) goes to `to`, where nothing is; `visit` gets each page's old place.
  template <class Visit>
  void move(MmId mm, VirtPage from, Pages pages, VirtPage to, const Visit& visit) {
    for (const auto& [page, state] : take(mm, from, pages)) {
      const VirtPage target{to.raw() + (page.raw() - from.raw())};
      leaf_of(mm, target).pages[target.raw() % leaf_pages] = state;
      visit(page);
    }
  }
  /// fork: the child has what the parent has, and neither may store to it.
  void copy(MmId parent, MmId child);
  void clear(MmId mm);

 private:
  enum : std::uint8_t { there = 1, may_store = 2, stored = 4 };
  static constexpr std::uint64_t leaf_pages = 512;
  struct Leaf {
    std::array<std::uint8_t, leaf_pages> pages{};
  };
  struct Space {
    std::map<std::uint64_t, std::unique_ptr<Leaf>> leaves;
    std::uint64_t resident = 0;
  };
  /// Leaves that were asked for before; no state.
  struct Known {
    std::uint64_t mm_and_leaf = ~std::uint64_t{0};
    Leaf* leaf = nullptr;
  };
  Leaf& leaf_of(MmId mm, VirtPage page) {
    const std::uint64_t leaf = page.raw() / leaf_pages, wanted = std::uint64_t{mm.raw()} << 48 | leaf;
    Known& known = known_[leaf % known_.size()];
    if (known.mm_and_leaf != wanted) known = {wanted, &find(mm, leaf)};
    return *known.leaf;
  }
  Leaf& find(MmId mm, std::uint64_t leaf);
  std::vector<std::pair<VirtPage, std::uint8_t>> take(MmId mm, VirtPage first, Pages pages);

  /// Throws config::Error if so many more leaves are too many.
  void make_room(std::size_t more);

  static constexpr std::size_t leaves_max = std::size_t{1} << 18;
  std::size_t leaves_ = 0;
  std::vector<Space> spaces_;
  std::array<Known, 256> known_;
};

}  // namespace mmulab::trace
