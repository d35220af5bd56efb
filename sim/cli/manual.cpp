// SPDX-License-Identifier: MIT
#include "sim/cli/manual.h"

#include <sstream>

#include <fmt/format.h>

#include "sim/cli/version.h"

namespace mmulab::cli {
namespace {

/// What roff would take for a request or an escape is shown as it stands.
std::string plain(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') safe += "\\e";
    else if (c == '-') safe += "\\-";
    else if (c == '`') safe += "\\(ga";
    else if (c == '\'') safe += "\\(aq";
    else if (c == '"') safe += "\\(dq";
    else if (c == '~') safe += "\\(ti";
    else if (c == '^') safe += "\\(ha";
    else safe += c;
  }
  return !safe.empty() && safe.front() == '.' ? "\\&" + safe : safe;
}

std::string item(const std::string& name, const std::string& text) {
  return ".TP\n.B " + plain(name) + "\n" + plain(text) + "\n";
}

std::string title(const std::string& page, const std::string& summary) {
  std::string upper = page;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format(".\\\" SPDX-License-Identifier: MIT\n.TH \"{}\" 1 \"\" \"mmulab {}\" \"mmulab manual\"\n"
                     ".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
                     plain(upper), version(), plain(page), plain(summary));
}

bool is_example(const std::string& line) { return line.rfind("  ", 0) == 0; }

/// "  command   what it does": an item of the manual.
std::string example(const std::string& line) {
  const auto gap = line.find("  ", 2);
  if (gap == std::string::npos) return ".PP\n.B " + plain(line.substr(2)) + "\n";
  return item(line.substr(2, gap - 2), line.substr(line.find_first_not_of(' ', gap)));
}

/// The examples, or everything else.
std::string lines_of(const std::string& details, bool examples) {
  std::string text;
  std::istringstream lines(details);
  for (std::string line; std::getline(lines, line);) {
    if (is_example(line) != examples) continue;
    if (examples) text += example(line);
    else if (!line.empty()) text += plain(line) + "\n";
    else if (!text.empty()) text += ".PP\n";
  }
  return text;
}

std::string options_of(const Options& options) {
  std::string text;
  for (const auto& option : options.declared()) {
    const std::string value = option.placeholder.empty() ? "" : " \\fI" + plain(option.placeholder) + "\\fR";
    text += ".TP\n\\fB" + plain(option.spelled()) + "\\fR" + value + "\n" + plain(option.help) + "\n";
  }
  return text;
}

std::string section(const std::string& name, const std::string& text) {
  return text.empty() ? "" : ".SH " + name + "\n" + text;
}

std::string exit_status() {
  std::string text;
  for (const auto& [code, meaning] : exit_codes()) text += item(std::to_string(code), meaning);
  return section("EXIT STATUS", text);
}

std::string environment() {
  std::string text =
      item("MMULAB_CONFIG_PATH", "Folders with presets, separated by colons, looked through before the others");
  text += item("XDG_CONFIG_HOME", "Its folder mmulab is looked through next; ~/.config/mmulab if it is not set");
  text += item("NO_COLOR", "If set and not empty, no colors unless --color asks for them");
  text += item("MMULAB_DUMP_CORE", "If set, an internal error leaves a core file");
  return section("ENVIRONMENT", text);
}

std::string page_of(const std::string& verb) { return "mmulab-" + verb; }

std::string see_also(const std::string& besides) {
  std::string text = besides.empty() ? "" : ".BR mmulab (1)";
  for (const auto& verb : verbs())
    if (verb.name != besides) text += (text.empty() ? "" : ",\n") + (".BR " + plain(page_of(verb.name))) + " (1)";
  return section("SEE ALSO", text + "\n");
}

}  // namespace

std::string manual() {
  std::string text = title("mmulab", "a cycle-accurate laboratory for the code that tears translations down");
  text += ".B mmulab\n.I VERB [operands] [options]\n";
  text += section("DESCRIPTION",
                  "mmulab simulates how kernels tear address translations down, on models of the x86 TLB, the ppc64 "
                  "hashed\npage table and the sparc64 TSB: timed to the cycle, or in every interleaving. Each verb has "
                  "a page.\n");
  std::string rows;
  for (const auto& verb : verbs()) rows += item(verb.name, verb.help);
  return text + section("VERBS", rows) + exit_status() + environment() + see_also("");
}

std::string manual_of(const Verb& verb) {
  std::string text = title(page_of(verb.name), verb.help);
  text += ".B mmulab " + plain(verb.name) + "\n.I " + plain(verb.options.usage()) + "\n";
  return text + section("DESCRIPTION", plain(verb.help) + ".\n.PP\n" + lines_of(verb.details, false)) +
         section("OPTIONS", options_of(verb.options)) + section("EXAMPLES", lines_of(verb.details, true)) +
         exit_status() + see_also(verb.name);
}

}  // namespace mmulab::cli
