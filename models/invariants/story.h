// SPDX-License-Identifier: MIT
// Tells, from the ledger, how a violation came about. Called only once there is one.
#pragma once

#include <string>

#include "models/invariants/ledger.h"
#include "sim/check/violation.h"

namespace mmulab::story {

/// "page 0x1ff of mm 0"
[[nodiscard]] std::string page_text(MmId mm, VirtPage page);
/// "cycle 120, cpu 1, task 3, in munmap"; where steps are explored, "step 12, ..." or "setup, ..." before the first
[[nodiscard]] std::string moment_text(const Ledger& ledger, const Moment& m);
/// The same of what happens now.
[[nodiscard]] std::string moment_text(const Ledger& ledger, const Event& event);
/// "hpt[3].0", or "word 960" where the ledger was told no names
[[nodiscard]] std::string word_text(const Ledger& ledger, Location at);
[[nodiscard]] std::string copy_text(const Ledger& ledger, const UsableCopy& copy);
[[nodiscard]] const char* access_text(std::uint64_t access_kind);

/// A violation at `event`, with its time and place filled in.
[[nodiscard]] Violation at_event(const Event& event, const char* class_id, std::string message);
/// The same about a page: its address, too.
[[nodiscard]] Violation about_page(const Ledger& ledger, const Event& event, MmId mm, VirtPage page,
                                   const char* class_id, std::string message);
/// The same about an obligation: the story of its instance, its revocation and what was still pending.
[[nodiscard]] Violation about(const Ledger& ledger, const Event& event, const Obligation& o, const char* class_id,
                              std::string message);
void tell_hpte(const Ledger& ledger, Violation& violation, const char* which, const HpteRecord& h);

}  // namespace mmulab::story
