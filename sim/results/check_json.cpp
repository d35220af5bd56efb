// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/results/check_result.h"
#include "sim/results/summary.h"

namespace mmulab {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* check_schema = "mmulab.check/1";

Json engine_json(const EngineRun& run) {
  const SearchResult& r = run.result;
  Json json{{"engine", r.engine}, {"end", name_of(r.end)}, {"states", r.states}, {"transitions", r.transitions},
            {"schedules", r.schedules}, {"depth", r.depth}, {"complete_depth", r.complete_depth},
            {"bound_cut", r.bound_cut}, {"sleep_blocked", r.sleep_blocked}, {"cycles", r.cycles},
            {"restarts", run.restarts}, {"switches_max", nullptr},
            {"collision_exponent", nullptr}};
  if (run.switches_max != SearchLimits::none) json["switches_max"] = run.switches_max;
  if (r.states != 0) json["collision_exponent"] = r.collision_exponent;
  return json;
}

Json steps_json(const ToldCounterexample& c) {
  Json steps = Json::array();
  for (const ToldStep& step : c.steps)
    steps.push_back({{"actor", step.actor},
                     {"task", step.task.empty() ? Json(nullptr) : Json(step.task)},
                     {"label", step.label},
                     {"source", step.source},
                     {"changes", step.changes},
                     {"holds", step.locks}});
  return steps;
}

Json window_json(const ToldWindow& window) {
  return window.known() ? Json{{"opened", window.opened}, {"closed", window.closed}} : Json(nullptr);
}

Json tables_json(const ToldCounterexample& c) {
  const auto text = [](const std::string& at) { return at.empty() ? Json(nullptr) : Json(at); };
  Json tables = Json::array();
  for (const ToldTable& table : c.tables) {
    Json entries = Json::array();
    for (const ToldEntry& entry : table.entries)
      entries.push_back({{"where", entry.where}, {"before", text(entry.before)}, {"after", text(entry.after)}});
    tables.push_back({{"what", table.what}, {"entries", entries}});
  }
  return {{"before_step", c.tables_before}, {"of", tables}};
}

Json counterexample_json(const ToldCounterexample& c) {
  const Violation& v = c.violation;
  return {{"invariant", v.invariant},
          {"class", v.class_id},
          {"cycle", nullptr},
          {"cpu", v.cpu.exists() ? Json(v.cpu.raw()) : Json(nullptr)},
          {"task", c.steps.empty() ? Json(nullptr) : Json(c.steps.back().task)},
          {"va", v.has_page ? Json(fmt::format("{}", v.va)) : Json(nullptr)},
          {"message", v.message},
          {"story", v.story},
          {"steps", c.steps.size()},
          {"switches", c.switches},
          {"engine", c.engine},
          {"race", c.race},
          {"window", window_json(c.window)},
          {"lanes", steps_json(c)},
          {"tables", tables_json(c)},
          {"schedule", c.schedule},
          {"expected", v.expected}};
}

Json subject_json(const RunSubject& s) {
  return {{"title", s.title},       {"machine", s.machine},   {"arch", s.arch},       {"kernel", s.kernel},
          {"strategy", s.strategy}, {"workload", s.workload}, {"sockets", s.sockets}, {"cores", s.cores},
          {"threads", s.threads}};
}

Json checks_json(const CheckResult& result) {
  Json json = Json::array();
  for (const auto& i : result.invariants)
    json.push_back({{"invariant", i.name}, {"status", name_of(i.status)}, {"exercised", i.exercised}});
  return json;
}

Json check_json(const CheckResult& result) {
  Json json;
  json["schema"] = check_schema;
  json["version"] = result.version;
  json["config_hash"] = result.subject.config_hash;
  json["seed"] = result.subject.seed;
  json["subject"] = subject_json(result.subject);
  json["verdict"] = name_of(result.verdict);
  json["bound"] = nullptr;
  if (result.verdict == CheckVerdict::proved_bounded) json["bound"] = result.bound;
  json["memory"] = result.memory_model;
  json["as_expected"] = result.as_expected;
  json["violations"] = Json::array();
  for (const auto& c : result.counterexamples) json["violations"].push_back(counterexample_json(c));
  json["checks"] = checks_json(result);
  json["goals"] = Json::array();
  for (const auto& g : result.goals)
    json["goals"].push_back({{"goal", g.name}, {"reached", g.reached}, {"vacuous", g.vacuous}});
  json["assumptions"] = result.subject.assumptions;
  json["engines"] = Json::array();
  for (const EngineRun& run : result.engines) json["engines"].push_back(engine_json(run));
  json["unreached"] = result.unreached;
  json["orders"] = Json::array();
  for (const OrderSeen& o : result.orders)
    json["orders"].push_back({{"first", o.first}, {"second", o.second}, {"seen", o.times}, {"reversed", o.reversed}});
  return json;
}

}  // namespace

std::string to_json_line(const CheckResult& result) {
  return check_json(result).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json(const CheckResult& result) {
  Json json = check_json(result);
  json["host"] = {{"file", result.subject.file}, {"wall_seconds", result.wall_seconds}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mmulab
