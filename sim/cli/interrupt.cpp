// SPDX-License-Identifier: MIT
#include "sim/cli/interrupt.h"

namespace mmulab::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may store into it");

void raise_flag(int /*signal*/) { interrupted.store(true); }

void catch_once(int signal, struct sigaction& old) {
  struct sigaction action {};
  action.sa_handler = raise_flag;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &old);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted.store(false);
  catch_once(SIGINT, old_int_);
  catch_once(SIGTERM, old_term_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

const std::atomic<bool>& InterruptGuard::flag() { return interrupted; }

}  // namespace mmulab::cli
