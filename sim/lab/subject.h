// SPDX-License-Identifier: MIT
// What a configuration is called in reports, and what a checker must know of the system it describes.
#pragma once

#include <string>

#include "models/invariants/ledger_config.h"
#include "sim/config/values.h"
#include "sim/lab/system.h"
#include "sim/results/run_result.h"

namespace mmulab::lab {

RunSubject run_subject(const config::Values& values, const std::string& file);
LedgerConfig ledger_config(const config::Values& values, const System& system);

}  // namespace mmulab::lab
