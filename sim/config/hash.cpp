// SPDX-License-Identifier: MIT
#include "sim/config/hash.h"

#include <cstdint>

#include <fmt/format.h>

namespace mmulab::config {

std::string hash_text(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide prime = (Wide{1} << 88) + 0x13B;
  Wide hash = (Wide{0x6c62272e07bb0142} << 64) + Wide{0x62b821756295c58d};
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= prime;
  }
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(hash >> 64),
                     static_cast<std::uint64_t>(hash));
}

}  // namespace mmulab::config
