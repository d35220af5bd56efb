// SPDX-License-Identifier: MIT
// The executable's entry: streams, signals, and the symbol that libsystemc asks for.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "sim/cli/app.h"

// libsystemc refers to sc_main even when its main() is not used.
extern "C" int sc_main(int, char**) { return mmulab::cli::exit_internal; }

namespace {

using mmulab::config::Color;

/// The color of what goes to one of the standard streams.
Color color_of(int stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool refused =
      (no_color != nullptr && *no_color != '\0') || term == nullptr || std::strcmp(term, "dumb") == 0;
  return !refused && isatty(stream) == 1 ? Color::On : Color::Off;
}

void leave_after_abort(int /*signal*/) {
  constexpr char text[] = "mmulab: internal error: aborted\n";
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(mmulab::cli::exit_internal);
  _exit(mmulab::cli::exit_internal);
}

}  // namespace

namespace mmulab::cli {

int entry(int argc, char** argv) {
  // Set by a debugger's user who wants the core file.
  if (std::getenv("MMULAB_DUMP_CORE") == nullptr) std::signal(SIGABRT, leave_after_abort);
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run_command(words, {std::cout, std::cerr, color_of(STDERR_FILENO), color_of(STDOUT_FILENO),
                             isatty(STDERR_FILENO) == 1});
}

}  // namespace mmulab::cli
