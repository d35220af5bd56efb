// SPDX-License-Identifier: MIT
// One verb of the command line. To add one: write its file, declare it below, name it in verbs.cpp.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "sim/cli/options.h"
#include "sim/config/diagnostic.h"

namespace mmulab::cli {

enum ExitCode : int {
  exit_clean = 0,
  exit_violated = 1,
  exit_usage = 2,
  exit_undecided = 3,
  exit_internal = 4,
  exit_interrupted = 130,
};

/// Where a verb writes: data to out, talk to err.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  config::Color color = config::Color::Off;  // of what goes to err
  config::Color out_color = config::Color::Off;
  bool err_is_terminal = false;
};

struct Verb {
  std::string name;
  std::string help;     // one line
  std::string details;  // for `help VERB`: paragraphs, and examples, which are lines indented by two spaces
  Options options;
  std::function<int(const Arguments&, Streams&)> act;  // returns an ExitCode
};

struct MeaningOfExit {
  ExitCode code;
  const char* meaning;
};
/// As help and the manual pages tell them.
const std::vector<MeaningOfExit>& exit_codes();

/// All verbs, in the order in which help lists them.
const std::vector<Verb>& verbs();
/// Throws config::Error with the nearest verb when there is none.
const Verb& find_verb(const std::string& name);

struct Simulator;

Verb check_verb();
Verb compare_verb(const Simulator& simulator);
Verb completion_verb();
Verb diff_verb();
Verb export_verb();
Verb help_verb();
Verb lint_verb();
Verb list_verb();
Verb merge_verb();
Verb plot_verb();
Verb replay_verb();
Verb run_verb(const Simulator& simulator);
Verb show_verb();
Verb sweep_verb(const Simulator& simulator);
Verb trace_verb();

}  // namespace mmulab::cli
