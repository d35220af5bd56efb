// SPDX-License-Identifier: MIT
// Hashes that are the same on every machine, as 32 hex digits.
#pragma once

#include <string>
#include <string_view>

namespace mmulab::config {

/// Names a configuration: FNV-1a of 128 bits, a byte at a time.
std::string hash_text(std::string_view text);

/// Tells texts apart, and whole ones from damaged ones, at the speed of memory: XXH3 of 128 bits.
std::string digest_text(std::string_view text);

}  // namespace mmulab::config
