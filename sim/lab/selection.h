// SPDX-License-Identifier: MIT
// Which invariants, goals and expectations a configuration selects.
#pragma once

#include "models/invariants/ledger.h"
#include "sim/check/checker.h"
#include "sim/config/values.h"

namespace mmulab::lab {

/// Gives them to the checker. Throws config::Error if the configuration names one that does not exist.
void select_checks(Checker& checker, const config::Values& values, const Ledger& ledger);

}  // namespace mmulab::lab
