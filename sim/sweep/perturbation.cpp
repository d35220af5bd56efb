// SPDX-License-Identifier: MIT
#include "sim/sweep/perturbation.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/config/diagnostic.h"
#include "sim/results/stat_names.h"

namespace mmulab::sweep {
namespace {

using Json = nlohmann::json;

constexpr const char* as_is = "as is";
constexpr const char* everything = "all";
constexpr std::size_t culprits_max = 8;

std::uint64_t scaled(std::uint64_t value, std::uint64_t percent) { return (value * percent + 99) / 100; }

/// 50 -> "x0.5"
std::string factor_text(std::uint64_t percent) { return fmt::format("x{:g}", static_cast<double>(percent) / 100); }

/// "x0.5" -> 50; 0 for what is no factor.
std::uint64_t percent_of(const std::string& text) {
  constexpr std::size_t digits_max = 4;
  if (text.size() < 2 || text.front() != 'x' || text.size() > digits_max + 4) return 0;
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string whole = text.substr(1, dot - 1);
  std::string part = dot < text.size() ? text.substr(dot + 1) : "";
  const auto digits = [](const std::string& s) { return s.find_first_not_of("0123456789") == std::string::npos; };
  if (whole.empty() || whole.size() > digits_max || part.size() > 2 || !digits(whole) || !digits(part)) return 0;
  part.resize(2, '0');
  return std::stoull(whole) * 100 + std::stoull(part);
}

}  // namespace

Perturbation parse_perturbation(const std::string& text) {
  const Written written = in_option("--vary-confidence", text);
  constexpr const char* hint = "for example low=x0.5,x2";
  const auto terms = parse_terms(written);
  Perturbation found;
  for (const auto level : {config::Confidence::Low, config::Confidence::Medium, config::Confidence::High})
    if (terms.front().key == name_of(level)) found.confidence = level;
  if (terms.size() != 1 || terms.front().key != name_of(found.confidence))
    throw config::Error(config::diagnose(written.at, "a confidence is low, medium or high", hint));
  const Series& factors = terms.front().values;
  constexpr std::uint64_t factors_max = 100;
  for (std::uint64_t i = 0; i < std::min(factors.size(), factors_max); ++i) {
    const std::uint64_t percent = percent_of(factors.at(i));
    if (percent == 0)
      throw config::Error(config::diagnose(
          written.at, fmt::format("`{}` is no factor from x0.01 to x9999.99", factors.at(i)), hint));
    found.percents.push_back(percent);
  }
  return found;
}

Axis axis_of(const Perturbation& perturbation, const config::Values& values) {
  std::vector<std::string> texts = {as_is};
  for (const std::uint64_t percent : perturbation.percents)
    texts.push_back(fmt::format("{} {}", everything, factor_text(percent)));
  for (const std::string& path : values.constants(perturbation.confidence))
    for (const std::uint64_t percent : perturbation.percents)
      if (const std::uint64_t value = values.constant(path).value; scaled(value, percent) != value)
        texts.push_back(fmt::format("{} {}", path, factor_text(percent)));
  return {{{constants_axis, Series::listed(std::move(texts)), {}}}};
}

config::Overrides overrides_of(const std::string& value, const Perturbation& perturbation,
                               const config::Values& values) {
  config::Overrides overrides;
  if (value == as_is) return overrides;
  const std::size_t blank = value.rfind(' ');
  const std::string wanted = value.substr(0, blank);
  const std::uint64_t percent = percent_of(value.substr(blank + 1));
  for (const std::string& path : values.constants(perturbation.confidence))
    if (wanted == everything || wanted == path)
      overrides.push_back(fmt::format("{}={}", path, scaled(values.constant(path).value, percent)));
  if (overrides.empty())
    throw config::Error(config::diagnose(
        {}, fmt::format("`{}` is no constant of {} confidence here", wanted, name_of(perturbation.confidence))));
  return overrides;
}

void Rankings::add(const PointRecord& record) {
  if (record.status != PointStatus::ran) return;
  std::string others;
  std::string strategy;
  std::string constants = as_is;
  for (const auto& [key, value] : record.parameters) {
    if (key == "strategy") strategy = value;
    else if (key == constants_axis) constants = value;
    else if (key != "sim.seed") others += fmt::format("{}{}={}", others.empty() ? "" : " ", key, value);
  }
  const auto note = [&](const std::string& stat, double value) {
    Mean& mean = groups_[others][stat][constants][strategy];
    mean.sum += value;
    mean.count += 1;
  };
  const Json result = Json::parse(record.result);
  if (result.count("end") != 0) note("end.cycle", result.at("end").at("cycle").get<double>());
  if (result.count("stats") == 0) return;
  for (const auto& [name, stat] : result.at("stats").items()) {
    if (name.rfind(stat_names::call_prefix, 0) != 0 || stat.at("kind") != "histogram") continue;
    const auto count = stat.at("count").get<double>();
    if (count > 0) note(name, stat.at("sum").get<double>() / count);
  }
}

std::string Rankings::pairs_text(const std::string& stat, const ByConstants& by_constants) {
  const auto base = by_constants.find(as_is);
  if (base == by_constants.end()) return {};
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [strategy, mean] : base->second) order.emplace_back(mean.value(), strategy);
  std::sort(order.begin(), order.end());
  std::string text;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    const auto& [less, first] = order[i];
    const auto& [more, second] = order[i + 1];
    if (less >= more) continue;
    std::size_t tried = 0;
    std::vector<std::string> culprits;
    for (const auto& [constants, strategies] : by_constants) {
      const auto a = strategies.find(first);
      const auto b = strategies.find(second);
      if (constants == as_is || a == strategies.end() || b == strategies.end()) continue;
      ++tried;
      if (a->second.value() > b->second.value()) culprits.push_back(constants);
    }
    text += fmt::format("  {}: {} ({:.0f}) before {} ({:.0f}): holds in {} of {}", stat, first, less, second, more,
                        tried - culprits.size(), tried);
    for (std::size_t c = 0; c < std::min(culprits.size(), culprits_max); ++c)
      text += (c == 0 ? "; not with " : ", ") + culprits[c];
    if (culprits.size() > culprits_max) text += fmt::format(" and {} more", culprits.size() - culprits_max);
    text += "\n";
  }
  return text;
}

std::string Rankings::text() const {
  std::string text;
  for (const auto& [others, stats] : groups_) {
    std::string pairs;
    for (const auto& [stat, by_constants] : stats) pairs += pairs_text(stat, by_constants);
    if (!pairs.empty()) text += (others.empty() ? "Rankings" : "Rankings at " + others) + ", in cycles\n" + pairs;
  }
  return text.empty() ? "There is no ranking: no two strategies differ\n" : text;
}

}  // namespace mmulab::sweep
