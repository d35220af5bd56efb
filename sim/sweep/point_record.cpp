// SPDX-License-Identifier: MIT
#include "sim/sweep/point_record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"

namespace mmulab::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* point_schema = "mmulab.point.2";
constexpr const char* sweep_schema = "mmulab.sweep.2";
constexpr std::size_t checksum_digits = 32;
constexpr std::size_t hash_digits = 32;

[[noreturn]] void refuse(const std::string& file, std::size_t byte, const std::string& message) {
  throw config::Error(config::diagnose({}, fmt::format("{}: byte {}: {}", file, byte, message),
                                       "`mmulab sweep --resume` makes it again"));
}

std::string on_one_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string sealed(std::string line) {
  line += "\n";
  return line + config::digest_text(line) + "\n";
}

/// Whoever walks through JSON does so recursively.
bool nests_deeply(const std::string& line) {
  constexpr int depth_max = 64;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') ++i;
    else if (line[i] == '"') quoted = !quoted;
    else if (!quoted && (line[i] == '[' || line[i] == '{') && ++depth > depth_max) return true;
    else if (!quoted && (line[i] == ']' || line[i] == '}')) --depth;
  }
  return false;
}

/// The line, once its checksum is right.
std::string unsealed(const std::string& text, const std::string& file) {
  if (text.size() < checksum_digits + 2 || text.back() != '\n' || text[text.size() - checksum_digits - 2] != '\n')
    refuse(file, text.size(), "it is cut short: no checksum ends it");
  const std::string line = text.substr(0, text.size() - checksum_digits - 1);
  if (config::digest_text(line) != text.substr(line.size(), checksum_digits))
    refuse(file, line.size(), "its checksum is not that of what stands before it");
  if (nests_deeply(line)) refuse(file, 0, "it nests too deeply");
  return line;
}

Json parsed(const std::string& line, const std::string& file, const char* schema) {
  Json json;
  try {
    json = Json::parse(line);
  } catch (const Json::parse_error& error) {
    refuse(file, error.byte, "it is no JSON");
  }
  if (!json.is_object() || json.value("schema", Json()) != schema)
    refuse(file, 0, fmt::format("its schema is not {}", schema));
  return json;
}

/// Takes the value of the last key, which to_text writes there, out of the line. It is most of a point, and whoever
/// reads it wants its text: it need not be parsed, and written, twice. No quote stands bare within a string.
std::string cut_result(std::string& line) {
  const std::string key = ",\"result\":";
  const auto at = line.find(key, std::min(line.find(",\"stderr\":"), line.size()));
  if (at == std::string::npos) return {};
  const std::string value = line.substr(at + key.size(), line.size() - at - key.size() - 2);
  line.resize(at);
  line += "}";
  return value;
}

PointStatus status_of(const std::string& name) {
  for (const PointStatus status : {PointStatus::ran, PointStatus::refused, PointStatus::failed})
    if (name == name_of(status)) return status;
  throw Json::other_error::create(501, "there is no status " + name, nullptr);
}

Json parameters_json(const Parameters& parameters) {
  Json json = Json::object();
  for (const auto& [axis, value] : parameters) json[axis] = value;
  return json;
}

}  // namespace

const char* name_of(PointStatus status) {
  switch (status) {
    case PointStatus::ran: return "ran";
    case PointStatus::refused: return "refused";
    case PointStatus::failed: return "failed";
  }
  return "failed";
}

std::string to_text(const PointRecord& record) {
  Json json;
  json["schema"] = point_schema;
  json["hash"] = record.hash;
  json["content"] = record.content;
  json["plan"] = record.plan;
  json["version"] = record.version;
  json["number"] = record.number;
  json["parameters"] = parameters_json(record.parameters);
  json["status"] = name_of(record.status);
  json["exit_code"] = record.exit_code;
  json["reason"] = record.reason;
  json["stderr"] = record.complaint;
  std::string line = on_one_line(json);
  line.pop_back();  // the brace; the result is JSON already
  return sealed(line + ",\"result\":" + (record.result.empty() ? "null" : record.result) + "}");
}

std::string to_text(const SweepRecord& record) {
  Json json;
  json["schema"] = sweep_schema;
  json["hash"] = record.hash;
  json["version"] = record.version;
  json["plan"] = record.plan;
  json["overrides"] = record.overrides;
  json["verb"] = record.verb;
  json["axes"] = record.axes;
  json["points"] = record.points;
  return sealed(on_one_line(json));
}

PointRecord read_point(const std::string& text, const std::string& file) {
  std::string line = unsealed(text, file);
  const std::string result = cut_result(line);
  const Json json = parsed(line, file, point_schema);
  if (result.empty()) refuse(file, line.size(), "it ends without a result");
  PointRecord record;
  try {
    record.hash = json.at("hash").get<std::string>();
    record.content = json.at("content").get<std::string>();
    record.plan = json.at("plan").get<std::string>();
    record.version = json.at("version").get<std::string>();
    record.number = json.at("number").get<std::uint64_t>();
    for (const auto& [axis, value] : json.at("parameters").items())
      record.parameters.emplace_back(axis, value.get<std::string>());
    record.status = status_of(json.at("status").get<std::string>());
    record.exit_code = json.at("exit_code").get<int>();
    record.reason = json.at("reason").get<std::string>();
    record.complaint = json.at("stderr").get<std::string>();
    if (result != "null") record.result = result;
  } catch (const Json::exception& error) {
    refuse(file, 0, error.what());
  }
  return record;
}

std::optional<PointHead> read_head(const std::string& begin) {
  const auto quoted = [&](const char* key) {
    const std::string before = fmt::format("\"{}\":\"", key);
    const auto at = begin.find(before);
    if (at == std::string::npos) return std::string();
    const std::string value = begin.substr(at + before.size(), hash_digits);
    const bool hex = value.size() == hash_digits && value.find_first_not_of("0123456789abcdef") == std::string::npos;
    return hex ? value : std::string();
  };
  PointHead head{quoted("hash"), quoted("content"), quoted("plan")};
  if (head.hash.empty() || head.content.empty() || head.plan.empty()) return {};
  return head;
}

SweepRecord read_sweep(const std::string& text, const std::string& file) {
  const Json json = parsed(unsealed(text, file), file, sweep_schema);
  SweepRecord record;
  try {
    record.hash = json.at("hash").get<std::string>();
    record.version = json.at("version").get<std::string>();
    record.plan = json.at("plan").get<std::string>();
    record.overrides = json.at("overrides").get<std::vector<std::string>>();
    record.verb = json.at("verb").get<std::string>();
    record.axes = json.at("axes").get<std::vector<std::string>>();
    record.points = json.at("points").get<std::uint64_t>();
  } catch (const Json::exception& error) {
    refuse(file, 0, error.what());
  }
  return record;
}

std::string point_file(const std::string& hash) { return "points/" + hash.substr(0, 2) + "/" + hash + ".json"; }

}  // namespace mmulab::sweep
