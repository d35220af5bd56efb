// SPDX-License-Identifier: MIT
#include <fstream>
#include <ostream>

#include <fmt/format.h>

#include "sim/archive/opened.h"
#include "sim/archive/tidy_rows.h"
#include "sim/cli/common_options.h"
#include "sim/cli/verb.h"
#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

archive::Format format_of(const Arguments& arguments, const std::string& target) {
  const auto given = arguments.text("format");
  if (given) return *given == "csv" ? archive::Format::csv : archive::Format::jsonl;
  const auto ends = [&](const std::string& end) {
    return target.size() >= end.size() && target.compare(target.size() - end.size(), end.size(), end) == 0;
  };
  return ends(".jsonl") || ends(".ndjson") ? archive::Format::jsonl : archive::Format::csv;
}

int export_rows(const Arguments& arguments, Streams& streams) {
  const std::string target = arguments.text("output").value_or("-");
  archive::Opened archive(arguments.positionals());
  for (const auto& remark : archive.remarks()) streams.err << remark << '\n';
  const archive::ExportOptions options{format_of(arguments, target), arguments.text("table").value_or("observations"),
                                       arguments.all("metric")};
  if (!options.metrics.empty() && options.table != "observations")
    throw config::Error(config::diagnose({}, "--metric chooses observations, not " + options.table,
                                         "leave out --metric or --table"));
  if (target == "-") {
    write_rows(archive.database(), options, streams.out);
    return exit_clean;
  }
  WholeFile file(target);
  std::ofstream out(file.name(), std::ios::binary);
  const std::size_t rows = write_rows(archive.database(), options, out);
  if (!out.flush()) throw config::Error(config::diagnose({}, "cannot write `" + target + "`"));
  file.sync();
  file.keep();
  streams.out << fmt::format("{}: {} rows\n", target, rows);
  return exit_clean;
}

}  // namespace

Verb export_verb() {
  Verb verb;
  verb.name = "export";
  verb.help = "Write results as one tidy table, CSV or JSON Lines: an observation a row";
  verb.details =
      "  mmulab export results.db -o results.csv\n"
      "  mmulab export SWEEP --metric 'call.munmap.latency.*' --format jsonl | jq .value\n"
      "  mmulab export SWEEP --table goals                     violations, checks, goals or assumptions instead\n\n"
      "Each row names its run, what was varied, the metric, its unit and the value; a run without a result is one row\n"
      "without a metric. Histograms give .count, .mean, .min, .max, .p50, .p90 and .p99.\n";
  verb.details += results_explained;
  add_results(verb.options)
      .text("output", "FILE|-", "Where to; by default standard output")
      .choice("format", {"csv", "jsonl"}, "By default what the file's name says, else csv")
      .choice("table", archive::tidy_tables(), "What a row is; by default an observation")
      .texts("metric", "PATTERN", "Only metrics like this (* and ?); may be repeated");
  verb.act = export_rows;
  return verb;
}

}  // namespace mmulab::cli
