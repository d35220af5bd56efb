// SPDX-License-Identifier: MIT
#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"
#include "sim/config/nearest.h"

namespace mmulab::cli {

Simulator laboratory() { return {lab::run}; }

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      run_verb(laboratory()),
      compare_verb(laboratory()),
      list_verb(),
      show_verb(),
      lint_verb(),
      help_verb(),
  };
  return table;
}

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  throw config::Error(
      config::diagnose({}, "there is no verb `" + name + "`", config::suggestion(name, names)));
}

}  // namespace mmulab::cli
