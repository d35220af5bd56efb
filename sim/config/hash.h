// SPDX-License-Identifier: MIT
// A hash that is the same on every machine, for naming configurations.
#pragma once

#include <string>
#include <string_view>

namespace mmulab::config {

/// FNV-1a of 128 bits, as 32 hex digits.
std::string hash_text(std::string_view text);

}  // namespace mmulab::config
