// SPDX-License-Identifier: MIT
#include "sim/archive/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/archive/metrics.h"

namespace mmulab::archive {
namespace {

constexpr double error_of_all = 0.05;

struct Run {
  std::int64_t id;
  std::string seed;
};
using Settings = std::map<std::string, std::vector<Run>>;

/// Results that no sweep made are told by what they are.
Settings settings_of(Database& archive) {
  Settings settings;
  Statement find(archive,
                 "SELECT r.id, setting, coalesce(seed, ''), title, machine, kernel, strategy, status FROM runs AS r "
                 "JOIN settings ON run = r.id ORDER BY seed, r.id");
  while (find.step()) {
    std::string setting = find.text(1);
    if (setting.empty() && find.text(7) == "ran")
      setting = fmt::format("{}, {}, {}, {}", find.text(3), find.text(4), find.text(5), find.text(6));
    settings[setting].push_back({find.integer(0), find.text(2)});
  }
  return settings;
}

struct Sample {
  std::string unit;
  std::vector<double> values;
  std::vector<std::string> seeds;
};
using Samples = std::map<std::string, Sample>;

Samples samples_of(Statement& observations, const std::vector<Run>& runs, const DifferenceOptions& options) {
  Samples samples;
  for (const Run& run : runs) {
    observations.bind(1, run.id);
    while (observations.step()) {
      const std::string metric = observations.text(0);
      if (!fits(metric, options.metrics)) continue;
      Sample& sample = samples[metric];
      sample.unit = observations.text(1);
      sample.values.push_back(observations.real(2));
      sample.seeds.push_back(run.seed);
    }
  }
  return samples;
}

bool can_be_paired(const Sample& a, const Sample& b) {
  const std::set<std::string> seeds(a.seeds.begin(), a.seeds.end());
  return a.seeds == b.seeds && seeds.size() == a.seeds.size();
}

struct Pair {
  Change change;
  Sample a, b;
};

void measure(Pair& pair, double error) {
  Change& c = pair.change;
  c.paired = can_be_paired(pair.a, pair.b);
  if (!c.paired) {
    c.change = difference_of(pair.a.values, pair.b.values, error);
    return;
  }
  std::vector<double> changes;
  for (std::size_t i = 0; i < pair.a.values.size(); ++i) changes.push_back(pair.b.values[i] - pair.a.values[i]);
  c.change = mean_of(changes, error);
}

std::map<std::string, std::uint64_t> verdicts_of(Database& archive, const std::vector<Run>& runs) {
  std::map<std::string, std::uint64_t> verdicts;
  Statement find(archive, "SELECT coalesce(verdict, status) FROM runs WHERE id = ?");
  for (const Run& run : runs) {
    find.bind(1, run.id);
    while (find.step()) ++verdicts[find.text(0)];
  }
  return verdicts;
}

class Comparing {
 public:
  Comparing(Database& a, Database& b, const DifferenceOptions& options) : a_(a), b_(b), options_(options) {}

  Difference perform() {
    Settings left = settings_of(a_), right = settings_of(b_);
    // One setting a side: whatever they are called, they are what the user wants compared.
    if (left.size() == 1 && right.size() == 1 && left.begin()->first != right.begin()->first) {
      auto node = right.extract(right.begin());
      node.key() = left.begin()->first;
      right.insert(std::move(node));
    }
    for (const auto& [setting, runs] : left) {
      const auto found = right.find(setting);
      if (found == right.end()) result_.only_a.push_back(setting);
      else compare(setting, runs, found->second);
    }
    for (const auto& [setting, runs] : right)
      if (left.count(setting) == 0) result_.only_b.push_back(setting);
    judge();
    return std::move(result_);
  }

 private:
  void compare(const std::string& setting, const std::vector<Run>& left, const std::vector<Run>& right) {
    compare_verdicts(setting, left, right);
    Samples a = samples_of(observations_a_, left, options_);
    Samples b = samples_of(observations_b_, right, options_);
    for (auto& [metric, sample] : a) {
      const auto found = b.find(metric);
      if (found == b.end()) {
        result_.only_a.push_back(metric + (setting.empty() ? "" : " of " + setting));
        continue;
      }
      Pair pair{{setting,
                 metric,
                 sample.unit,
                 sample.values.size(),
                 found->second.values.size(),
                 mean_of(sample.values, error_of_all).mean,
                 mean_of(found->second.values, error_of_all).mean,
                 {},
                 false},
                std::move(sample),
                std::move(found->second)};
      ++result_.compared;
      if (pair.a.values == pair.b.values) ++result_.equal;
      else pairs_.push_back(std::move(pair));
    }
    for (const auto& [metric, sample] : b)
      if (a.count(metric) == 0) result_.only_b.push_back(metric + (setting.empty() ? "" : " of " + setting));
  }

  void compare_verdicts(const std::string& setting, const std::vector<Run>& left, const std::vector<Run>& right) {
    auto a = verdicts_of(a_, left), b = verdicts_of(b_, right);
    std::set<std::string> names;
    for (const auto& [name, runs] : a) names.insert(name);
    for (const auto& [name, runs] : b) names.insert(name);
    // In parts: one side may have more repeats.
    for (const auto& name : names)
      if (a[name] * right.size() != b[name] * left.size())
        result_.verdicts.push_back({setting, name, a[name], b[name]});
  }

  /// All comparisons share the chance of error.
  void judge() {
    const double error = error_of_all / static_cast<double>(std::max<std::uint64_t>(1, result_.compared));
    for (Pair& pair : pairs_) {
      measure(pair, error);
      if (!pair.change.change.known) ++result_.without_repeats;
      if (pair.change.is_real()) result_.real.push_back(pair.change);
      else ++result_.within_noise;
    }
    std::stable_sort(result_.real.begin(), result_.real.end(), [](const Change& x, const Change& y) {
      return std::abs(x.least()) > std::abs(y.least());
    });
  }

  static constexpr const char* query = "SELECT metric, unit, value FROM observations WHERE run = ?";
  Database& a_;
  Database& b_;
  const DifferenceOptions& options_;
  Statement observations_a_{a_, query};
  Statement observations_b_{b_, query};
  Difference result_;
  std::vector<Pair> pairs_;
};

}  // namespace

double Change::least() const {
  if (!is_real()) return 0;
  const double nearer = change.low > 0 ? change.low : change.high;
  if (mean_a == 0)
    return nearer > 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  return nearer / std::abs(mean_a);
}

Difference difference(Database& a, Database& b, const DifferenceOptions& options) {
  if (!options.metrics.empty()) {
    std::set<std::string> names = metric_names(a);
    names.merge(metric_names(b));
    require_metrics(options.metrics, names);
  }
  return Comparing(a, b, options).perform();
}

bool exceeds(const Difference& difference, double limit) {
  if (!difference.verdicts.empty() || !difference.only_a.empty() || !difference.only_b.empty()) return true;
  if (difference.compared == 0) return true;
  return std::any_of(difference.real.begin(), difference.real.end(),
                     [&](const Change& change) { return std::abs(change.least()) > limit; });
}

}  // namespace mmulab::archive
