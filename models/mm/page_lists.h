// SPDX-License-Identifier: MIT
// Pages that the kernel's code has in hand, on its stack: found through ptes, or taken from them.
#pragma once

#include <array>

#include "models/mm/state.h"
#include "sim/exec/history.h"

namespace mmulab {

/// An anonymous page that has been found through a pte and is held by a reference. Its index says where a VMA would
/// show it: mappings of one page agree about it, wherever their VMAs lie.
struct AnonPage {
  Frame frame;
  std::uint64_t index = 0;
  [[nodiscard]] bool exists() const { return frame.exists(); }
};
inline void remember(History& history, const AnonPage& anon) {
  history.learn(anon.frame);
  history.learn(anon.index);
}

/// Pages whose ptes migrate_vma has taken away, of one leaf table.
struct Collected {
  static constexpr std::uint32_t most = 16;
  std::array<AnonPage, most> pages{};
  std::array<VirtPage, most> at{};
  std::uint32_t count = 0;
};

/// Pages that are unmapped and wait for the flush; on the kernel stack (SWAP_CLUSTER_MAX).
struct ReclaimList {
  std::array<Frame, 32> frames{};
  std::uint32_t count = 0;
};
inline void remember(History& history, const ReclaimList& list) {
  history.learn(list.count);
  for (std::uint32_t n = 0; n < list.count; ++n) history.learn(list.frames[n]);
}

}  // namespace mmulab
