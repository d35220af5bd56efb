// SPDX-License-Identifier: MIT
#include "sim/archive/merge.h"

#include <ostream>

#include <fmt/format.h>

#include "sim/cli/common_options.h"
#include "sim/cli/verb.h"

namespace mmulab::cli {
namespace {

int merge(const Arguments& arguments, Streams& streams) {
  const auto file = arguments.text("output");
  if (!file)
    throw config::Error(
        config::diagnose({}, "option `--output` is missing: the archive to merge into", "say -o FILE.db"));
  const auto versions = arguments.has("versions") ? archive::Versions::several : archive::Versions::one;
  const auto report = archive::merge(arguments.positionals(), *file, versions);
  for (const auto& remark : report.remarks) streams.err << remark << '\n';
  streams.out << fmt::format("{}: {} {}\n", *file, report.runs, report.runs == 1 ? "run" : "runs");
  return exit_clean;
}

}  // namespace

Verb merge_verb() {
  Verb verb;
  verb.name = "merge";
  verb.help = "Bring results of sweeps and single runs into one SQLite archive";
  verb.details =
      "  mmulab merge OUT -o results.db                  a sweep's folder\n"
      "  mmulab merge one.json OUT more.db -o all.db     results, sweeps, archives\n"
      "  mmulab merge compared.json -o results.db        every run of `compare --json compared.json`\n"
      "  sqlite3 results.db 'SELECT * FROM means'        the views answer usual questions\n\n"
      "What the archive holds already stays; merging twice changes nothing, and the order of merging no byte.\n"
      "A damaged result is refused, and the archive is left as it was. docs/archive.md explains tables and views.\n";
  verb.details += results_explained;
  add_results(verb.options)
      .text("output", "DATABASE", "The archive; made if it is not there")
      .flag("versions", "Take results of several versions of mmulab, which need not be comparable");
  verb.act = merge;
  return verb;
}

}  // namespace mmulab::cli
