// SPDX-License-Identifier: MIT
// The metrics of an archive by name, and the patterns that choose among them. A pattern that chooses nothing is a
// mistake of the user's: a comparison of nothing would find nothing, for ever.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/archive/database.h"

namespace mmulab::archive {

/// What some run has observed.
[[nodiscard]] std::set<std::string> metric_names(Database& archive);

/// Does `name` fit the pattern (with * and ?), or any of them, or are there none?
[[nodiscard]] bool fits(const std::string& name, const std::vector<std::string>& patterns);

/// Throws config::Error that says so, with the nearest name.
[[noreturn]] void refuse_metric(const std::string& pattern, const std::set<std::string>& names);

/// Throws config::Error for the first pattern that fits none of the names.
void require_metrics(const std::vector<std::string>& patterns, const std::set<std::string>& names);

}  // namespace mmulab::archive
