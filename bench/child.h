// SPDX-License-Identifier: MIT
// Runs a configuration in a process of its own, whose peak of memory nothing else adds to.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab::bench {

/// Starts this program again with the configuration on its standard input; its peak resident set.
[[nodiscard]] std::uint64_t peak_kibibytes(const std::string& text);
/// What the started program does; its exit code.
int be_child();
inline constexpr const char* child_argument = "--run-standard-input";

}  // namespace mmulab::bench
