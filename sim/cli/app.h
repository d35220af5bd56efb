// SPDX-License-Identifier: MIT
// The command line as a function: from words to an exit code.
#pragma once

#include <string>
#include <vector>

#include "sim/cli/verb.h"

namespace mmulab::cli {

/// Runs one command. Never throws: a user's error is 2, anything unforeseen 4.
int run_command(const std::vector<std::string>& words, Streams streams);

/// The body of a main(): the command line on the process's own streams. A program that adds strategies of its own calls
/// add_strategy first.
int entry(int argc, char** argv);

}  // namespace mmulab::cli
