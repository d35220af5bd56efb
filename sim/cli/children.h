// SPDX-License-Identifier: MIT
// Work in child processes, a few at a time: SystemC simulates once a process, and a crash takes one child with it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mmulab::cli {

/// What a child says at its end: its exit code and one text.
struct ChildReply {
  int code = 0;
  std::string text;
};

struct ChildEnd {
  bool exited = false;  ///< else killed, or never started
  ChildReply reply;     ///< the text also of one that did not exit by itself
  std::string trouble;  ///< why it did not: "killed by signal 11 (Segmentation fault)"
};

struct ChildOptions {
  std::size_t jobs = 1;
  std::optional<std::uint64_t> timeout_seconds;  ///< for each
  /// Once set no more are started, and those that run are told to end.
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::size_t done)> on_done;
};

/// Runs each piece of work in a child; results in the order of the work. The caller must have one thread only.
std::vector<ChildEnd> run_in_children(const std::vector<std::function<ChildReply()>>& work,
                                      const ChildOptions& options);

}  // namespace mmulab::cli
