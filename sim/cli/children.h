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
using ChildWork = std::function<ChildReply()>;

struct ChildEnd {
  bool exited = false;    ///< else killed, or never started
  ChildReply reply;       ///< the text also of one that did not exit by itself
  std::string trouble;    ///< why it did not: "killed by signal 11 (Segmentation fault)"
  std::string complaint;  ///< the end of what it printed, where that is kept
  double seconds = 0;
};

struct ChildOptions {
  std::size_t jobs = 1;
  std::optional<std::uint64_t> timeout_seconds;  ///< for each
  std::optional<std::uint64_t> memory_mib;       ///< for each, beside what the parent has; then std::bad_alloc
  /// Keeps so many of the last bytes that a child prints; 0: it prints where its parent does.
  std::size_t complaint_bytes = 0;
  /// Once set no more are started, and those that run are told to end.
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::size_t done)> on_done;
  /// Called a few times a second while children run.
  std::function<void()> on_tick;
};

/// Where work comes from, and who hears what became of it; nothing else is kept of it.
struct WorkStream {
  std::function<std::optional<ChildWork>()> next;              ///< none: that was all
  std::function<void(std::size_t number, ChildEnd end)> ended;  ///< pieces are numbered from 0, as they came
};

/// Runs each piece of work in a child. The caller must have one thread only. What `next` and `ended` throw comes out,
/// once the children are gone.
void run_in_children(const WorkStream& stream, const ChildOptions& options);

/// The same for work that is all there; results in its order.
std::vector<ChildEnd> run_in_children(const std::vector<ChildWork>& work, const ChildOptions& options);

}  // namespace mmulab::cli
