// SPDX-License-Identifier: MIT
// Random scenarios that can be explored in full, by number: the same number gives the same text everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab::test {

[[nodiscard]] std::string tiny_scenario(std::uint64_t number);

}  // namespace mmulab::test
