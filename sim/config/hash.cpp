// SPDX-License-Identifier: MIT
#include "sim/config/hash.h"

#include <cstdint>

#include <fmt/format.h>

// All of it is in the header, so that nothing more is loaded, and copied by every fork.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace mmulab::config {
namespace {

std::string hex(std::uint64_t high, std::uint64_t low) { return fmt::format("{:016x}{:016x}", high, low); }

}  // namespace

std::string hash_text(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide prime = (Wide{1} << 88) + 0x13B;
  Wide hash = (Wide{0x6c62272e07bb0142} << 64) + Wide{0x62b821756295c58d};
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= prime;
  }
  return hex(static_cast<std::uint64_t>(hash >> 64), static_cast<std::uint64_t>(hash));
}

std::string digest_text(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return hex(hash.high64, hash.low64);
}

}  // namespace mmulab::config
