// SPDX-License-Identifier: MIT
// A matrix's JSON, read again.
#include <nlohmann/json.hpp>

#include "sim/results/matrix_result.h"

namespace mmulab {
namespace {

using Json = nlohmann::json;

CheckVerdict verdict_named(const std::string& name) {
  for (const CheckVerdict v : {CheckVerdict::proved, CheckVerdict::proved_bounded, CheckVerdict::violated,
                               CheckVerdict::vacuous, CheckVerdict::interrupted})
    if (name == name_of(v)) return v;
  return CheckVerdict::undecided;
}

CellVerdict verdict_of(const Json& json) {
  CellVerdict v;
  v.verdict = verdict_named(json.at("verdict"));
  v.end = json.at("end");
  v.states = json.at("states");
  v.transitions = json.at("transitions");
  v.depth = json.at("depth");
  v.cpus = json.at("cpus");
  v.pages = json.at("pages");
  v.memory_model = json.at("memory");
  v.agents = json.at("agents").get<std::vector<std::string>>();
  for (const Json& c : json.at("classes")) v.classes.push_back({c.at("invariant"), c.at("class"), ""});
  return v;
}

}  // namespace

std::optional<std::map<std::string, CellVerdict>> recorded_verdicts(const std::string& json) {
  try {
    const Json all = Json::parse(json);
    std::map<std::string, CellVerdict> cells;
    for (const Json& cell : all.at("cells"))
      if (!cell.at("result").is_null())
        cells.emplace(cell.at("cell").get<std::string>(), verdict_of(cell.at("result")));
    return cells;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace mmulab
