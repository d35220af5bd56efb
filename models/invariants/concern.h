// SPDX-License-Identifier: MIT
// What the invariants and their ledger look at and change because of one event, for the explorer's independence of
// steps. Parts: what each cpu and each task is about (mode, calls, held locks), pages, frames, tables, tags; the last
// four by number, modulo a few, so that small systems have each by itself. Source: the ledger's own code; the engines'
// cross-checks (tests/sim/explore) compare with searches that use none of it.
#pragma once

#include "models/invariants/ledger.h"
#include "sim/explore/concern.h"

namespace mmulab {
/// Of an event that the ledger has not seen yet.
/// `with_goals`: goals count, too; they ask for more than invariants do.
[[nodiscard]] Concern concern_of(const Event& event, const Ledger& ledger, bool with_goals);
}  // namespace mmulab
