// SPDX-License-Identifier: MIT
// A figure from results: one metric against one axis, a line or a group of bars for each value of another, a panel for
// each of a third, with the 95 % interval over the repeats. gnuplot draws; this writes what it is told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/archive/database.h"

namespace mmulab::archive {

/// One number and what its run was: parameters and the run's own columns, by name.
struct PlotRow {
  std::map<std::string, std::string> what;
  double value = 0;
};

struct PlotRows {
  std::vector<PlotRow> rows;
  std::string unit;
  std::string configuration;  ///< the hash that stands for all of it
  std::string version;
};

/// The rows of a metric. Throws config::Error, with the nearest names, where there is none.
[[nodiscard]] PlotRows plot_rows(Database& archive, const std::string& metric);
/// The same from a text that `export` wrote, or of its form. Throws config::Error with file and line.
[[nodiscard]] PlotRows plot_rows_of_csv(const std::string& text, const std::string& file, const std::string& metric);

enum class Shape { lines, bars };
enum class Scale { linear, log };

struct PlotOptions {
  std::string metric;
  std::string x;                     ///< a parameter, or a column such as strategy
  std::optional<std::string> by;     ///< a line for each value
  std::optional<std::string> facet;  ///< a panel for each value
  Shape shape = Shape::lines;
  Scale x_scale = Scale::linear;
  Scale y_scale = Scale::linear;
  std::string title;
};

enum class Picture { svg, png };

/// gnuplot's script that writes the picture into `file`; it holds the data. Throws config::Error for an axis that the
/// rows do not have.
[[nodiscard]] std::string plot_script(const PlotRows& rows, const PlotOptions& options, Picture picture,
                                      const std::string& file);

}  // namespace mmulab::archive
