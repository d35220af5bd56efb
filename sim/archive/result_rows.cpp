// SPDX-License-Identifier: MIT
#include "sim/archive/result_rows.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/config/diagnostic.h"

namespace mmulab::archive {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  throw config::Error(config::diagnose({}, file + ": " + message));
}

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

StatRow counter(std::uint64_t value, const char* unit, const char* description) {
  return {"counter", unit, description, value, 0, 0, {}, {}, {}, {}, {}};
}

/// Makes a value of what a parser tells in the order of the text.
class Builder {
 public:
  explicit Builder(Json& whole) : whole_(whole) {}
  void key(const std::string& name) { key_ = name; }
  Json& put(Json value) {
    if (open_.empty()) return whole_ = std::move(value);
    Json& inner = *open_.back();
    return inner.is_array() ? inner.emplace_back(std::move(value)) : inner[key_] = std::move(value);
  }
  void begin(Json empty) { open_.push_back(&put(std::move(empty))); }
  void end() { open_.pop_back(); }

 private:
  Json& whole_;
  std::vector<Json*> open_;  // from the outermost inwards
  std::string key_;
};

/// Statistics are most of a result, and there may be ten thousand results: they become rows as they are read. What
/// nobody asks for is left out, all else is built as ever.
class Reader : public nlohmann::json_sax<Json> {
 public:
  Reader(Json& rest, std::vector<std::pair<std::string, StatRow>>& stats, std::string file)
      : built_(rest), stats_(stats), file_(std::move(file)) {}
  [[nodiscard]] std::string statistic() const { return stats_.empty() ? "" : stats_.back().first; }

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  bool number_integer(number_integer_t v) override { return value(v); }
  bool number_float(number_float_t v, const string_t& /*text*/) override { return value(v); }
  bool binary(binary_t& v) override { return value(Json::binary(v)); }
  bool number_unsigned(number_unsigned_t v) override {
    return part_ == Part::stats ? depth_ == stat_depth && set(v) : value(v);
  }
  bool string(string_t& v) override {
    return part_ == Part::stats ? depth_ == stat_depth && set(v) : value(std::move(v));
  }
  bool start_object(std::size_t /*size*/) override {
    ++depth_;
    if (part_ == Part::built) built_.begin(Json::object());
    return part_ != Part::stats || depth_ <= stat_depth;
  }
  bool end_object() override {
    const bool whole = part_ != Part::stats || depth_ != stat_depth || complete();
    end();
    return whole;
  }
  bool start_array(std::size_t /*size*/) override {
    ++depth_;
    if (part_ == Part::built) built_.begin(Json::array());
    return part_ != Part::stats;
  }
  bool end_array() override {
    end();
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) part_ = part_of(name);
    if (part_ == Part::built) built_.key(name);
    if (part_ != Part::stats) return true;
    if (depth_ == 2) {
      stats_.emplace_back(name, StatRow{});
      given_ = 0;
    }
    field_ = name;
    return true;
  }
  bool parse_error(std::size_t byte, const std::string& /*token*/, const Json::exception& error) override {
    const bool overflows = dynamic_cast<const Json::out_of_range*>(&error) != nullptr;
    refuse(file_, fmt::format("byte {}: {}", byte, overflows ? "its number is too large" : "it is no JSON"));
  }

 private:
  enum class Part { built, stats, skipped };
  static constexpr int stat_depth = 3;

  static Part part_of(const std::string& name) {
    if (name == "stats") return Part::stats;
    for (const char* unused : {"low_confidence", "expectations", "unreached", "orders"})
      if (name == unused) return Part::skipped;
    return Part::built;
  }

  /// A value at the top ends what its key began.
  template <class Value>
  bool value(Value&& v) {
    if (part_ == Part::stats) return false;
    if (part_ == Part::built) built_.put(std::forward<Value>(v));
    if (depth_ == 1) part_ = Part::built;
    return true;
  }
  void end() {
    --depth_;
    if (part_ == Part::built) built_.end();
    if (depth_ == 1) part_ = Part::built;
  }

  bool set(std::uint64_t v) {
    StatRow& row = stats_.back().second;
    const std::pair<std::string_view, Integer*> optional[] = {
        {"min", &row.min}, {"max", &row.max}, {"p50", &row.p50}, {"p90", &row.p90}, {"p99", &row.p99}};
    const std::pair<std::string_view, std::uint64_t*> plain[] = {
        {"value", &row.value}, {"count", &row.count}, {"sum", &row.sum}};
    unsigned bit = 1;
    for (const auto& [name, place] : plain) {
      if (field_ == name) *place = v, given_ |= bit;
      bit *= 2;
    }
    for (const auto& [name, place] : optional) {
      if (field_ == name) *place = v, given_ |= bit;
      bit *= 2;
    }
    return true;
  }
  bool set(const std::string& v) {
    StatRow& row = stats_.back().second;
    if (field_ == "kind") row.kind = v;
    else if (field_ == "unit") row.unit = v;
    else if (field_ == "description") row.description = v;
    return true;
  }

  /// Has the statistic all that one of its kind has?
  bool complete() {
    constexpr unsigned value_bit = 1, max_bit = 16, all_but_value = 0xfe;
    StatRow& row = stats_.back().second;
    if (row.unit.empty()) return false;
    if (row.kind == "counter") return given_ == value_bit;
    if (row.kind == "gauge") return given_ == (value_bit | max_bit);
    if (row.kind != "histogram" || given_ != all_but_value) return false;
    if (row.count == 0) row.min = row.max = row.p50 = row.p90 = row.p99 = {};
    return true;
  }

  Builder built_;
  std::vector<std::pair<std::string, StatRow>>& stats_;
  std::string file_;
  Part part_ = Part::built;
  int depth_ = 0;
  std::string field_;
  unsigned given_ = 0;  // a bit a number of the statistic
};

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
  rows.stats.emplace_back("end.cycle", counter(count_in(end, "cycle"), "cycles", "the cycle at which the run ended"));
  rows.stats.emplace_back("violations",
                          counter(count_in(json, "violations_total"), "1", "violations of all invariants"));
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
  rows.stats.emplace_back("check.states", counter(states, "1", "states that all engines have seen"));
  rows.stats.emplace_back("check.transitions", counter(transitions, "1", "steps that all engines have performed"));
  rows.stats.emplace_back("check.schedules",
                          counter(schedules, "1", "schedules that engines without states have performed"));
  rows.stats.emplace_back("violations", counter(json.at("violations").size(), "1", "counterexamples"));
}

