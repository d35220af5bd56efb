// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM as a flag to poll, so that what was simulated until then is still reported.
#pragma once

#include <csignal>

#include <atomic>
#include <cstdint>

namespace mmulab::cli {

/// While one exists, the first SIGINT or SIGTERM only raises the flag; another one ends the process at once, unless it
/// comes within half a second: timeout(1) signals its child and then the child's whole group, which is one wish.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  [[nodiscard]] static const std::atomic<bool>& flag();

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

}  // namespace mmulab::cli
