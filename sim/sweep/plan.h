// SPDX-License-Identifier: MIT
// A sweep's plan: an ordinary configuration whose [sweep] section varies some of its keys. Points are numbered from 1
// in the order of the axes, the first axis slowest, and are made one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/sweep/axis.h"
#include "sim/sweep/perturbation.h"
#include "sim/sweep/point_record.h"

namespace mmulab::sweep {

struct PlanOptions {
  config::Overrides set;
  std::vector<std::string> vary;  ///< as in sweep.vary; an axis of the same keys replaces the file's
  std::string vary_confidence;    ///< "low=x0.5,x2": an axis of scaled constants; empty: none
  std::string version;            ///< of what produces results
};

/// Every count-th point.
struct Shard {
  std::uint64_t index = 1;  ///< from 1
  std::uint64_t count = 1;
  [[nodiscard]] bool takes(std::uint64_t number) const { return number % count == index % count; }
  [[nodiscard]] bool whole() const { return count == 1; }
};
/// "2/8"; throws config::Error for anything else.
[[nodiscard]] Shard parse_shard(const std::string& text);

struct Point {
  std::uint64_t number = 0;
  Parameters parameters;
};

/// A point's configuration, or why there is none, and the names of what it makes.
struct Settled {
  std::optional<config::Values> values;
  /// That give them, over the plan's file; of a check only those that change anything.
  config::Overrides overrides;
  std::string refusal;
  std::string content;  ///< of all that the verb's JSON follows from
  std::string hash;
};

class Plan {
 public:
  /// More points than that are refused, before any is made.
  static constexpr std::uint64_t points_max = 1'000'000;

  /// Throws config::Error for an axis whose key does not exist or whose values do not bind, at its place in the plan.
  /// The schema must outlive it.
  Plan(const config::Schema& schema, const std::string& file, const PlanOptions& options);

  [[nodiscard]] const SweepRecord& record() const { return record_; }
  [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
  [[nodiscard]] std::uint64_t points() const { return record_.points; }
  /// Keys of [sweep] and [output]; those of models where nothing is varied.
  [[nodiscard]] const config::Values& sketch() const { return sketch_; }
  [[nodiscard]] Settled settle(const Point& point) const;
  [[nodiscard]] bool varies(const std::string& key) const;

 private:
  friend class Points;
  void add_axes(const config::Node* sweep, const PlanOptions& options);
  void add_axis(Axis axis, bool replaces);
  void check_terms(const Axis& axis) const;
  void check_set() const;
  void add_perturbation(const std::string& text);
  void add_repeats();
  void add_exclusions(const config::Node* sweep, bool narrowed);
  [[nodiscard]] bool excludes(const std::vector<std::uint64_t>& digits) const;
  [[nodiscard]] config::Overrides overrides_at(const Parameters& parameters) const;
  [[nodiscard]] std::string subject_text(const config::Values& values) const;
  [[nodiscard]] config::Overrides effective(config::Overrides overrides, const std::string& subject) const;
  [[nodiscard]] std::uint64_t count() const;
  void write_record(const std::string& file, const PlanOptions& options);

  const config::Schema* schema_;
  std::string file_name_;  // what results and schedules call it
  config::Document document_;
  config::Overrides set_;
  config::Values sketch_;
  std::vector<Axis> axes_;
  std::vector<std::vector<Term>> exclusions_;
  std::optional<Perturbation> perturbation_;
  SweepRecord record_;
};

/// Goes through a plan's points. The plan must outlive it.
class Points {
 public:
  explicit Points(const Plan& plan) : plan_(plan), digits_(plan.axes_.size(), 0) {}
  /// None: that was all.
  [[nodiscard]] std::optional<Point> next();

 private:
  friend class Plan;
  bool advance();
  [[nodiscard]] bool skip_excluded();
  const Plan& plan_;
  std::vector<std::uint64_t> digits_;
  std::uint64_t number_ = 0;
  bool begun_ = false;
};

}  // namespace mmulab::sweep
