// SPDX-License-Identifier: MIT
#include "sim/archive/plot.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <sstream>

#include <fmt/format.h>

#include "sim/archive/opened.h"
#include "sim/archive/sources.h"
#include "sim/cli/common_options.h"
#include "sim/cli/verb.h"
#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw config::Error(config::diagnose({}, std::move(message), std::move(hint)));
}

void require_gnuplot() {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/gnuplot").c_str(), X_OK) == 0) return;
  refuse("there is no gnuplot, which draws the picture",
         "apt-get install gnuplot-nox, or write its script: -o FILE.gp");
}

/// gnuplot reads the script as its input, and complains on our stderr.
void draw(const std::string& script) {
  // Should it end before it has read everything, that is its failure and not our death.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  std::FILE* pipe = popen("exec gnuplot -", "w");
  if (pipe == nullptr) throw std::runtime_error(std::string("cannot start gnuplot: ") + std::strerror(errno));
  const bool written = std::fwrite(script.data(), 1, script.size(), pipe) == script.size();
  const int status = pclose(pipe);
  std::signal(SIGPIPE, before);
  if (!written || status != 0)
    refuse("gnuplot failed", "what it complains of stands above; -o FILE.gp writes the script");
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

archive::PlotRows rows_of(const std::vector<std::string>& paths, const std::string& metric, Streams& streams) {
  if (paths.size() == 1 && ends_with(paths.front(), ".csv"))
    return archive::plot_rows_of_csv(archive::read_text(paths.front()), paths.front(), metric);
  archive::Opened archive(paths);
  for (const auto& remark : archive.remarks()) streams.err << remark << '\n';
  return plot_rows(archive.database(), metric);
}

archive::PlotOptions options_of(const Arguments& arguments) {
  archive::PlotOptions options;
  for (const char* option : {"metric", "x", "output"})
    if (!arguments.has(option))
      refuse(std::string("option `--") + option + "` is missing", "`mmulab help plot` has examples");
  options.metric = *arguments.text("metric");
  options.x = *arguments.text("x");
  options.by = arguments.text("by");
  options.facet = arguments.text("facet");
  options.title = arguments.text("title").value_or("");
  if (arguments.has("bars")) options.shape = archive::Shape::bars;
  const std::string log = arguments.text("log").value_or("");
  if (log.find('x') != std::string::npos) options.x_scale = archive::Scale::log;
  if (log.find('y') != std::string::npos) options.y_scale = archive::Scale::log;
  return options;
}

int plot(const Arguments& arguments, Streams& streams) {
  const archive::PlotOptions options = options_of(arguments);
  const std::string file = *arguments.text("output");
  const bool script = ends_with(file, ".gp");
  if (!script && !ends_with(file, ".svg") && !ends_with(file, ".png"))
    refuse("what `" + file + "` is to be, its name does not say", "end it in .svg, .png, or .gp for gnuplot's script");
  if (!script) require_gnuplot();
  const auto rows = rows_of(arguments.positionals(), options.metric, streams);
  const auto picture = ends_with(file, ".png") ? archive::Picture::png : archive::Picture::svg;
  WholeFile whole(file);
  if (script) whole.write(plot_script(rows, options, picture, file.substr(0, file.size() - 3) + ".svg"));
  else draw(plot_script(rows, options, picture, whole.name()));
  whole.sync();
  whole.keep();
  streams.out << fmt::format("{}: {} results\n", file, rows.rows.size());
  return exit_clean;
}

}  // namespace

Verb plot_verb() {
  Verb verb;
  verb.name = "plot";
  verb.help = "Draw a metric of results against what was varied, as SVG or PNG";
  verb.details =
      "  mmulab plot results.db --metric call.munmap.latency.p50 --x machine.cores --by strategy -o munmap.svg\n"
      "  mmulab plot SWEEP --metric ipi.sent --x strategy --bars --facet machine.cores -o ipis.png\n"
      "  mmulab plot results.csv --metric end.cycle --x machine.cores --log xy -o cycles.svg\n\n"
      "--x, --by and --facet name what was varied, or title, machine, kernel, strategy, workload. Runs that differ in\n"
      "nothing named are repeats: their mean is drawn, with its 95 % interval. The caption names the configuration.\n"
      "gnuplot draws; -o FILE.gp writes its script instead, to be changed by hand.\n";
  verb.details += results_explained;
  add_results(verb.options)
      .text("metric", "METRIC", "What is drawn: a metric of `mmulab export`")
      .text("x", "AXIS", "Along the x axis")
      .text("by", "AXIS", "A line, or a bar, for each of its values")
      .text("facet", "AXIS", "A panel for each of its values")
      .flag("bars", "Bars instead of lines")
      .choice("log", {"x", "y", "xy"}, "Logarithmic axes")
      .text("title", "TEXT", "Above it all")
      .text("output", "FILE", "FILE.svg, FILE.png, or FILE.gp for gnuplot's script");
  verb.act = plot;
  return verb;
}

}  // namespace mmulab::cli
