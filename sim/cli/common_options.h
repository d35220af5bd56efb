// SPDX-License-Identifier: MIT
// Options that several verbs share, so that they mean the same everywhere.
#pragma once

#include "sim/cli/options.h"

namespace mmulab::cli {

inline Options& add_set(Options& o) {
  return o.texts("set", "KEY=VALUE", "Override one key; may be repeated");
}
inline Options& add_json(Options& o) { return o.text("json", "FILE|-", "Write the result as JSON"); }
inline Options& add_until(Options& o) { return o.number("until", "Stop at this cycle"); }
inline Options& add_log_from(Options& o) { return o.number("log-from", "Print events from this cycle on"); }
inline Options& add_expect(Options& o) {
  return o.flag("expect", "Exit 0 if exactly the violations that the file expects occur");
}
inline Options& add_plugin(Options& o) {
  return o.texts("plugin", "FILE", "Load strategies or memory targets from a shared object; may be repeated");
}

/// What a verb that reads results says of its operands.
inline constexpr const char* results_explained =
    "\nRESULTS is the folder of a sweep, one with such folders and results, an archive, or what `run`, `check` or\n"
    "`compare` wrote with --json; a comparison is the runs that it holds.\n";
inline Options& add_results(Options& o) { return o.operands("RESULTS...", 1, SIZE_MAX); }

}  // namespace mmulab::cli
