// SPDX-License-Identifier: MIT
#include "sim/cli/help.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include <fmt/format.h>

#include "sim/cli/manual.h"
#include "sim/config/nearest.h"

namespace mmulab::cli {

std::string overview() {
  std::string text = "mmulab: a cycle-accurate laboratory for the code that tears translations down\n\n";
  text += "usage: mmulab VERB ...\n\n";
  for (const auto& verb : verbs()) text += fmt::format("  {:<12} {}\n", verb.name, verb.help);
  text += "\n`mmulab help VERB` explains one. Exit codes:\n";
  for (const auto& [code, meaning] : exit_codes())
    text += fmt::format("  {:<12} {}\n", static_cast<int>(code), meaning);
  return text;
}

const std::vector<MeaningOfExit>& exit_codes() {
  static const std::vector<MeaningOfExit> table = {
      {exit_clean, "clean, proved, or done"},
      {exit_violated, "violated or vacuous; a comparison found a difference"},
      {exit_usage, "the command line, a configuration or another input is wrong"},
      {exit_undecided, "undecided within the limits"},
      {exit_internal, "internal error"},
      {exit_interrupted, "interrupted; what was done until then is kept"},
  };
  return table;
}

std::string verb_help(const Verb& verb) {
  std::string text = fmt::format("mmulab {}: {}\n\nusage: mmulab {} {}\n\n", verb.name, verb.help, verb.name,
                                 verb.options.usage());
  if (!verb.details.empty()) text += verb.details + "\n";
  return text + "options:\n" + verb.options.help();
}

namespace {

/// `trace count`: a verb's actions are its first operand, "import|info|...", and its help tells of all of them.
void check_action(const Verb& verb, const std::string& action) {
  const std::string& operands = verb.options.operands();
  std::vector<std::string> actions;
  std::istringstream first(operands.substr(0, operands.find(' ')));
  for (std::string name; std::getline(first, name, '|');) actions.push_back(name);
  if (actions.size() < 2)
    throw config::Error(config::diagnose({}, "`" + verb.name + "` has no actions", "mmulab help " + verb.name));
  if (std::find(actions.begin(), actions.end(), action) == actions.end())
    throw config::Error(config::diagnose({}, "`" + verb.name + "` cannot `" + action + "`",
                                         config::suggestion(action, actions)));
}

}  // namespace

Verb help_verb() {
  Verb verb;
  verb.name = "help";
  verb.help = "Explain a verb";
  verb.details =
      "  mmulab help                           the verbs\n"
      "  mmulab help run                       what it does, examples, and its options\n"
      "  mmulab help run --man | man -l -      the same as a manual page\n";
  verb.options.operands("[VERB] [ACTION]", 0, 2).flag("man", "As a manual page, in roff");
  verb.act = [](const Arguments& arguments, Streams& streams) -> int {
    const auto& names = arguments.positionals();
    if (names.size() == 2) check_action(find_verb(names.front()), names.back());
    if (arguments.has("man")) streams.out << (names.empty() ? manual() : manual_of(find_verb(names.front())));
    else streams.out << (names.empty() ? overview() : verb_help(find_verb(names.front())));
    return exit_clean;
  };
  return verb;
}

}  // namespace mmulab::cli
