// SPDX-License-Identifier: MIT
// "Did you mean": the candidate that a misspelt word most likely stands for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mmulab::config {

/// Edits (insert, delete, replace, swap neighbours) that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The closest candidate, the first in order among equals; empty when none is close enough to be meant.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean `cores`?", or else the list, or nothing when there is nothing to choose from.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace mmulab::config
