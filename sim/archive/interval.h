// SPDX-License-Identifier: MIT
// What repeats say about a mean: its interval of confidence by Student's t, of one sample, of a paired difference, of
// the difference of two samples (Welch).
#pragma once

#include <vector>

namespace mmulab::archive {

struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;
  bool known = false;  ///< else there are no repeats, and low and high are the mean
};

/// `error` is the chance that the interval misses the true mean, such as 0.05.
[[nodiscard]] Interval mean_of(const std::vector<double>& sample, double error);
/// The mean of b less that of a.
[[nodiscard]] Interval difference_of(const std::vector<double>& a, const std::vector<double>& b, double error);

}  // namespace mmulab::archive
