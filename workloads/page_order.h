// SPDX-License-Identifier: MIT
// In which order a task visits the pages of a region. Integers only: zipf draws from an alias table whose masses
// are floor(2^32 * pages * weight / sum), weight(rank) = floor(2^40 / rank^e) with e a multiple of one half; which
// page has which rank is a seeded permutation. The chase is one random cycle through all pages (Sattolo). Source:
// Vose 1991 for the table. Left out: exponents between the halves.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/random.h"

namespace mmulab::workload {

enum class Pattern : std::uint8_t { sequential, uniform, zipf, chase };

/// floor(sqrt(x)).
std::uint64_t square_root(std::uint64_t x);
/// The weight of each rank, most popular first; `halves` is twice the exponent.
std::vector<std::uint64_t> zipf_weights(std::uint64_t pages, std::uint32_t halves);
/// next[page] of one random cycle through all pages.
std::vector<std::uint32_t> random_cycle(std::uint64_t pages, std::uint64_t key);

class PageOrder {
 public:
  static constexpr std::uint64_t pages_max = std::uint64_t{1} << 22;

  PageOrder(Pattern pattern, std::uint64_t pages, std::uint32_t zipf_halves, std::uint64_t key);

  [[nodiscard]] Pattern pattern() const { return pattern_; }
  [[nodiscard]] std::uint64_t pages() const { return pages_; }
  /// The page of the visit with this number modulo pages(); sequential and chase only.
  [[nodiscard]] std::uint64_t of_turn(std::uint64_t turn) const { return turns_.empty() ? turn : turns_[turn]; }
  /// The page that a random number picks; uniform and zipf only.
  [[nodiscard]] std::uint64_t of_random(std::uint64_t random) const {
    const std::uint64_t slot = below(random, pages_);
    if (slots_.empty()) return slot;
    const Slot& s = slots_[slot];
    return static_cast<std::uint32_t>(random) < s.own_share ? s.own : s.other;
  }

 private:
  struct Slot {
    std::uint32_t own_share = 0;  // of 2^32
    std::uint32_t own = 0;
    std::uint32_t other = 0;
  };
  void fill_slots(std::uint32_t zipf_halves, std::uint64_t key);

  Pattern pattern_;
  std::uint64_t pages_;
  std::vector<std::uint32_t> turns_;
  std::vector<Slot> slots_;
};

}  // namespace mmulab::workload
