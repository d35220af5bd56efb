// SPDX-License-Identifier: MIT
// Manual pages (man(7)), from the same declarations as help.
#pragma once

#include <string>

#include "sim/cli/verb.h"

namespace mmulab::cli {

/// mmulab(1): the verbs, exit codes, environment.
std::string manual();
/// mmulab-VERB(1).
std::string manual_of(const Verb& verb);

}  // namespace mmulab::cli
