// SPDX-License-Identifier: MIT
// Things that a scenario may demand to be possible (`sometimes`), so that a proof is not one of an empty room.
// Each is reachable in the broken and in the fixed variant alike.
#pragma once

#include <memory>

#include "models/invariants/ledger.h"

namespace mmulab {

[[nodiscard]] std::unique_ptr<Goal> make_hpte_inserted_while_flush_pending(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Goal> make_ipi_delivered_with_irqs_off(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Goal> make_stale_hit_on_pending_page(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Goal> make_fault_during_zap(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Goal> make_frame_reused(const Ledger& ledger);

}  // namespace mmulab
