// SPDX-License-Identifier: MIT
// Random scenarios that can be explored in full, by number: the same number gives the same text everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab::test {

[[nodiscard]] std::string tiny_scenario(std::uint64_t number);
[[nodiscard]] std::string tiny_ppc64_scenario(std::uint64_t number);
/// Three cpus of ppc64, of which the last two, or all of them, do the same.
[[nodiscard]] std::string tiny_peers_scenario(std::uint64_t number);
/// One whose hardware walks page tables, with a fault more often than not. `waits`: stores may, in a buffer, and a
/// kernel may rely on it that they do not.
[[nodiscard]] std::string tiny_walker_scenario(std::uint64_t number, bool waits);

}  // namespace mmulab::test
