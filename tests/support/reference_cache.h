// SPDX-License-Identifier: MIT
// What textbooks say of set-associative caches, written to be read and not to be fast, and sharing nothing with the
// models: stamps instead of positions, a tree in its own words. Tests compare hits and misses one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace mmulab::test {

enum class Policy { lru, fifo, random, tree };

class ReferenceCache {
 public:
  ReferenceCache(std::uint32_t sets, std::uint32_t ways, Policy policy)
      : policy_(policy), sets_(sets, Set{std::vector<Way>(ways), std::vector<bool>(ways, false), 0}) {}

  /// Is the page there? Counts as a use.
  bool use(std::uint64_t page) {
    ++now_;
    Way* way = find(page);
    if (way == nullptr) return false;
    way->used = now_;
    turn_away(set_of(page), *way);
    return true;
  }
  /// The page that had to go, if one had.
  std::optional<std::uint64_t> fill(std::uint64_t page) {
    ++now_;
    Set& set = set_of(page);
    Way& way = victim(set);
    const auto gone = way.page;
    way = {page, now_, now_};
    turn_away(set, way);
    return gone;
  }
  void forget(std::uint64_t page) {
    if (Way* way = find(page)) way->page.reset();
  }
  [[nodiscard]] bool holds(std::uint64_t page) { return find(page) != nullptr; }
  template <class Predicate>
  void forget_where(const Predicate& dies) {
    for (Set& set : sets_)
      for (Way& way : set.ways)
        if (way.page && dies(*way.page)) way.page.reset();
  }
  /// A hit, or a miss after which it is there.
  bool access(std::uint64_t page) {
    if (use(page)) return true;
    fill(page);
    return false;
  }

 private:
  struct Way {
    std::optional<std::uint64_t> page;
    std::uint64_t used = 0;
    std::uint64_t filled = 0;
  };
  struct Set {
    std::vector<Way> ways;
    std::vector<bool> upper;  // of each inner node of the tree, in order of breadth from 1
    std::uint64_t draw = 0;
  };

  Set& set_of(std::uint64_t page) { return sets_[page % sets_.size()]; }
  Way* find(std::uint64_t page) {
    for (Way& way : set_of(page).ways)
      if (way.page == page) return &way;
    return nullptr;
  }
  Way& victim(Set& set) {
    for (Way& way : set.ways)
      if (!way.page) return way;
    const auto oldest = [&](auto stamp) {
      return std::min_element(set.ways.begin(), set.ways.end(),
                              [&](const Way& a, const Way& b) { return a.*stamp < b.*stamp; });
    };
    if (policy_ == Policy::lru) return *oldest(&Way::used);
    if (policy_ == Policy::fifo) return *oldest(&Way::filled);
    if (policy_ == Policy::random) {
      // Knuth's MMIX generator, one a set, from 0; its upper 31 bits.
      set.draw = set.draw * 6364136223846793005ULL + 1442695040888963407ULL;
      return set.ways[static_cast<std::size_t>(set.draw >> 33) % set.ways.size()];
    }
    std::size_t low = 0, high = set.ways.size(), node = 1;
    while (high - low > 1) {
      const bool upper = set.upper[node];
      (upper ? low : high) = (low + high) / 2;
      node = 2 * node + (upper ? 1 : 0);
    }
    return set.ways[low];
  }
  void turn_away(Set& set, const Way& way) const {
    if (policy_ != Policy::tree) return;
    const auto at = static_cast<std::size_t>(&way - set.ways.data());
    std::size_t low = 0, high = set.ways.size(), node = 1;
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      const bool upper = at >= middle;
      set.upper[node] = !upper;
      (upper ? low : high) = middle;
      node = 2 * node + (upper ? 1 : 0);
    }
  }

  Policy policy_;
  std::vector<Set> sets_;
  std::uint64_t now_ = 0;
};

/// Pages as programs visit them: some over and over, some in a row, some anywhere.
class PageStream {
 public:
  explicit PageStream(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    if (left_ == 0) {
      left_ = 1 + draw() % 64;
      kind_ = draw() % 4;
      at_ = draw() % 4096;
    }
    --left_;
    if (kind_ == 0) return at_ = (at_ + 1) % 4096;
    if (kind_ == 1) return draw() % 4096;
    return (at_ + draw() % 24) % 4096;
  }

 private:
  std::uint64_t draw() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::uint64_t state_;
  std::uint64_t left_ = 0, kind_ = 0, at_ = 0;
};

}  // namespace mmulab::test
