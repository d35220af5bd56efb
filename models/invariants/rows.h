// SPDX-License-Identifier: MIT
// One maker for each row of the table of invariants (modelling.md 3); each is in the file of its name.
#pragma once

#include <memory>

#include "models/invariants/ledger.h"

namespace mmulab {

[[nodiscard]] std::unique_ptr<Invariant> make_no_duplicate_hpte(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_hpt_tracked(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_no_stale_frame(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_no_stale_right(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_pte_within_vma(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_copy_isolation(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_dirty_kept(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_table_alive(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_tag_unique(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_post_condition(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_one_view(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_one_size(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_no_irqs_off_wait(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_batch_empty_at_unlock(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_context_clean_at_free(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_lock_order(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_no_deadlock(const Ledger& ledger);
[[nodiscard]] std::unique_ptr<Invariant> make_no_leak(const Ledger& ledger);

}  // namespace mmulab
