// SPDX-License-Identifier: MIT
#include "sim/stats/stat_registry.h"

#include "sim/units/assert.h"

namespace mmulab {

Stat& StatRegistry::enter(StatText text) {
  MMULAB_ASSERT(find(text.name) == nullptr, "a statistic's name is given once");
  stats_.push_back(Stat{std::move(text), nullptr, nullptr, nullptr});
  return stats_.back();
}

Counter& StatRegistry::counter(StatText text) {
  Stat& stat = enter(std::move(text));
  stat.counter = &counters_.emplace_back();
  return counters_.back();
}

Gauge& StatRegistry::gauge(StatText text) {
  Stat& stat = enter(std::move(text));
  stat.gauge = &gauges_.emplace_back();
  return gauges_.back();
}

Histogram& StatRegistry::histogram(StatText text) {
  Stat& stat = enter(std::move(text));
  stat.histogram = &histograms_.emplace_back();
  return histograms_.back();
}

void StatRegistry::reset() {
  for (Counter& counter : counters_) counter.reset();
  for (Gauge& gauge : gauges_) gauge.reset();
  for (Histogram& histogram : histograms_) histogram = Histogram{};
}

const Stat* StatRegistry::find(std::string_view name) const {
  for (const Stat& stat : stats_)
    if (stat.text.name == name) return &stat;
  return nullptr;
}

}  // namespace mmulab