ResultRows read(const Json& json, ResultRows rows, const std::string& file) {
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
  for (const auto& g : json.at("goals")) rows.goals[text_in(g, "goal")] = {count_in(g, "reached"), g.at("vacuous")};
  rows.assumptions = json.at("assumptions").get<std::vector<std::string>>();
  if (rows.verb == "run") read_run(rows, json);
  else read_check(rows, json);
  std::sort(rows.stats.begin(), rows.stats.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::adjacent_find(rows.stats.begin(), rows.stats.end(), same) != rows.stats.end())
    refuse(file, "it has a statistic twice");
  return rows;
}

using Ordered = nlohmann::ordered_json;

Ordered parsed_object(const std::string& json, const std::string& file) {
  // Whoever walks through JSON does so recursively.
  constexpr int depth_max = 64;
  const auto shallow = [&](int depth, Ordered::parse_event_t /*event*/, Ordered& /*parsed*/) {
    if (depth <= depth_max) return true;
    refuse(file, "it nests too deeply");
  };
  try {
    Ordered parsed = Ordered::parse(json, shallow);
    if (!parsed.is_object()) refuse(file, "it is no JSON object");
    return parsed;
  } catch (const Ordered::parse_error& error) {
    refuse(file, fmt::format("byte {}: it is no JSON", error.byte));
  }
}

std::string line_without_host(Ordered result) {
  result.erase("host");
  return result.dump(-1, ' ', false, Ordered::error_handler_t::replace);
}

}  // namespace

ResultRows rows_of(const std::string& json, const std::string& file) {
  try {
    ResultRows rows;
    Json rest;
    Reader reader(rest, rows.stats, file);
    if (!Json::sax_parse(json, &reader))
      refuse(file, fmt::format("not as docs/results.schema.json says: the statistic `{}`", reader.statistic()));
    return read(rest, std::move(rows), file);
  } catch (const Json::exception& error) {
    refuse(file, fmt::format("not as docs/results.schema.json says: {}", error.what()));
  }
}

std::string without_host(const std::string& json, const std::string& file) {
  return line_without_host(parsed_object(json, file));
}

std::vector<std::string> results_in(const std::string& json, const std::string& file) {
  const Ordered whole = parsed_object(json, file);
  if (whole.value("schema", Ordered()) != "mmulab.comparison/1") return {line_without_host(whole)};
  std::vector<std::string> results;
  try {
    for (const auto& point : whole.at("points"))
      if (point.at("result").is_object()) results.push_back(line_without_host(point.at("result")));
  } catch (const Ordered::exception& error) {
    refuse(file, fmt::format("not as docs/results.schema.json says: {}", error.what()));
  }
  if (results.empty()) refuse(file, "no run of the comparison came to its end");
  return results;
}

}  // namespace mmulab::archive
