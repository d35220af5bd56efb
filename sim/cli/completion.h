// SPDX-License-Identifier: MIT
// What may stand next on the command line. The scripts for the shells ask for it by `mmulab completion words`, so that
// whatever is known here is known in every shell, presets of the user's own included.
#pragma once

#include <string>
#include <vector>

#include "sim/cli/topics.h"

namespace mmulab::cli {

struct Completion {
  enum class Files { none, any, toml, database, folders };
  Files files = Files::none;  ///< files that fit, beside the words
  std::vector<Item> words;    ///< whole words; one that ends in = expects more
};

/// `words` are those after `mmulab`; the last one is being typed, and may be empty.
Completion complete(const std::vector<std::string>& words);

/// For a shell's script: what files fit in the first line, then WORD, a tab, HELP a line.
std::string to_text(const Completion& completion);

/// The script that teaches the shell to complete: bash, zsh or fish.
std::string completion_script(const std::string& shell);

}  // namespace mmulab::cli
