// SPDX-License-Identifier: MIT
// The matrix of verdicts, generated: a description names architectures, rows (a strategy under a kernel) and callers
// (workloads), and each combination is a scenario of four names and a few keys. Nobody writes a cell by hand.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/results/matrix_result.h"

namespace mmulab::lab {

struct MatrixOptions {
  std::string description;               ///< file; empty: the shipped one
  std::vector<std::string> only;         ///< patterns of cells, with * and ?; empty: all
  config::Overrides overrides;           ///< for every cell
  std::optional<std::uint64_t> states_max;
};

struct MatrixPlan {
  Matrix matrix;
  std::vector<std::optional<config::Values>> values;  ///< one a cell; none where there is no such combination
};

/// Throws config::Error for what is wrong in itself: an unknown preset, a row, caller or architecture that no
/// combination makes right, a pattern that no cell has.
MatrixPlan plan_matrix(const MatrixOptions& options);

/// Explores one cell, exhaustively but for its budget: every class that it has. Throws as `check` does.
CellVerdict explore_cell(const config::Values& values, const std::string& name, const std::atomic<bool>* interrupt);

/// A verdict as a text that crosses a pipe, and back; nothing if it was cut short.
[[nodiscard]] std::string encode(const CellVerdict& verdict);
[[nodiscard]] std::optional<CellVerdict> decode_cell(const std::string& text);

}  // namespace mmulab::lab
