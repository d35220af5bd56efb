// SPDX-License-Identifier: MIT
// Numbers as a report prints them. Integer arithmetic only, so that the text is the same everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab {

/// "1 234 567"
[[nodiscard]] std::string grouped(std::uint64_t number);
/// Cycles at a clock as microseconds, rounded half up, always with three decimals: "24.107".
[[nodiscard]] std::string microseconds(std::uint64_t cycles, std::uint64_t frequency_mhz);
/// The same in about three digits, for tables: "2.11", "24.1", "1 203".
[[nodiscard]] std::string short_microseconds(std::uint64_t cycles, std::uint64_t frequency_mhz);
/// "1 violation", "2 violations"
[[nodiscard]] std::string plural(std::uint64_t count, const std::string& noun);

}  // namespace mmulab
