// SPDX-License-Identifier: MIT
#include "workloads/trace/relocation.h"

namespace mmulab::trace {

namespace {
constexpr std::uint64_t windows_max = 1U << 16;
}

bool Relocation::see(std::uint64_t first, std::uint64_t length) {
  const std::uint64_t from = first >> window_bits, to = (first + std::max<std::uint64_t>(length, 1) - 1) >> window_bits;
  if (to - from >= windows_max) return false;
  end_ = std::max(end_, first + length);
  for (std::uint64_t window = from; window <= to; ++window) {
    if (window == last_) continue;
    last_ = window;
    const auto at = std::lower_bound(windows_.begin(), windows_.end(), window);
    if (at == windows_.end() || *at != window) windows_.insert(at, window);
  }
  return windows_.size() <= windows_max;
}

bool Relocation::settle(std::uint64_t user_bytes) {
  moves_ = end_ > user_bytes;
  return !moves_ || windows_.size() <= user_bytes >> window_bits;
}

}  // namespace mmulab::trace
