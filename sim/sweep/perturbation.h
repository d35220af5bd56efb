// SPDX-License-Identifier: MIT
// Constants that nobody has measured, made smaller and larger one at a time and all at once, and which rankings of
// strategies outlast that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/sweep/axis.h"
#include "sim/sweep/point_record.h"

namespace mmulab::sweep {

/// "low=x0.5,x2": every constant of that confidence by these factors.
struct Perturbation {
  config::Confidence confidence = config::Confidence::Low;
  std::vector<std::uint64_t> percents;
};
/// Throws config::Error at the place of what is wrong.
[[nodiscard]] Perturbation parse_perturbation(const std::string& text);

/// The name of the axis that stands for it: no key, since each of its values sets another one.
inline constexpr const char* constants_axis = "constants";
/// "as is", "all x0.5", "kernel.cost.x x0.5", ... for the constants that a factor changes.
[[nodiscard]] Axis axis_of(const Perturbation& perturbation, const config::Values& values);
/// What one value of that axis sets in a configuration. Throws config::Error where it has no such constant.
[[nodiscard]] config::Overrides overrides_of(const std::string& value, const Perturbation& perturbation,
                                             const config::Values& values);

/// Ranks strategies by the last cycle and by the mean of each call's latency, over all seeds, for each combination of
/// the other axes.
class Rankings {
 public:
  void add(const PointRecord& record);
  /// For people: each pair of neighbours in a ranking, and the constants that turn it round.
  [[nodiscard]] std::string text() const;

 private:
  struct Mean {
    double sum = 0;
    double count = 0;
    [[nodiscard]] double value() const { return sum / count; }
  };
  using ByStrategy = std::map<std::string, Mean>;
  using ByConstants = std::map<std::string, ByStrategy>;

  [[nodiscard]] static std::string pairs_text(const std::string& stat, const ByConstants& by_constants);
  std::map<std::string, std::map<std::string, ByConstants>> groups_;  // other axes -> statistic
};

}  // namespace mmulab::sweep
