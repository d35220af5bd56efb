// SPDX-License-Identifier: MIT
#include "sim/archive/result_rows.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/config/diagnostic.h"

namespace mmulab::archive {
namespace {

using Json = nlohmann::json;

std::uint64_t count_in(const Json& json, const char* name) { return json.at(name).get<std::uint64_t>(); }
std::string text_in(const Json& json, const char* name) { return json.at(name).get<std::string>(); }

Integer maybe_count(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? Integer() : Integer(found->get<std::uint64_t>());
}

std::optional<std::string> maybe_text(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return {};
  return found->get<std::string>();
}

StatRow stat_row(const Json& json) {
  StatRow row{text_in(json, "kind"), text_in(json, "unit"), text_in(json, "description"), 0, 0, 0, {}, {}, {}, {}, {}};
  if (row.kind != "histogram") {
    row.value = count_in(json, "value");
    row.max = maybe_count(json, "max");
    return row;
  }
  row.count = count_in(json, "count");
  row.sum = count_in(json, "sum");
  if (row.count == 0) return row;
  row.min = count_in(json, "min");
  row.max = count_in(json, "max");
  row.p50 = count_in(json, "p50");
  row.p90 = count_in(json, "p90");
  row.p99 = count_in(json, "p99");
  return row;
}

StatRow counter(std::uint64_t value, const char* unit, const char* description) {
  return {"counter", unit, description, value, 0, 0, {}, {}, {}, {}, {}};
}

ViolationRow violation_row(const Json& json) {
  ViolationRow row;
  row.invariant = text_in(json, "invariant");
  row.class_id = text_in(json, "class");
  row.message = text_in(json, "message");
  row.story = json.at("story").dump(-1, ' ', false, Json::error_handler_t::replace);
  row.expected = json.at("expected").get<bool>();
  row.cycle = maybe_count(json, "cycle");
  row.cpu = maybe_count(json, "cpu");
  row.mm = maybe_count(json, "mm");
  row.task = maybe_text(json, "task");
  row.va = maybe_text(json, "va");
  return row;
}

void read_subject(ResultRows& rows, const Json& json) {
  const Json& subject = json.at("subject");
  rows.title = text_in(subject, "title");
  rows.machine = text_in(subject, "machine");
  rows.arch = text_in(subject, "arch");
  rows.kernel = text_in(subject, "kernel");
  rows.strategy = text_in(subject, "strategy");
  rows.workload = text_in(subject, "workload");
  rows.sockets = count_in(subject, "sockets");
  rows.cores = count_in(subject, "cores");
  rows.threads = count_in(subject, "threads");
  rows.frequency_mhz = maybe_count(subject, "frequency_mhz");
}

void read_run(ResultRows& rows, const Json& json) {
  const Json& end = json.at("end");
  rows.end_reason = text_in(end, "reason");
  for (const auto& [name, stat] : json.at("stats").items()) rows.stats[name] = stat_row(stat);
  rows.stats["end.cycle"] = counter(count_in(end, "cycle"), "cycles", "the cycle at which the run ended");
  rows.stats["violations"] = counter(count_in(json, "violations_total"), "1", "violations of all invariants");
  if (json.at("measured").is_null()) return;
  rows.measured_first = count_in(json.at("measured"), "first");
  rows.measured_last = count_in(json.at("measured"), "last");
}

void read_check(ResultRows& rows, const Json& json) {
  std::uint64_t states = 0, transitions = 0, schedules = 0;
  for (const auto& engine : json.at("engines")) {
    states += count_in(engine, "states");
    transitions += count_in(engine, "transitions");
    schedules += count_in(engine, "schedules");
  }
  rows.stats["check.states"] = counter(states, "1", "states that all engines have seen");
  rows.stats["check.transitions"] = counter(transitions, "1", "steps that all engines have performed");
  rows.stats["check.schedules"] = counter(schedules, "1", "schedules that engines without states have performed");
  rows.stats["violations"] = counter(json.at("violations").size(), "1", "counterexamples");
}

ResultRows read(const Json& json, const std::string& file) {
  ResultRows rows;
  const std::string schema = json.is_object() ? json.value("schema", "") : "";
  if (schema != "mmulab.run/1" && schema != "mmulab.check/1")
    throw config::Error(config::diagnose(
        {},
        fmt::format("{}: no result of `run` or `check`: its schema is {}", file, schema.empty() ? "missing" : schema),
        "`mmulab run FILE --json RESULT` writes one, `mmulab sweep` many"));
  rows.verb = schema == "mmulab.run/1" ? "run" : "check";
  rows.version = text_in(json, "version");
  rows.config_hash = text_in(json, "config_hash");
  rows.seed = count_in(json, "seed");
  rows.verdict = text_in(json, "verdict");
  rows.as_expected = json.at("as_expected").get<bool>();
  read_subject(rows, json);
  for (const auto& v : json.at("violations")) rows.violations.push_back(violation_row(v));
  for (const auto& c : json.at("checks"))
    rows.checks[text_in(c, "invariant")] = {text_in(c, "status"), count_in(c, "exercised")};
  if (rows.verb == "run") read_run(rows, json);
  else read_check(rows, json);
  return rows;
}

}  // namespace

ResultRows rows_of(const std::string& json, const std::string& file) {
  try {
    return read(Json::parse(json), file);
  } catch (const Json::parse_error& error) {
    throw config::Error(config::diagnose({}, fmt::format("{}: byte {}: it is no JSON", file, error.byte)));
  } catch (const Json::exception& error) {
    throw config::Error(
        config::diagnose({}, fmt::format("{}: not as docs/results.schema.json says: {}", file, error.what())));
  }
}

std::string without_host(const std::string& json, const std::string& file) {
  using Ordered = nlohmann::ordered_json;
  // Whoever walks through JSON does so recursively.
  constexpr int depth_max = 64;
  const auto shallow = [&](int depth, Ordered::parse_event_t /*event*/, Ordered& /*parsed*/) {
    if (depth <= depth_max) return true;
    throw config::Error(config::diagnose({}, file + ": it nests too deeply"));
  };
  try {
    Ordered parsed = Ordered::parse(json, shallow);
    if (!parsed.is_object()) throw config::Error(config::diagnose({}, file + ": it is no JSON object"));
    parsed.erase("host");
    return parsed.dump(-1, ' ', false, Ordered::error_handler_t::replace);
  } catch (const Ordered::parse_error& error) {
    throw config::Error(config::diagnose({}, fmt::format("{}: byte {}: it is no JSON", file, error.byte)));
  }
}

}  // namespace mmulab::archive
