// SPDX-License-Identifier: MIT
// What importers tell of a program, in order, becomes a trace: tasks by the ids that the log gives them, calls,
// accesses. The recorder follows each address space's mappings; an access to a place that nobody has mapped (the
// program itself and its stack, which the kernel maps in execve) is preceded by a mapping of its own, marked as
// implicit.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <unordered_map>

#include "workloads/trace/writer.h"

namespace mmulab::trace {

/// Where importers are, for messages.
struct Place {
  const std::string* file = nullptr;
  const char* unit = "line";
  std::uint64_t at = 0;
  /// Throws config::Error.
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;
};

/// The mappings of one address space; as in the simulated kernel, nothing merges them.
class Space {
 public:
  explicit Space(std::uint64_t& in_all) : in_all_(in_all) {}
  Space(const Space& other);
  Space& operator=(const Space&) = delete;
  ~Space() { in_all_ -= ranges_.size(); }

  /// True if something was there.
  bool map(std::uint64_t first, std::uint64_t end);
  void unmap(std::uint64_t first, std::uint64_t end);
  void split(std::uint64_t at);
  /// The mapping that holds `at`, or the hole around it.
  [[nodiscard]] bool around(std::uint64_t at, std::uint64_t& first, std::uint64_t& end) const;
  [[nodiscard]] std::size_t mappings() const { return ranges_.size(); }

  std::uint64_t brk = 0;
  bool shrank = false;  ///< since somebody last put it back

 private:
  void count();
  std::map<std::uint64_t, std::uint64_t> ranges_;  // from first to end
  std::uint64_t& in_all_;
};

class Recorder {
 public:
  explicit Recorder(Writer& writer, const Place& place) : writer_(writer), place_(place) {}

  /// A task that nobody known has created.
  TaskNo begin(std::uint32_t tid, std::uint32_t pid);
  /// A child of `creator`: CallKind clone, fork or vfork.
  TaskNo create(TaskNo creator, CallKind kind, std::uint32_t tid, std::uint32_t pid);
  /// A task that `begin` has called 0, and its threads, get the name that has become known.
  void name(TaskNo task, std::uint32_t tid);
  void act(TaskNo task);
  [[nodiscard]] TaskNo acting() const { return acting_; }
  [[nodiscard]] std::uint32_t pid(TaskNo task) const { return tasks_[raw(task)].pid; }
  [[nodiscard]] TaskNo creator(TaskNo task) const { return tasks_[raw(task)].creator; }
  [[nodiscard]] std::size_t tasks() const { return tasks_.size(); }
  [[nodiscard]] bool is_over(TaskNo task) const { return tasks_[raw(task)].over; }

  /// By the acting task. `kind`: 0 load, 1 store, 2 fetch.
  void access(unsigned kind, std::uint64_t va) {
    const std::uint64_t page = va >> 12;
    if (known_[page % known_pages] != page + 1) look(va);
    if (buffer_->full()) writer_.make_room(*buffer_);
    buffer_->access(kind, va);
  }
  void call(TraceCall call);
  /// brk's result: the heap ends there now.
  void brk(std::uint64_t end);
  void exec();
  void exit();
  void wait(TaskNo child);
  /// The same for a child that has not been told yet: its end is to come.
  void wait_ahead(TaskNo child);

  void finish() { writer_.finish(mappings_); }

 private:
  struct Task {
    std::shared_ptr<Space> space;
    std::uint32_t tid = 0, pid = 0;
    TaskNo creator = no_task;
    bool over = false;
  };
  TaskNo add(std::uint32_t tid, std::uint32_t pid, TaskNo creator, std::shared_ptr<Space> space);
  void look(std::uint64_t va);
  void put(const TraceCall& call);
  void check(std::uint64_t first, std::uint64_t length) const;
  void follow(TraceCall& call);

  Writer& writer_;
  const Place& place_;
  std::vector<Task> tasks_;
  TaskNo acting_ = no_task;
  Space* space_ = nullptr;
  TaskBuffer* buffer_ = nullptr;
  static constexpr std::uint64_t known_pages = 1024;
  std::array<std::uint64_t, known_pages> known_{};  ///< pages of `known_in_` seen to be mapped, plus one
  const Space* known_in_ = nullptr;
  std::uint64_t ranges_ = 0;
  std::uint32_t mappings_ = 0;
};

}  // namespace mmulab::trace
