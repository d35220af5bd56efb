// SPDX-License-Identifier: MIT
#include "sim/sweep/plan.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"
#include "sim/config/nearest.h"
#include "sim/config/printer.h"

namespace mmulab::sweep {
namespace {

/// So many values of an axis are tried before anything runs; of a longer one the first and the last.
constexpr std::uint64_t tried_max = 1000;

/// So often a point is held against an exclusion: some seconds.
constexpr std::uint64_t comparisons_max = 100'000'000;

/// The items of an array of strings; what is none is the schema's to complain of.
std::vector<Written> written_in(const config::Node* sweep, const char* key) {
  std::vector<Written> all;
  const config::Entry* entry = sweep == nullptr ? nullptr : sweep->find(key);
  if (entry == nullptr) return all;
  for (const config::Node& item : entry->value.items) all.push_back(in_file(item.text, item.at));
  return all;
}

std::vector<config::Diagnostic> problems_of(const config::Document& document, const std::string& override) {
  try {
    static_cast<void>(document.alone(override));
  } catch (const config::Error& error) {
    return error.problems();
  }
  return {};
}

bool names_preset(const config::Schema& schema, const std::string& key) {
  const config::SectionSpec* section = schema.find_section(key);
  return section != nullptr && !section->preset_folder.empty();
}

/// Whether the values of a key are names of what may change.
bool names_file(const config::Schema& schema, const std::string& key) {
  const config::KeySpec* spec = schema.find_key(key);
  return names_preset(schema, key) || (spec != nullptr && spec->content);
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const Written written = in_option("--shard", text);
  const auto slash = text.find('/');
  Shard shard{0, 0};
  constexpr std::size_t digits_max = 9;
  const auto read = [&](const std::string& digits) -> std::uint64_t {
    const bool good = !digits.empty() && digits.size() <= digits_max &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
    return good ? std::stoull(digits) : 0;
  };
  if (slash != std::string::npos) shard = {read(text.substr(0, slash)), read(text.substr(slash + 1))};
  if (shard.index == 0 || shard.index > shard.count)
    throw config::Error(config::diagnose(written.at, "a shard is written i/n, with i from 1 to n", "for example 2/8"));
  return shard;
}

Plan::Plan(const config::Schema& schema, const std::string& file, const PlanOptions& options)
    : schema_(&schema), file_name_(std::filesystem::path(file).filename().string()), document_(schema, file),
      set_(options.set), sketch_(document_.sketch(options.set)) {
  const config::Entry* entry = document_.root().find("sweep");
  const config::Node* sweep = entry == nullptr ? nullptr : &entry->value;
  add_axes(sweep, options);
  check_set();
  add_perturbation(options.vary_confidence);
  add_repeats();
  add_exclusions(sweep, !options.vary.empty());
  write_record(file, options);
}

bool Plan::varies(const std::string& key) const {
  for (const Axis& axis : axes_)
    for (const Term& term : axis.terms)
      if (term.key == key) return true;
  return false;
}

void Plan::add_axes(const config::Node* sweep, const PlanOptions& options) {
  // The key itself may be set, and then counts.
  std::vector<Written> written = written_in(sweep, "vary");
  const config::Position& at = sketch_.position("sweep.vary");
  if (at.exists() && at.source->role == config::SourceText::Role::Override) {
    written.clear();
    for (const auto& text : sketch_.texts("sweep.vary")) written.push_back(in_option("--set", text));
  }
  for (const Written& axis : written) add_axis(parse_axis(axis), false);
  for (const auto& text : options.vary) add_axis(parse_axis(in_option("--vary", text)), true);
}

void Plan::add_axis(Axis axis, bool replaces) {
  check_terms(axis);
  const auto same = [&](const Axis& other) {
    return axis.terms.size() == other.terms.size() &&
           std::all_of(axis.terms.begin(), axis.terms.end(), [&](const Term& t) {
             return std::any_of(other.terms.begin(), other.terms.end(), [&](const Term& o) { return o.key == t.key; });
           });
  };
  const auto found = std::find_if(axes_.begin(), axes_.end(), same);
  if (found != axes_.end() && replaces) {
    *found = std::move(axis);
    return;
  }
  for (const Term& term : axis.terms)
    if (varies(term.key))
      throw config::Error(config::diagnose(term.at, fmt::format("`{}` is varied twice", term.key),
                                           "a key belongs to one axis"));
  axes_.push_back(std::move(axis));
}

void Plan::check_terms(const Axis& axis) const {
  std::vector<config::Diagnostic> problems;
  for (const Term& term : axis.terms) {
    if (term.key == "base" || term.key == "sweep" || term.key.rfind("sweep.", 0) == 0)
      throw config::Error(config::diagnose(term.at, fmt::format("`{}` cannot be varied", term.key),
                                           "an axis is a key of the model"));
    const std::uint64_t size = term.values.size();
    for (std::uint64_t i = 0; i < size; i = size > tried_max && i == 0 ? size - 1 : i + 1) {
      const std::string override = term.key + "=" + term.values.at(i);
      const auto found = problems_of(document_, override);
      for (const config::Diagnostic& problem : found) {
        const bool ours = problem.role == config::SourceText::Role::Override && problem.source_line == override;
        problems.push_back(ours ? config::diagnose(term.at, problem.message, problem.hint) : problem);
      }
      if (!found.empty()) break;
    }
  }
  if (!problems.empty()) throw config::Error(std::move(problems));
}

void Plan::check_set() const {
  for (const std::string& override : set_) {
    const std::string key = override.substr(0, override.find('='));
    if (varies(key))
      throw config::Error(config::diagnose(in_option("--set", override).at, fmt::format("`{}` is an axis", key),
                                           fmt::format("--vary {} replaces its values", override)));
  }
}

void Plan::add_perturbation(const std::string& text) {
  if (text.empty()) return;
  perturbation_ = parse_perturbation(text);
  if (!varies("strategy"))
    throw config::Error(config::diagnose(in_option("--vary-confidence", text).at, "there are no strategies to rank",
                                         "add --vary strategy=A,B"));
  if (sketch_.text("sweep.verb") == "check")
    throw config::Error(config::diagnose(in_option("--vary-confidence", text).at,
                                         "a check takes no time, so no constant changes what it finds",
                                         "leave it out, or sweep with sweep.verb=run"));
  // The first combination that there is says which constants there are.
  constexpr int tries = 1000;
  Points points(*this);
  for (int i = 0; i < tries; ++i) {
    const auto point = points.next();
    if (!point) break;
    const Settled settled = settle(*point);
    if (!settled.values) continue;
    axes_.push_back(axis_of(*perturbation_, *settled.values));
    return;
  }
  throw config::Error(config::diagnose({}, "no combination of the axes is a configuration, so there are no constants"));
}

void Plan::add_repeats() {
  const std::uint64_t repeats = sketch_.integer("sweep.repeats");
  if (repeats == 1) return;
  const config::Position& at = sketch_.position("sweep.repeats");
  if (varies("sim.seed"))
    throw config::Error(config::diagnose(at, "`sim.seed` is an axis, so repeats would be the same points again",
                                         "leave out the axis or the repeats"));
  const std::uint64_t first = sketch_.integer("sim.seed");
  if (first > INT64_MAX - repeats)
    throw config::Error(config::diagnose(at, "there are not so many seeds from sim.seed on"));
  axes_.push_back({{{"sim.seed", Series::stepped(first, first + repeats - 1, 1), at}}});
}

void Plan::add_exclusions(const config::Node* sweep, bool narrowed) {
  for (const Written& written : written_in(sweep, "exclude")) {
    exclusions_.push_back(parse_terms(written));
    for (const Term& term : exclusions_.back()) {
      const Term* axis = nullptr;
      std::vector<std::string> keys;
      for (const Axis& a : axes_)
        for (const Term& t : a.terms) {
          keys.push_back(t.key);
          if (t.key == term.key) axis = &t;
        }
      if (axis == nullptr)
        throw config::Error(config::diagnose(term.at, fmt::format("`{}` is no axis", term.key),
                                             config::suggestion(term.key, keys)));
      // A misspelt value would leave nothing out. Under --vary a value may be gone on purpose.
      for (std::uint64_t i = 0; !narrowed && i < std::min(term.values.size(), tried_max); ++i)
        if (!axis->values.contains(term.values.at(i)))
          throw config::Error(config::diagnose(
              term.at, fmt::format("{} is no value of the axis `{}`", term.values.at(i), term.key),
              "its values are " + axis->values.text()));
    }
  }
}

bool Plan::excludes(const std::vector<std::uint64_t>& digits) const {
  if (exclusions_.empty()) return false;
  std::unordered_map<std::string_view, std::string> values;
  for (std::size_t a = 0; a < axes_.size(); ++a)
    for (const Term& t : axes_[a].terms) values[t.key] = t.values.at(digits[a]);
  const auto holds = [&](const Term& term) { return term.values.contains(values.at(term.key)); };
  return std::any_of(exclusions_.begin(), exclusions_.end(), [&](const std::vector<Term>& terms) {
    return std::all_of(terms.begin(), terms.end(), holds);
  });
}

std::uint64_t Plan::count() const {
  std::uint64_t product = 1;
  std::string shown;
  bool too_many = false;
  const Axis* longest = nullptr;
  for (const Axis& axis : axes_) {
    if (longest == nullptr || axis.size() > longest->size()) longest = &axis;
    shown += fmt::format("{}{}", shown.empty() ? "" : " x ", axis.size());
    too_many = too_many || axis.size() > points_max / product;
    if (!too_many) product *= axis.size();
  }
  if (too_many)
    throw config::Error(config::diagnose(
        longest->terms.front().at,
        fmt::format("the sweep has {} points, and at most {} can be swept", shown, points_max),
        "take fewer values, larger steps, or several sweeps"));
  if (exclusions_.empty()) return product;
  if (exclusions_.size() > comparisons_max / product)
    throw config::Error(config::diagnose(
        exclusions_.front().front().at,
        fmt::format("{} points cannot be held against {} exclusions", product, exclusions_.size()),
        "exclude ranges, KEY=FROM..TO, or several values at once, KEY=A,B"));
  Points points(*this);
  std::uint64_t left = 0;
  while (points.skip_excluded()) ++left;
  if (left == 0)
    throw config::Error(config::diagnose(exclusions_.front().front().at, "every point is excluded", "exclude less"));
  return left;
}

void Plan::write_record(const std::string& file, const PlanOptions& options) {
  record_.version = options.version;
  record_.plan = config::read_source(file)->text;
  for (const auto& text : options.set) record_.overrides.push_back("--set " + text);
  for (const auto& text : options.vary) record_.overrides.push_back("--vary " + text);
  if (!options.vary_confidence.empty()) record_.overrides.push_back("--vary-confidence " + options.vary_confidence);
  record_.verb = sketch_.text("sweep.verb");
  record_.points = count();
  // It must not stay where some point's hash changes: numbers are given to hashes.
  std::string all = fmt::format("{}\n{}\n{}", record_.version, record_.verb, subject_text(sketch_));
  for (const Axis& axis : axes_) {
    all += "vary " + axis.text() + "\n";
    for (const Term& term : axis.terms) {
      record_.axes.push_back(term.key);
      if (!names_file(*schema_, term.key)) continue;
      for (std::uint64_t i = 0; i < std::min(term.values.size(), tried_max); ++i)
        all += subject_text(document_.alone(term.key + "=" + term.values.at(i)));
    }
  }
  for (const auto& terms : exclusions_) all += "exclude " + Axis{terms}.text() + "\n";
  record_.hash = config::hash_text(all);
}

config::Overrides Plan::overrides_at(const Parameters& parameters) const {
  // A preset replaces its section, so it comes before what is set inside it.
  config::Overrides overrides;
  for (const auto& [key, value] : parameters)
    if (names_preset(*schema_, key)) overrides.push_back(key + "=" + value);
  overrides.insert(overrides.end(), set_.begin(), set_.end());
  for (const auto& [key, value] : parameters)
    if (!names_preset(*schema_, key) && key != constants_axis) overrides.push_back(key + "=" + value);
  for (const auto& [key, value] : parameters) {
    if (key != constants_axis) continue;
    const auto more = overrides_of(value, *perturbation_, document_.values(overrides));
    overrides.insert(overrides.end(), more.begin(), more.end());
  }
  return overrides;
}

/// What a result says of its configuration, besides what it does.
std::string Plan::subject_text(const config::Values& values) const {
  std::string text = fmt::format("{}\n{}\n{}\n", file_name_, values.config_hash(),
                                 fmt::join(values.constants(config::Confidence::Low), " "));
  // Budgets stay outside config_hash, since they change no run.
  if (record_.verb == "check") text += config::plain_text(*schema_, values, "check");
  return text;
}

/// Schedules name the overrides, so those that change nothing would make two results of one content.
config::Overrides Plan::effective(config::Overrides overrides, const std::string& subject) const {
  for (std::size_t i = overrides.size(); i-- > 0;) {
    config::Overrides others = overrides;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    try {
      if (subject_text(document_.values(others)) == subject) overrides = std::move(others);
    } catch (const config::Error&) {
      // Without it there is no configuration.
    }
  }
  return overrides;
}

Settled Plan::settle(const Point& point) const {
  Settled settled;
  std::string named;
  for (const auto& [key, value] : point.parameters) named += fmt::format("{}={}\n", key, value);
  std::string content = fmt::format("{}\n{}\n", record_.version, record_.verb);
  try {
    settled.overrides = overrides_at(point.parameters);
    settled.values = document_.values(settled.overrides);
    const std::string subject = subject_text(*settled.values);
    content += subject;
    if (record_.verb == "check") {
      settled.overrides = effective(std::move(settled.overrides), subject);
      content += fmt::format("{}\n", fmt::join(settled.overrides, "\n"));
    }
  } catch (const config::Error& error) {
    settled.refusal = error.problems().front().message;
    content += config::canonical_text(*schema_, sketch_) + named + settled.refusal;
  }
  settled.content = config::hash_text(content);
  settled.hash = config::hash_text(settled.content + "\n" + named);
  return settled;
}

bool Points::advance() {
  for (std::size_t i = digits_.size(); i-- > 0;) {
    if (++digits_[i] < plan_.axes_[i].size()) return true;
    digits_[i] = 0;
  }
  return false;
}

bool Points::skip_excluded() {
  do {
    if (begun_ && !advance()) return false;
    begun_ = true;
  } while (plan_.excludes(digits_));
  return true;
}

std::optional<Point> Points::next() {
  if (!skip_excluded()) return {};
  Point point;
  point.number = ++number_;
  for (std::size_t a = 0; a < digits_.size(); ++a)
    for (const Term& term : plan_.axes_[a].terms)
      point.parameters.emplace_back(term.key, term.values.at(digits_[a]));
  return point;
}

}  // namespace mmulab::sweep
