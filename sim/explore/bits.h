// SPDX-License-Identifier: MIT
// A set of small numbers: the first few hundred of them without a heap.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mmulab {

class Bits {
 public:
  /// False if it was there.
  bool add(std::size_t n) {
    const std::size_t w = n / 64;
    if (w >= here && w - here >= more_.size()) more_.resize(w - here + 1, 0);
    const std::uint64_t bit = std::uint64_t{1} << (n % 64);
    const bool fresh = (word(w) & bit) == 0;
    word(w) |= bit;
    used_ = std::max(used_, w + 1);
    return fresh;
  }
  [[nodiscard]] bool has(std::size_t n) const {
    return n / 64 < used_ && (word(n / 64) >> (n % 64) & 1) != 0;
  }
  /// False if all of them were there.
  bool add_all(const Bits& other) {
    if (other.more_.size() > more_.size()) more_.resize(other.more_.size(), 0);
    std::uint64_t fresh = 0;
    for (std::size_t w = 0; w < other.used_; ++w) {
      fresh |= other.word(w) & ~word(w);
      word(w) |= other.word(w);
    }
    used_ = std::max(used_, other.used_);
    return fresh != 0;
  }
  [[nodiscard]] bool meets(const Bits& other) const {
    for (std::size_t w = 0; w < std::min(used_, other.used_); ++w)
      if ((word(w) & other.word(w)) != 0) return true;
    return false;
  }
  void clear() { *this = Bits{}; }

 private:
  static constexpr std::size_t here = 5;
  std::uint64_t& word(std::size_t w) { return w < here ? words_[w] : more_[w - here]; }
  [[nodiscard]] std::uint64_t word(std::size_t w) const { return w < here ? words_[w] : more_[w - here]; }

  std::size_t used_ = 0;
  std::array<std::uint64_t, here> words_{};
  std::vector<std::uint64_t> more_;
};

}  // namespace mmulab
