// SPDX-License-Identifier: MIT
#include "sim/archive/plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/archive/interval.h"
#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab::archive {
namespace {

constexpr double error = 0.05;

/// In single quotes gnuplot takes nothing for a command or an escape.
std::string quoted(const std::string& text) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\'') safe += "''";
    else safe += c == '\n' || c == '\r' ? ' ' : c;
  }
  return safe + "'";
}

std::optional<double> number(const std::string& text) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && std::isfinite(value)) return value;
  } catch (const std::exception&) {
    return {};
  }
  return {};
}

/// Numbers by size, before texts by the alphabet.
bool comes_before(const std::string& a, const std::string& b) {
  const auto x = number(a), y = number(b);
  if (x && y && *x != *y) return *x < *y;
  if (x.has_value() != y.has_value()) return x.has_value();
  return a < b;
}

struct ComesBefore {
  bool operator()(const std::string& a, const std::string& b) const { return comes_before(a, b); }
};

using Cells = std::map<std::string, std::vector<double>, ComesBefore>;  // by x
using Series = std::map<std::string, Cells, ComesBefore>;               // by line
using Panels = std::map<std::string, Series, ComesBefore>;

std::string value_of(const PlotRow& row, const std::string& name) {
  const auto found = row.what.find(name);
  if (found != row.what.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, value] : row.what) names.push_back(known);
  throw config::Error(config::diagnose({}, "not every result has `" + name + "`", config::suggestion(name, names)));
}

Panels panels_of(const PlotRows& rows, const PlotOptions& options) {
  Panels panels;
  for (const PlotRow& row : rows.rows) {
    const std::string panel = options.facet ? value_of(row, *options.facet) : "";
    const std::string line = options.by ? value_of(row, *options.by) : "";
    panels[panel][line][value_of(row, options.x)].push_back(row.value);
  }
  return panels;
}

class Script {
 public:
  Script(const PlotRows& rows, const PlotOptions& options)
      : rows_(rows), options_(options), panels_(panels_of(rows, options)) {
    for (const auto& [panel, series] : panels_)
      for (const auto& [line, cells] : series) {
        lines_.emplace(line, lines_.size());
        for (const auto& [x, values] : cells) places_.emplace(x, 0);
      }
    std::size_t next = 0;
    for (auto& [line, index] : lines_) index = next++;
    next = 0;
    for (auto& [x, index] : places_) index = next++;
    categories_ = options.shape == Shape::bars ||
                  std::any_of(places_.begin(), places_.end(), [](const auto& p) { return !number(p.first); });
    if (categories_ && options.x_scale == Scale::log)
      throw config::Error(config::diagnose({}, "a logarithmic x axis needs numbers, and lines", "leave --log x out"));
  }

