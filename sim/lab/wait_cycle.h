// SPDX-License-Identifier: MIT
// Who waits for what when nobody can go on: for a lock, and who holds it; asleep in mmap_sem's queue; for an answer of
// a cpu that lets no interrupt in. The waits that go round are told as a cycle. Holders are what the ledger knows from
// events; what a task waits for is what its next step has declared. Left out: which other words a guard waits for.
#pragma once

#include <string>
#include <vector>

#include "models/invariants/execution.h"
#include "sim/explore/explored_host.h"
#include "sim/lab/system.h"

namespace mmulab::lab {

/// A line a wait, and the cycle first, if there is one.
[[nodiscard]] std::vector<std::string> wait_story(const System& system, const ExploredHost& host,
                                                  const Execution& execution);

}  // namespace mmulab::lab
