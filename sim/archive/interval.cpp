// SPDX-License-Identifier: MIT
#include "sim/archive/interval.h"

#include <cmath>

#include <boost/math/distributions/students_t.hpp>

namespace mmulab::archive {
namespace {

double average(const std::vector<double>& sample) {
  // Equal values have exactly that average, and no spread, whatever their number is.
  double sum = 0;
  for (const double x : sample) sum += x - sample.front();
  return sample.front() + sum / static_cast<double>(sample.size());
}

/// The variance of the mean.
double variance_of_mean(const std::vector<double>& sample) {
  const double mean = average(sample);
  double squares = 0;
  for (const double x : sample) squares += (x - mean) * (x - mean);
  const auto n = static_cast<double>(sample.size());
  return squares / (n - 1) / n;
}

Interval around(double mean, double variance, double freedom, double error) {
  if (variance == 0) return {mean, mean, mean, true};
  const boost::math::students_t t(freedom);
  const double reach = boost::math::quantile(boost::math::complement(t, error / 2)) * std::sqrt(variance);
  return {mean, mean - reach, mean + reach, true};
}

}  // namespace

Interval mean_of(const std::vector<double>& sample, double error) {
  if (sample.empty()) return {};
  const double mean = average(sample);
  if (sample.size() < 2) return {mean, mean, mean, false};
  return around(mean, variance_of_mean(sample), static_cast<double>(sample.size() - 1), error);
}

Interval difference_of(const std::vector<double>& a, const std::vector<double>& b, double error) {
  if (a.empty() || b.empty()) return {};
  const double change = average(b) - average(a);
  if (a.size() < 2 || b.size() < 2) return {change, change, change, false};
  const double va = variance_of_mean(a), vb = variance_of_mean(b);
  const double sum = va + vb;
  if (sum == 0) return {change, change, change, true};
  const double freedom = sum * sum / (va * va / static_cast<double>(a.size() - 1) +
                                      vb * vb / static_cast<double>(b.size() - 1));
  return around(change, sum, freedom, error);
}

}  // namespace mmulab::archive