  std::string text(Picture picture, const std::string& file) {
    const auto columns = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(panels_.size()))));
    const std::size_t table_rows = (panels_.size() + columns - 1) / columns;
    head(picture, file, columns, table_rows);
    data();
    if (panels_.size() > 1)
      out_ += fmt::format(
          "set multiplot layout {},{} margins char 14, screen 0.98, char 6, screen {} spacing char 15, char 7\n",
          table_rows, columns, options_.title.empty() ? "0.92" : "0.86");
    bool first = true;
    std::size_t number = 0;
    for (const auto& [panel, series] : panels_) {
      if (options_.facet) out_ += "set title " + quoted(*options_.facet + " = " + panel) + " noenhanced\n";
      else if (!options_.title.empty()) out_ += "set title " + quoted(options_.title) + " noenhanced\n";
      plot(series, number++);
      if (first) out_ += "unset label\nunset key\n";
      first = false;
    }
    if (panels_.size() > 1) out_ += "unset multiplot\n";
    return out_;
  }

 private:
  void head(Picture picture, const std::string& file, std::size_t columns, std::size_t table_rows) {
    const bool svg = picture == Picture::svg;
    const std::size_t scale = svg ? 1 : 2;
    const std::size_t width = (columns == 1 ? 800 : 460 * columns) * scale;
    const std::size_t height = (table_rows == 1 ? 500 : 340 * table_rows) * scale;
    out_ += fmt::format("set terminal {} size {},{} {} background rgb 'white' noenhanced\n", svg ? "svg" : "pngcairo",
                        width, height,
                        svg ? "font 'Helvetica,14'" : "font 'Helvetica,12' fontscale 2 linewidth 2 pointscale 2");
    out_ += "set output " + quoted(file) + "\nset encoding utf8\n";
    // Told apart by those who see fewer colors, too (Okabe and Ito).
    constexpr const char* colors[] = {"0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "000000", "f0e442"};
    for (std::size_t i = 0; i < std::size(colors); ++i)
      out_ += fmt::format("set linetype {} lc rgb '#{}' lw 2 pt {} ps 0.7\n", i + 1, colors[i], 5 + 2 * (i % 5));
    out_ += "set linetype cycle 8\nset border 3 lc rgb '#444444'\nset tics nomirror out\n";
    out_ +=
        "set grid ytics lc rgb '#dddddd' lw 1\nset style fill solid 0.8 noborder\nset errorbars 0.5 lw 1 lc rgb "
        "'#222222'\n";
    out_ += "set key above left horizontal reverse Left samplen 2 noenhanced\nset bmargin 6\n";
    out_ += "set xlabel " + quoted(options_.x) + " noenhanced\n";
    out_ += "set ylabel " +
            quoted(options_.metric + (rows_.unit == "1" || rows_.unit.empty() ? "" : " (" + rows_.unit + ")")) +
            " noenhanced\n";
    if (panels_.size() > 1 && !options_.title.empty())
      out_ += "set label 2 " + quoted(options_.title) + " at screen 0.5, screen 0.97 center noenhanced\n";
    out_ += "set label 1 " + quoted(caption()) +
            " at screen 0.01, screen 0.02 left font ',9' tc rgb '#666666' noenhanced\n";
    if (options_.x_scale == Scale::log) out_ += "set logscale x 2\n";
    if (options_.y_scale == Scale::log) out_ += "set logscale y\n";
    else out_ += fmt::format("set yrange [0:{}]\n", panels_.size() > 1 ? fmt::format("{}", 1.05 * highest()) : "*");
    if (categories_) axis_of_categories();
  }

  /// So that panels can be compared.
  [[nodiscard]] double highest() const {
    double most = 0;
    for (const auto& [panel, series] : panels_)
      for (const auto& [line, cells] : series)
        for (const auto& [x, values] : cells) most = std::max(most, mean_of(values, error).high);
    return most > 0 ? most : 1;
  }

  [[nodiscard]] std::string caption() const {
    std::size_t least = SIZE_MAX, most = 0;
    for (const auto& [panel, series] : panels_)
      for (const auto& [line, cells] : series)
        for (const auto& [x, values] : cells)
          least = std::min(least, values.size()), most = std::max(most, values.size());
    const std::string repeats =
        most == 1 ? "single runs"
                  : fmt::format("means of {} runs, 95 % intervals",
                                least == most ? std::to_string(most) : fmt::format("{} to {}", least, most));
    return fmt::format("configuration {}, mmulab {}, {} results, {}", rows_.configuration, rows_.version,
                       rows_.rows.size(), repeats);
  }

  void axis_of_categories() {
    std::string tics;
    for (const auto& [x, index] : places_) tics += (tics.empty() ? "" : ", ") + quoted(x) + fmt::format(" {}", index);
    out_ += fmt::format("set xtics ({}){} noenhanced\nset xrange [-0.6:{}.6]\n", tics,
                        places_.size() > 5 ? " rotate by -35" : "", places_.size() - 1);
  }

  [[nodiscard]] double place_of(const std::string& x, std::size_t line) const {
    if (!categories_) return *number(x);
    const auto middle = static_cast<double>(places_.at(x));
    if (options_.shape == Shape::lines) return middle;
    const auto count = static_cast<double>(lines_.size());
    return middle + (static_cast<double>(line) - (count - 1) / 2) * 0.8 / count;
  }

  /// Place, mean, low and high a row.
  void data() {
    std::size_t panel_number = 0;
    for (const auto& [panel, series] : panels_) {
      for (const auto& [line, cells] : series) {
        out_ += fmt::format("$d{}_{} << END\n", panel_number, lines_.at(line));
        for (const auto& [x, values] : cells) {
          const Interval i = mean_of(values, error);
          out_ += fmt::format("{} {} {} {}\n", place_of(x, lines_.at(line)), i.mean, i.low, i.high);
        }
        out_ += "END\n";
      }
      ++panel_number;
    }
  }

  void plot(const Series& series, std::size_t panel) {
    std::string parts;
    for (const auto& [line, cells] : series) {
      const std::size_t index = lines_.at(line);
      const std::string data = fmt::format("$d{}_{}", panel, index);
      const std::string title = options_.by ? "title " + quoted(line) : "notitle";
      const bool repeated = std::any_of(cells.begin(), cells.end(), [](const auto& c) { return c.second.size() > 1; });
      std::string own;
      if (options_.shape == Shape::bars) {
        // Boxes with whiskers want both ends, boxes alone do not.
        own = fmt::format("{} using {}:({}) with {} lt {} {}", data, repeated ? "1:2:3:4" : "1:2",
                          0.75 / static_cast<double>(lines_.size()), repeated ? "boxerrorbars" : "boxes", index + 1,
                          title);
      } else {
        if (repeated)
          own = fmt::format("{} using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lt {} notitle, ", data,
                            index + 1);
        own += fmt::format("{} using 1:2 with linespoints lt {} {}", data, index + 1, title);
      }
      parts += (parts.empty() ? "" : ", \\\n  ") + own;
    }
    out_ += "plot " + parts + "\n";
  }

  const PlotRows& rows_;
  const PlotOptions& options_;
  Panels panels_;
  std::map<std::string, std::size_t, ComesBefore> lines_;
  std::map<std::string, std::size_t, ComesBefore> places_;
  bool categories_ = false;
  std::string out_;
};

}  // namespace

std::string plot_script(const PlotRows& rows, const PlotOptions& options, Picture picture, const std::string& file) {
  return Script(rows, options).text(picture, file);
}

}  // namespace mmulab::archive
