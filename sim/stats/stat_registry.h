// SPDX-License-Identifier: MIT
// Named statistics with unit and description, in the order in which they were made; that order is the order of
// every report. Integers only.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/stats/histogram.h"

namespace mmulab {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_ += n; }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  void reset() { value_ = 0; }

 private:
  std::uint64_t value_ = 0;
};

/// A level that rises and falls; its greatest value is what a report gives.
class Gauge {
 public:
  void set(std::uint64_t value) {
    value_ = value;
    if (value > max_) max_ = value;
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  /// The level stays, its history goes.
  void reset() { max_ = value_; }

 private:
  std::uint64_t value_ = 0;
  std::uint64_t max_ = 0;
};

struct StatText {
  std::string name;  ///< "call.munmap.latency"
  std::string unit;  ///< "cycles", "pages", "1"
  std::string description;
};

/// One registered statistic: exactly one of the pointers is set.
struct Stat {
  StatText text;
  const Counter* counter = nullptr;
  const Gauge* gauge = nullptr;
  const Histogram* histogram = nullptr;
};

class StatRegistry {
 public:
  /// The returned references live as long as the registry. A name is given once.
  Counter& counter(StatText text);
  Gauge& gauge(StatText text);
  Histogram& histogram(StatText text);

  [[nodiscard]] const std::vector<Stat>& all() const { return stats_; }
  /// Measuring begins anew: every statistic is as it was when it was made, but for the levels of gauges.
  void reset();
  /// Null if there is none of that name.
  [[nodiscard]] const Stat* find(std::string_view name) const;

 private:
  Stat& enter(StatText text);
  std::vector<Stat> stats_;
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<Histogram> histograms_;
};

}  // namespace mmulab
