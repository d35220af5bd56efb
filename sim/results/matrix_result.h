// SPDX-License-Identifier: MIT
// The matrix of verdicts: every strategy on every architecture under every caller, each cell explored by itself. What a
// cell has to say, and the two forms in which it is said: docs/verdicts.md and JSON (docs/verdicts.schema.json).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/results/check_result.h"

namespace mmulab {

/// A violation that is known, and where: in every cell of these rows, architectures and callers, and nowhere else.
struct KnownViolation {
  std::string name;  ///< what reports call it: "D1", "E17a"
  std::string invariant;
  std::string class_id;
  std::vector<std::string> rows, architectures, callers;
  std::string why;
  std::string source;
  std::vector<std::string> cure;  ///< keys that take its cause away; none: there is no such switch
};

/// What one exploration says of a cell; crosses a pipe from the process that explored it.
struct CellVerdict {
  CheckVerdict verdict = CheckVerdict::undecided;
  std::string end;  ///< what ended the search, where it was not complete
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t depth = 0;
  std::uint32_t cpus = 0;
  std::uint64_t pages = 0;
  std::string memory_model;
  std::vector<std::string> agents;  ///< hardware that acted by itself
  struct Class {
    std::string invariant;
    std::string class_id;
    std::string known;  ///< the name of the known violation; empty: a finding
  };
  std::vector<Class> classes;  ///< sorted
};

enum class CellOutcome : std::uint8_t {
  explored,
  absent,  ///< there is no such combination: a sentence says why
  failed,  ///< the process died
};
[[nodiscard]] const char* name_of(CellOutcome outcome);

struct MatrixCell {
  std::string row, strategy, kernel, architecture, machine, caller;
  CellOutcome outcome = CellOutcome::failed;
  std::string reason;  ///< unless explored
  CellVerdict found;   ///< if explored
  [[nodiscard]] std::string name() const { return row + "/" + architecture + "/" + caller; }
  [[nodiscard]] bool has_finding() const;
  [[nodiscard]] bool decided() const;
};

struct MatrixRow {
  std::string name, strategy, kernel, what;
};
struct MatrixCaller {
  std::string name, title;
};

struct Matrix {
  std::string version;
  std::uint64_t states_max = 0;
  std::vector<MatrixRow> rows;
  std::vector<std::string> architectures;
  std::vector<MatrixCaller> callers;
  std::vector<KnownViolation> known;
  std::vector<MatrixCell> cells;  ///< architecture by architecture, caller by caller, row by row
  bool interrupted = false;
};

/// A known violation that is not there.
struct StaleViolation {
  std::string cell, name, invariant, class_id;
};

/// Names each class that is known there.
void mark_known(MatrixCell& cell, const std::vector<KnownViolation>& known);
/// What is known of cells that do not exist, or whose every class was sought and that do not show it.
[[nodiscard]] std::vector<StaleViolation> stale_violations(const Matrix& matrix);
/// 1 if there is a finding or a stale violation, 3 if a cell is undecided or failed, 130 if interrupted, else 0.
[[nodiscard]] int exit_code(const Matrix& matrix);
/// A line for each cell that is a finding, stale or undecided, then a count.
[[nodiscard]] std::string matrix_report(const Matrix& matrix, config::Color color = config::Color::Off);
/// docs/verdicts.md, but for its beginning, which people write.
[[nodiscard]] std::string matrix_page(const Matrix& matrix);
[[nodiscard]] std::string to_json(const Matrix& matrix);
/// The explored cells of a text that to_json has made, by name; nothing if it is none. What is known is not read.
[[nodiscard]] std::optional<std::map<std::string, CellVerdict>> recorded_verdicts(const std::string& json);
/// The result of a cell alone; one line.
[[nodiscard]] std::string to_json(const CellVerdict& verdict);
/// "PROVED", "VIOLATED", "NOT A PROOF"
[[nodiscard]] const char* word_of(const CellVerdict& verdict);

}  // namespace mmulab
