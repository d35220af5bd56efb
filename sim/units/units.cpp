// SPDX-License-Identifier: MIT
#include "sim/units/units.h"

#include <fmt/format.h>

namespace mmulab {

fmt::appender UnitFormatter::decimal(fmt::appender out, std::uint64_t n) { return fmt::format_to(out, "{}", n); }
fmt::appender UnitFormatter::cycles(fmt::appender out, std::uint64_t n) { return fmt::format_to(out, "{} cy", n); }
fmt::appender UnitFormatter::address(fmt::appender out, std::uint64_t n) { return fmt::format_to(out, "0x{:x}", n); }
fmt::appender UnitFormatter::nothing(fmt::appender out) { return fmt::format_to(out, "-"); }

}  // namespace mmulab
