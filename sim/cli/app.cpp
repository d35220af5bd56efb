// SPDX-License-Identifier: MIT
#include "sim/cli/app.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <ostream>

#include "sim/cli/help.h"
#include "sim/cli/version.h"
#include "sim/lab/plugin.h"

namespace mmulab::cli {
namespace {

/// Nobody means a file to be read and then lost; `merge` and sweeps, which keep what is there, name no FILE.
void refuse_overwriting(const Verb& verb, const Arguments& arguments) {
  namespace fs = std::filesystem;
  for (const Options::Option& option : verb.options.declared()) {
    if (option.takes != Options::Takes::Text || option.placeholder.rfind("FILE", 0) != 0) continue;
    const auto file = arguments.text(option.name);
    std::error_code failure;
    if (!file || !fs::is_regular_file(*file, failure)) continue;
    for (const std::string& operand : arguments.positionals())
      if (fs::equivalent(*file, operand, failure))
        throw config::Error(config::diagnose(
            {}, "`" + *file + "` is read here, and --" + option.name + " would replace it", "name another file"));
  }
}

int run_verb(const Verb& verb, const std::vector<std::string>& words, Streams& streams) {
  const Arguments arguments = verb.options.parse(words);
  if (const auto color = arguments.text("color"); color && *color != "auto")
    streams.color = streams.out_color = *color == "always" ? config::Color::On : config::Color::Off;
  if (arguments.has("help")) {
    streams.out << verb_help(verb);
    return exit_clean;
  }
  refuse_overwriting(verb, arguments);
  if (verb.options.declares("plugin")) lab::load_plugins(arguments.all("plugin"));
  return verb.act(arguments, streams);
}

int dispatch(const std::vector<std::string>& words, Streams& streams) {
  if (words.empty()) {
    streams.err << overview();
    return exit_usage;
  }
  const std::string& first = words.front();
  if (first == "--version" || first == "-V") {
    streams.out << "mmulab " << version() << "\n";
    return exit_clean;
  }
  if (first == "--help" || first == "-h") {
    streams.out << overview();
    return exit_clean;
  }
  return run_verb(find_verb(first), {words.begin() + 1, words.end()}, streams);
}

/// A full disk or a closed pipe is nobody's bug.
void flush(std::ostream& out) {
  errno = 0;
  if (out.flush()) return;
  // Nothing says why if it failed long ago.
  const std::string why = errno == 0 ? "" : std::string(": ") + std::strerror(errno);
  throw config::Error(config::diagnose({}, "cannot write to standard output" + why, "what is in files is kept"));
}

int internal_error(Streams& streams, const char* what) {
  streams.err << "mmulab: internal error: " << what
              << "\n  this is a bug of mmulab, not of your configuration\n";
  return exit_internal;
}

}  // namespace

int run_command(const std::vector<std::string>& words, Streams streams) {
  try {
    const int code = dispatch(words, streams);
    flush(streams.out);
    return code;
  } catch (const config::Error& error) {
    streams.out.flush();
    streams.err << config::render(error.problems(), streams.color);
    return exit_usage;
  } catch (const std::exception& error) {
    return internal_error(streams, error.what());
  } catch (...) {
    return internal_error(streams, "an exception of unknown type");
  }
}

}  // namespace mmulab::cli
