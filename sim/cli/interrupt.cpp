// SPDX-License-Identifier: MIT
#include "sim/cli/interrupt.h"

#include <ctime>

namespace mmulab::cli {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<std::int64_t> interrupted_at_nanoseconds{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may store into them");
constexpr std::int64_t same_wish_nanoseconds = 500'000'000;

/// clock_gettime is one of the few functions that a handler may call (POSIX 2.4.3).
std::int64_t now_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void raise_flag(int number) {
  if (!interrupted.exchange(true)) {
    interrupted_at_nanoseconds.store(now_nanoseconds());
    return;
  }
  if (now_nanoseconds() - interrupted_at_nanoseconds.load() < same_wish_nanoseconds) return;
  signal(number, SIG_DFL);
  raise(number);
}

void catch_signal(int number, struct sigaction& old) {
  struct sigaction action {};
  action.sa_handler = raise_flag;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, &old);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted.store(false);
  catch_signal(SIGINT, old_int_);
  catch_signal(SIGTERM, old_term_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

const std::atomic<bool>& InterruptGuard::flag() { return interrupted; }

}  // namespace mmulab::cli
