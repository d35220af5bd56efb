// SPDX-License-Identifier: MIT
#include "sim/archive/plot.h"

#include <sstream>

#include "sim/archive/opened.h"
#include "sim/archive/tidy_rows.h"
#include "tests/sim/archive/results_folder.h"
#include "tests/support/catch.h"

namespace mmulab::archive {
namespace {

using test::complaint_of;
using test::ResultsFolder;

std::string table_of(Database& archive) {
  std::ostringstream out;
  write_rows(archive, {}, out);
  return out.str();
}

PlotOptions ipis_by_strategy() {
  PlotOptions options;
  options.metric = "ipi.sent";
  options.x = "machine.cores";
  options.by = "strategy";
  return options;
}

TEST_CASE("A figure holds the mean of each setting, its interval, and the configuration's hash") {
  const ResultsFolder folder;
  Opened archive({folder.sweep("S", test::twelve())});
  const PlotRows rows = plot_rows(archive.database(), "ipi.sent");
  CHECK(rows.rows.size() == 12);
  const std::string script = plot_script(rows, ipis_by_strategy(), Picture::svg, "x.svg");
  // 21, 22, 23: mean 22, t(2, 0.975) = 4.302653 times sqrt(1/3).
  CHECK_THAT(script, Catch::Contains("\n2 22 19.5158") && Catch::Contains(" 24.4841") && Catch::Contains("\n8 82 "));
  CHECK_THAT(script, Catch::Contains("title 'per-pte'") && Catch::Contains("title 'linux-modern'"));
  CHECK_THAT(script, Catch::Contains("configuration " + rows.configuration) &&
                         Catch::Contains("12 results, means of 3 runs"));
  CHECK(rows.configuration.size() == 32);
  CHECK_THAT(script, Catch::Contains("filledcurves") && Catch::Contains("set terminal svg"));
}

TEST_CASE("A table gives the same figure as the archive that it is from") {
  const ResultsFolder folder;
  Opened archive({folder.sweep("S", test::twelve())});
  const auto direct = plot_rows(archive.database(), "call.munmap.latency.mean");
  const auto by_table = plot_rows_of_csv(table_of(archive.database()), "t.csv", "call.munmap.latency.mean");
  PlotOptions options = ipis_by_strategy();
  options.metric = "call.munmap.latency.mean";
  for (const Shape shape : {Shape::lines, Shape::bars}) {
    options.shape = shape;
    CHECK(plot_script(direct, options, Picture::png, "x") == plot_script(by_table, options, Picture::png, "x"));
  }
}

TEST_CASE("Facets share their scale, and texts stand along the axis in their order") {
  const ResultsFolder folder;
  Opened archive({folder.sweep("S", test::twelve())});
  PlotOptions options = ipis_by_strategy();
  std::swap(options.x, *options.by);
  options.facet = "machine.cores";
  options.by.reset();
  options.shape = Shape::bars;
  const auto rows = plot_rows(archive.database(), "ipi.sent");
  const std::string script = plot_script(rows, options, Picture::svg, "x.svg");
  CHECK_THAT(script, Catch::Contains("set xtics ('linux-modern' 0, 'per-pte' 1)"));
  CHECK_THAT(script,
             Catch::Contains("set title 'machine.cores = 2'") && Catch::Contains("set title 'machine.cores = 8'"));
  CHECK_THAT(script, Catch::Contains("set yrange [0:8") && Catch::Contains("multiplot"));
  options.x_scale = Scale::log;
  CHECK_THAT(complaint_of([&] { static_cast<void>(plot_script(rows, options, Picture::svg, "x")); }),
             Catch::Contains("logarithmic x axis needs numbers"));
}

TEST_CASE("No text of a result or a user is a command to gnuplot") {
  PlotRows rows;
  rows.rows.push_back({{{"x", "`touch owned`'; system('touch owned')\n!touch owned"}}, 1});
  PlotOptions options;
  options.metric = "m'`id`";
  options.x = "x";
  options.title = "t'\n!id";
  const std::string script = plot_script(rows, options, Picture::svg, "f'\n!id");
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.rfind('!', 0) != 0);
    CHECK(std::count(line.begin(), line.end(), '\'') % 2 == 0);
  }
}

TEST_CASE("A metric or an axis that is not there is refused with the nearest") {
  const ResultsFolder folder;
  Opened archive({folder.sweep("S", test::twelve())});
  CHECK_THAT(complaint_of([&] { static_cast<void>(plot_rows(archive.database(), "ipi.snet")); }),
             Catch::Contains("did you mean `ipi.sent`?"));
  PlotOptions options = ipis_by_strategy();
  options.x = "machine.core";
  const auto rows = plot_rows(archive.database(), "ipi.sent");
  CHECK_THAT(complaint_of([&] { static_cast<void>(plot_script(rows, options, Picture::svg, "x")); }),
             Catch::Contains("did you mean `machine.cores`?"));
}

TEST_CASE("A table that is wrong is refused with its line") {
  const auto refusal = [](const std::string& text) {
    return complaint_of([&] { static_cast<void>(plot_rows_of_csv(text, "t.csv", "m")); });
  };
  CHECK(refusal("x,metric,value\r\n1,m,2\r\n") == "none");
  CHECK(refusal("x,metric,value\n\"a,\"\"b\n\",m,2") == "none");
  CHECK_THAT(refusal(""), Catch::Contains("the table is empty"));
  CHECK_THAT(refusal("x,value\n1,2\n"), Catch::Contains("t.csv:1") && Catch::Contains("no column `metric`"));
  CHECK_THAT(refusal("x,metric,value\n1,m,2\n1,m\n"), Catch::Contains("t.csv:3") && Catch::Contains("2 fields"));
  CHECK_THAT(refusal("x,metric,value\n1,m,two\n"), Catch::Contains("t.csv:2") && Catch::Contains("`two` is no number"));
  CHECK_THAT(refusal("x,metric,value\n\"1,m,2\n"), Catch::Contains("t.csv:2") && Catch::Contains("not closed"));
  CHECK_THAT(refusal("x,metric,value\n\"1\"2,m,2\n"), Catch::Contains("follows a closing quote"));
}

}  // namespace
}  // namespace mmulab::archive
