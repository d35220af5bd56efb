// SPDX-License-Identifier: MIT
#include "sim/results/json.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/results/stat_names.h"
#include "sim/results/summary.h"

namespace mmulab {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* run_schema = "mmulab.run/1";
constexpr const char* comparison_schema = "mmulab.comparison/1";

std::string on_one_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string written(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

template <class Tag>
Json number_or_null(Id<Tag> id) {
  return id.exists() ? Json(id.raw()) : Json(nullptr);
}

Json violation_json(const RunResult& result, const Violation& v) {
  Json json;
  json["invariant"] = v.invariant;
  json["class"] = v.class_id;
  json["cycle"] = v.cycle.raw();
  json["cpu"] = number_or_null(v.cpu);
  json["task"] = v.task.exists() ? Json(task_name(result, v.task)) : Json(nullptr);
  json["mm"] = number_or_null(v.mm);
  json["va"] = v.has_page ? Json(fmt::format("{}", v.va)) : Json(nullptr);
  json["message"] = v.message;
  json["story"] = v.story;
  json["schedule"] = nullptr;
  json["expected"] = v.expected;
  return json;
}

std::string quoted(const std::string& text) {
  const auto plain = [](unsigned char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) return '"' + text + '"';
  return on_one_line(text);
}

std::string stat_text(const Stat& stat) {
  const char* kind = stat.histogram != nullptr ? "histogram" : stat.counter != nullptr ? "counter" : "gauge";
  std::string text = fmt::format(R"({}:{{"kind":"{}","unit":{},"description":{})", quoted(stat.text.name), kind,
                                 quoted(stat.text.unit), quoted(stat.text.description));
  if (stat.counter != nullptr) text += fmt::format(R"(,"value":{})", stat.counter->value());
  if (stat.gauge != nullptr)
    text += fmt::format(R"(,"value":{},"max":{})", stat.gauge->value(), stat.gauge->max());
  if (stat.histogram != nullptr) {
    const Histogram& h = *stat.histogram;
    text += fmt::format(R"(,"count":{},"sum":{},"min":{},"max":{},"p50":{},"p90":{},"p99":{})", h.count(), h.sum(),
                        h.min(), h.max(), h.percentile(50), h.percentile(90), h.percentile(99));
  }
  return text + "}";
}

bool depends_on_host(const Stat& stat) { return stat.text.name.rfind(stat_names::host_prefix, 0) == 0; }

/// Either the statistics of the simulated system, or those of how it was simulated. They are most of a result, and a
/// sweep writes many results, so they are text from the beginning.
std::string stats_text(const RunResult& result, bool of_host) {
  std::string text = "{";
  if (result.stats == nullptr) return text + "}";
  for (const Stat& stat : result.stats->all())
    if (depends_on_host(stat) == of_host) text += (text.size() == 1 ? "" : ",") + stat_text(stat);
  return text + "}";
}

Json subject_json(const RunSubject& s) {
  return {{"title", s.title},       {"machine", s.machine},   {"arch", s.arch},   {"kernel", s.kernel},
          {"strategy", s.strategy}, {"workload", s.workload}, {"sockets", s.sockets}, {"cores", s.cores},
          {"threads", s.threads},   {"frequency_mhz", s.frequency_mhz}};
}

Json checks_json(const RunResult& result) {
  Json json = Json::array();
  for (const auto& i : result.invariants)
    json.push_back({{"invariant", i.name},
                    {"status", name_of(i.status)},
                    {"exercised", i.exercised},
                    {"violations", i.violations}});
  return json;
}

Json goals_json(const RunResult& result) {
  Json json = Json::array();
  for (const auto& goal : result.goals)
    json.push_back({{"goal", goal.name}, {"reached", goal.reached}, {"vacuous", goal.vacuous}});
  return json;
}

Json expectations_json(const RunResult& result) {
  Json json = Json::array();
  for (const auto& e : result.expectations)
    json.push_back({{"invariant", e.invariant}, {"class", e.class_id}, {"why", e.why}});
  return json;
}

Json host_json(const RunResult& result) {
  return {{"file", result.subject.file},
          {"wall_seconds", result.wall_seconds},
          {"steps", result.steps},
          {"stats", Json::parse(stats_text(result, true))}};
}

Json head_json(const RunResult& result) {
  Json json;
  json["schema"] = run_schema;
  json["version"] = result.version;
  json["config_hash"] = result.subject.config_hash;
  json["seed"] = result.subject.seed;
  json["subject"] = subject_json(result.subject);
  json["verdict"] = name_of(result.verdict);
  json["end"] = {{"reason", name_of(result.end)}, {"cycle", result.end_cycle.raw()}};
  json["measured"] = nullptr;
  if (result.measured) json["measured"] = {{"first", result.measured_from.raw()}, {"last", result.end_cycle.raw()}};
  json["as_expected"] = result.as_expected;
  json["violations_total"] = result.violations_total;
  json["violations"] = Json::array();
  for (const auto& v : result.violations) json["violations"].push_back(violation_json(result, v));
  json["expectations"] = expectations_json(result);
  json["checks"] = checks_json(result);
  json["goals"] = goals_json(result);
  json["assumptions"] = result.subject.assumptions;
  json["low_confidence"] = result.subject.low_confidence;
  return json;
}

void read_violations(const Json& violations, RunSummary& summary) {
  RunResult result;
  for (const Json& v : violations) {
    Violation violation;
    violation.invariant = v.at("invariant").get<std::string>();
    violation.class_id = v.at("class").get<std::string>();
    violation.expected = v.at("expected").get<bool>();
    result.violations.push_back(std::move(violation));
  }
  summary.violated = violated_pairs(result);
}

void read_vacuous(const Json& json, RunSummary& summary) {
  RunResult result;
  for (const Json& check : json.at("checks"))
    if (check.at("status").get<std::string>() == name_of(InvariantStatus::vacuous))
      result.invariants.push_back({check.at("invariant").get<std::string>(), InvariantStatus::vacuous, 0, 0});
  for (const Json& goal : json.at("goals"))
    result.goals.push_back({goal.at("goal").get<std::string>(), 0, goal.at("vacuous").get<bool>()});
  summary.vacuous = vacuous_names(result);
}

RunSummary summary_of(const Json& json) {
  RunSummary summary;
  if (json.at("schema").get<std::string>() != run_schema) throw std::runtime_error("another schema");
  summary.verdict = json.at("verdict").get<std::string>();
  summary.end_cycle = json.at("end").at("cycle").get<std::uint64_t>();
  read_violations(json.at("violations"), summary);
  read_vacuous(json, summary);
  for (const auto& [name, stat] : json.at("stats").items()) {
    if (stat.at("kind").get<std::string>() == "histogram")
      summary.spreads[name] = {stat.at("count").get<std::uint64_t>(), stat.at("p50").get<std::uint64_t>(),
                               stat.at("max").get<std::uint64_t>()};
    else
      summary.numbers[name] = stat.at("value").get<std::uint64_t>();
  }
  return summary;
}

}  // namespace

std::string to_json_line(const RunResult& result) {
  std::string line = on_one_line(head_json(result));
  line.pop_back();  // the brace
  return line + ",\"stats\":" + stats_text(result, false) + "}";
}

std::string to_json(const RunResult& result) {
  Json json = Json::parse(to_json_line(result));
  json["host"] = host_json(result);
  return written(json);
}

std::string to_json(const Comparison& comparison) {
  Json json;
  json["schema"] = comparison_schema;
  json["version"] = comparison.version;
  json["title"] = comparison.title;
  json["points"] = Json::array();
  for (const auto& point : comparison.points) {
    Json entry{{"strategy", point.strategy},
               {"outcome", name_of(point.outcome)},
               {"reason", nullptr},
               {"result", nullptr}};
    if (point.outcome == PointOutcome::ran) entry["result"] = Json::parse(point.json);
    else entry["reason"] = point.reason;
    if (point.checked) {
      const MatrixCell& cell = *point.checked;
      const bool explored = cell.outcome == CellOutcome::explored;
      entry["checked"] = {{"file", comparison.checked_file},
                          {"outcome", name_of(cell.outcome)},
                          {"reason", explored ? Json(nullptr) : Json(cell.reason)},
                          {"result", explored ? Json::parse(to_json(cell.found)) : Json(nullptr)}};
    }
    json["points"].push_back(std::move(entry));
  }
  json["host"] = {{"file", comparison.file}};
  return written(json);
}

std::optional<RunSummary> read_summary(const std::string& json) {
  try {
    return summary_of(Json::parse(json));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace mmulab
