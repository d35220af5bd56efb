// SPDX-License-Identifier: MIT
// A histogram of integers. Count, sum, least and greatest are exact. Values below 128 have a bucket each; above,
// each power of two is split into 64 equal buckets, so a percentile errs upwards by less than 1/64 (1.6 %) of its
// value.
#pragma once

#include <cstdint>
#include <vector>

namespace mmulab {

class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  /// 0 if empty.
  [[nodiscard]] std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  /// The least value that at least `percent` of all values do not exceed: the upper edge of its bucket, at most
  /// max().
  [[nodiscard]] std::uint64_t percentile(unsigned percent) const;

  struct Bucket {
    std::uint64_t first;  ///< the least value that falls into it
    std::uint64_t last;   ///< the greatest
    std::uint64_t count;
  };
  /// The buckets that are not empty, ascending.
  [[nodiscard]] std::vector<Bucket> buckets() const;

 private:
  static constexpr unsigned sub_bits = 6;
  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t first_of(std::size_t index);
  static std::uint64_t last_of(std::size_t index);

  std::vector<std::uint64_t> counts_;  // grows to the greatest value's bucket
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace mmulab
