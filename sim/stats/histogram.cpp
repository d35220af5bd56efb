// SPDX-License-Identifier: MIT
#include "sim/stats/histogram.h"

#include <algorithm>

namespace mmulab {
namespace {
constexpr unsigned log2_floor(std::uint64_t value) {
  unsigned bits = 0;
  while ((value >>= 1) != 0) ++bits;
  return bits;
}
}  // namespace

std::size_t Histogram::index_of(std::uint64_t value) {
  constexpr std::uint64_t linear = std::uint64_t{2} << sub_bits;
  if (value < linear) return static_cast<std::size_t>(value);
  const unsigned shift = log2_floor(value) - sub_bits;
  return (std::size_t{shift} << sub_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::first_of(std::size_t index) {
  constexpr std::size_t linear = std::size_t{2} << sub_bits;
  if (index < linear) return index;
  const std::size_t shift = (index >> sub_bits) - 1;
  return (std::uint64_t{index} - (std::uint64_t{shift} << sub_bits)) << shift;
}

std::uint64_t Histogram::last_of(std::size_t index) { return first_of(index + 1) - 1; }

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  const std::size_t index = index_of(value);
  if (index >= counts_.size()) counts_.resize(index + 1, 0);
  counts_[index] += times;
  count_ += times;
  sum_ += value * times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::percentile(unsigned percent) const {
  if (count_ == 0) return 0;
  const std::uint64_t whole = count_ / 100 * percent;
  const std::uint64_t rest = (count_ % 100 * percent + 99) / 100;
  const std::uint64_t rank = std::max<std::uint64_t>(whole + rest, 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(last_of(i), min_, max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> result;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) result.push_back({first_of(i), last_of(i), counts_[i]});
  return result;
}

}  // namespace mmulab
