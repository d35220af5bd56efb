// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "sim/cli/verb.h"

namespace mmulab::cli {

/// What `mmulab` alone prints: the verbs, one line each.
std::string overview();
std::string verb_help(const Verb& verb);

}  // namespace mmulab::cli
