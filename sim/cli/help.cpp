// SPDX-License-Identifier: MIT
#include "sim/cli/help.h"

#include <ostream>

#include <fmt/format.h>

namespace mmulab::cli {

std::string overview() {
  std::string text = "mmulab: a cycle-accurate laboratory for the code that tears translations down\n\n";
  text += "usage: mmulab VERB ...\n\n";
  for (const auto& verb : verbs()) text += fmt::format("  {:<12} {}\n", verb.name, verb.help);
  text +=
      "\n`mmulab help VERB` explains one. Exit codes: 0 clean or proved, 1 violated, 2 usage or "
      "configuration,\n"
      "3 undecided within the limits, 4 internal error, 130 interrupted.\n";
  return text;
}

std::string verb_help(const Verb& verb) {
  std::string text = fmt::format("mmulab {}: {}\n\nusage: mmulab {} {}\n\n", verb.name, verb.help, verb.name,
                                 verb.options.usage());
  if (!verb.details.empty()) text += verb.details + "\n";
  return text + "options:\n" + verb.options.help();
}

Verb help_verb() {
  Verb verb;
  verb.name = "help";
  verb.help = "Explain a verb";
  verb.options.operands("[VERB]", 0, 1);
  verb.act = [](const Arguments& arguments, Streams& streams) -> int {
    const auto& names = arguments.positionals();
    streams.out << (names.empty() ? overview() : verb_help(find_verb(names.front())));
    return exit_clean;
  };
  return verb;
}

}  // namespace mmulab::cli
