// SPDX-License-Identifier: MIT
#include "sim/results/matrix_result.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/results/quantity.h"
#include "sim/results/text_table.h"

namespace mmulab {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* matrix_schema = "mmulab.matrix/1";

bool covers(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

Json explored_json(const CellVerdict& v) {
  Json json{{"verdict", name_of(v.verdict)}, {"end", v.end},
            {"cpus", v.cpus},                {"pages", v.pages},
            {"agents", v.agents},            {"memory", v.memory_model},
            {"states", v.states},            {"transitions", v.transitions},
            {"depth", v.depth}};
  json["classes"] = Json::array();
  for (const auto& c : v.classes)
    json["classes"].push_back({{"invariant", c.invariant},
                               {"class", c.class_id},
                               {"known", c.known.empty() ? Json(nullptr) : Json(c.known)}});
  return json;
}

Json cell_json(const MatrixCell& cell) {
  return {{"cell", cell.name()},
          {"row", cell.row},
          {"strategy", cell.strategy},
          {"kernel", cell.kernel},
          {"architecture", cell.architecture},
          {"machine", cell.machine},
          {"caller", cell.caller},
          {"outcome", name_of(cell.outcome)},
          {"reason", cell.outcome == CellOutcome::explored ? Json(nullptr) : Json(cell.reason)},
          {"result", cell.outcome == CellOutcome::explored ? explored_json(cell.found) : Json(nullptr)}};
}

Json known_json(const KnownViolation& k) {
  return {{"name", k.name},   {"invariant", k.invariant},         {"class", k.class_id},
          {"rows", k.rows},   {"architectures", k.architectures}, {"callers", k.callers},
          {"why", k.why},     {"source", k.source}};
}

}  // namespace

const char* name_of(CellOutcome outcome) {
  switch (outcome) {
    case CellOutcome::explored: return "explored";
    case CellOutcome::absent: return "absent";
    case CellOutcome::failed: return "failed";
  }
  return "?";
}

bool MatrixCell::has_finding() const {
  return std::any_of(found.classes.begin(), found.classes.end(), [](const auto& c) { return c.known.empty(); });
}

bool MatrixCell::decided() const {
  if (outcome != CellOutcome::explored) return outcome == CellOutcome::absent;
  return found.verdict != CheckVerdict::undecided && found.verdict != CheckVerdict::interrupted;
}

void mark_known(MatrixCell& cell, const std::vector<KnownViolation>& known) {
  for (auto& c : cell.found.classes)
    for (const KnownViolation& k : known)
      if (c.known.empty() && k.invariant == c.invariant && k.class_id == c.class_id && covers(k.rows, cell.row) &&
          covers(k.architectures, cell.architecture) && covers(k.callers, cell.caller))
        c.known = k.name;
}

int exit_code(const Matrix& matrix) {
  if (matrix.interrupted) return 130;
  const auto& cells = matrix.cells;
  if (std::any_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.has_finding(); })) return 1;
  return std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.decided(); }) ? 0 : 3;
}

std::string matrix_report(const Matrix& matrix, config::Color color) {
  const Palette palette(color);
  std::string text;
  std::uint64_t proved = 0, violated = 0, absent = 0, open = 0, findings = 0;
  for (const MatrixCell& cell : matrix.cells) {
    if (!cell.decided()) {
      ++open;
      const bool failed = cell.outcome == CellOutcome::failed;
      const std::string why = failed ? cell.reason : "cut by its budget of " + cell.found.end;
      text += wrap(fmt::format("{}: NOT A PROOF, {}", cell.name(), why), 0, 2) + "\n";
    } else if (cell.outcome == CellOutcome::absent) {
      ++absent;
    } else {
      ++(cell.found.classes.empty() ? proved : violated);
    }
    for (const auto& c : cell.found.classes) {
      if (!c.known.empty()) continue;
      ++findings;
      text += palette.paint(wrap(fmt::format("{}: FINDING {} {}", cell.name(), c.invariant, c.class_id), 0, 2),
                            Style::bad) + "\n";
    }
  }
  return text + wrap(fmt::format("{}: {} proved, {} violated, {} not a proof, {} that do not exist; {}",
                                 plural(matrix.cells.size(), "cell"), proved, violated, open, absent,
                                 findings == 0 ? "nothing that is not known" : plural(findings, "finding")),
                     0, 2) + "\n";
}

std::string to_json(const CellVerdict& verdict) {
  return explored_json(verdict).dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* word_of(const CellVerdict& verdict) {
  switch (verdict.verdict) {
    case CheckVerdict::proved: return "PROVED";
    case CheckVerdict::violated: return "VIOLATED";
    case CheckVerdict::vacuous: return "VACUOUS";
    default: return "NOT A PROOF";
  }
}

std::string to_json(const Matrix& matrix) {
  Json json{{"schema", matrix_schema}, {"version", matrix.version}, {"states_max", matrix.states_max}};
  json["known"] = Json::array();
  for (const auto& known : matrix.known) json["known"].push_back(known_json(known));
  // A line a cell, so that a change of one is a change of one line.
  std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  text.resize(text.rfind('\n'));
  text += ",\n \"cells\": [";
  for (std::size_t i = 0; i < matrix.cells.size(); ++i)
    text += (i == 0 ? "\n  " : ",\n  ") +
            cell_json(matrix.cells[i]).dump(-1, ' ', false, Json::error_handler_t::replace);
  return text + "\n ]\n}\n";
}

}  // namespace mmulab
