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

bool lists(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool covers(const KnownViolation& known, const MatrixCell& cell) {
  return lists(known.rows, cell.row) && lists(known.architectures, cell.architecture) &&
         lists(known.callers, cell.caller);
}

bool is_of(const CellVerdict::Class& found, const KnownViolation& known) {
  return found.invariant == known.invariant && found.class_id == known.class_id;
}

/// A search that was cut might have shown it later.
bool lacks(const MatrixCell& cell, const KnownViolation& known) {
  if (cell.outcome == CellOutcome::absent) return true;
  if (cell.outcome == CellOutcome::failed || !cell.found.end.empty()) return false;
  const auto& classes = cell.found.classes;
  return std::none_of(classes.begin(), classes.end(), [&](const auto& c) { return is_of(c, known); });
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
          {"why", k.why},     {"source", k.source},           {"cure", k.cure}};
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
      if (c.known.empty() && is_of(c, k) && covers(k, cell)) c.known = k.name;
}

std::vector<StaleViolation> stale_violations(const Matrix& matrix) {
  std::vector<StaleViolation> stale;
  for (const KnownViolation& k : matrix.known)
    for (const MatrixCell& cell : matrix.cells)
      if (covers(k, cell) && lacks(cell, k)) stale.push_back({cell.name(), k.name, k.invariant, k.class_id});
  return stale;
}

int exit_code(const Matrix& matrix) {
  if (matrix.interrupted) return 130;
  const auto& cells = matrix.cells;
  if (std::any_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.has_finding(); })) return 1;
  if (!stale_violations(matrix).empty()) return 1;
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
  const auto stale = stale_violations(matrix);
  for (const StaleViolation& s : stale)
    text += palette.paint(wrap(fmt::format("{}: STALE {}: {} {} is known of it and not there", s.cell, s.name,
                                           s.invariant, s.class_id), 0, 2), Style::bad) + "\n";
  return text + wrap(fmt::format("{}: {} proved, {} violated, {} not a proof, {} that do not exist; {}{}",
                                 plural(matrix.cells.size(), "cell"), proved, violated, open, absent,
                                 findings == 0 ? "nothing that is not known" : plural(findings, "finding"),
                                 stale.empty() ? "" : fmt::format(", {} stale", stale.size())),
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
  json["stale"] = Json::array();
  for (const auto& stale : stale_violations(matrix))
    json["stale"].push_back({{"cell", stale.cell},
                             {"name", stale.name},
                             {"invariant", stale.invariant},
                             {"class", stale.class_id}});
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
