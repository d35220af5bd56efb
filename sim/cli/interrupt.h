// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM as a flag to poll, so that what was simulated until then is still reported.
#pragma once

#include <csignal>

#include <atomic>

namespace mmulab::cli {

/// While one exists, the first SIGINT or SIGTERM only raises the flag; a second one ends the process at once.
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
