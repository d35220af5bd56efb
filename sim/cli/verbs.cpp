// SPDX-License-Identifier: MIT
#include <algorithm>

#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"
#include "sim/config/nearest.h"

namespace mmulab::cli {

Simulator laboratory() { return {lab::run}; }

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      run_verb(laboratory()),
      check_verb(),
      replay_verb(),
      compare_verb(laboratory()),
      sweep_verb(laboratory()),
      merge_verb(),
      export_verb(),
      diff_verb(),
      plot_verb(),
      list_verb(),
      show_verb(),
      lint_verb(),
      trace_verb(),
      completion_verb(),
      help_verb(),
  };
  return table;
}

namespace {

/// Verbs of the design that are not built.
const std::vector<std::string>& planned_verbs() {
  static const std::vector<std::string> names = {"report"};
  return names;
}

}  // namespace

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  const auto& planned = planned_verbs();
  if (std::find(planned.begin(), planned.end(), name) != planned.end())
    throw config::Error(config::diagnose({}, "there is no verb `" + name + "` yet: it is planned and not built",
                                         "`mmulab help` lists the verbs that there are"));
  throw config::Error(
      config::diagnose({}, "there is no verb `" + name + "`", config::suggestion(name, names)));
}

}  // namespace mmulab::cli
