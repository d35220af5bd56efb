// SPDX-License-Identifier: MIT
// Every invariant and every goal there is, in the order of the table; and the text of docs/invariants.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/invariants/ledger.h"

namespace mmulab {

/// All invariants over `ledger`, applicable or not. The ledger must outlive them and see each event first.
[[nodiscard]] std::vector<std::unique_ptr<Invariant>> make_invariants(const Ledger& ledger);
/// The same with a ledger of their own that nobody feeds: for listing and explaining.
[[nodiscard]] std::vector<std::unique_ptr<Invariant>> make_invariants(const LedgerConfig& config);
[[nodiscard]] std::vector<std::unique_ptr<Goal>> make_goals(const Ledger& ledger);
/// For listing and explaining only.
[[nodiscard]] std::vector<std::unique_ptr<Goal>> make_goals(const LedgerConfig& config);

/// The same text as `show invariant NAME`, for each of them.
[[nodiscard]] std::string invariants_document();
[[nodiscard]] std::string explain(const InvariantText& text);

}  // namespace mmulab
