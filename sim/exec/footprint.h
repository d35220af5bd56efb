// SPDX-License-Identifier: MIT
// What a step says it will touch before it runs: the explorer's independence relation, the timed host's memory
// traffic and the debug check of every access are all read off this one declaration.
#pragma once

#include <array>

#include "sim/state/cell.h"
#include "sim/units/assert.h"

namespace mmulab {

/// count: adds to the word and does not depend on what it was, so that two of them may change places. update: what the
/// step makes of the word may change places with any other step's update of it: an invalidation. tally: adds to a count
/// of references, and all that the step tells of the sum is whether none is left: two of them may change places as long
/// as that cannot happen, whoever comes first.
enum class Use : std::uint8_t { read, write, count, update, tally };

constexpr bool changes(Use use) { return use != Use::read; }
/// Whether the order of two such accesses to one word matters, for all that is known without its value.
constexpr bool clash(Use a, Use b) { return a != b || a == Use::write || a == Use::tally; }

/// One declared item: `words` consecutive words from `first`. A write allows everything else, too.
struct Touch {
  Location first;
  std::uint32_t words = 1;
  Use use = Use::read;
  [[nodiscard]] bool covers(Location at) const { return at.raw() - first.raw() < words; }
};

class Footprint {
 public:
  static constexpr std::size_t capacity = 8;

  template <class... T>
  Footprint& reads(Cell<T>... cells) { (add({cells.at, 1, Use::read}), ...); return *this; }
  template <class... T>
  Footprint& writes(Cell<T>... cells) { (add({cells.at, 1, Use::write}), ...); return *this; }
  template <class... T>
  Footprint& counts(Cell<T>... cells) { (add({cells.at, 1, Use::count}), ...); return *this; }
  template <class... T>
  Footprint& tallies(Cell<T>... cells) { (add({cells.at, 1, Use::tally}), ...); return *this; }
  Footprint& reads_words(Location first, std::uint32_t words) { add({first, words, Use::read}); return *this; }
  Footprint& writes_words(Location first, std::uint32_t words) { add({first, words, Use::write}); return *this; }
  Footprint& updates_words(Location first, std::uint32_t words) { add({first, words, Use::update}); return *this; }

  [[nodiscard]] const Touch* begin() const { return touches_.data(); }
  [[nodiscard]] const Touch* end() const { return touches_.data() + count_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool allows(Location at, Use use) const {
    for (const Touch& t : *this)
      if (t.covers(at) && (t.use == use || t.use == Use::write)) return true;
    return false;
  }
  /// Removes the n-th item: the mutation test's tool, nobody else's.
  void drop(std::size_t n) {
    for (std::size_t i = n + 1; i < count_; ++i) touches_[i - 1] = touches_[i];
    if (n < count_) --count_;
  }

 private:
  void add(Touch touch) {
    MMULAB_ASSERT(count_ < capacity, "a step declares at most eight items");
    touches_[count_++] = touch;
  }
  std::array<Touch, capacity> touches_{};
  std::size_t count_ = 0;
};

template <class... T>
Footprint reads(Cell<T>... cells) { return Footprint{}.reads(cells...); }
template <class... T>
Footprint writes(Cell<T>... cells) { return Footprint{}.writes(cells...); }
template <class... T>
Footprint counts(Cell<T>... cells) { return Footprint{}.counts(cells...); }
template <class... T>
Footprint tallies(Cell<T>... cells) { return Footprint{}.tallies(cells...); }
inline Footprint reads_words(Location first, std::uint32_t words) { return Footprint{}.reads_words(first, words); }
inline Footprint writes_words(Location first, std::uint32_t words) { return Footprint{}.writes_words(first, words); }

}  // namespace mmulab
