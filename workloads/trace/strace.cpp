// SPDX-License-Identifier: MIT
// strace -f. Calls count where they end, so that order is that of results; a task that acts before its creator's call
// has ended is the child of the creator whose unfinished call is the oldest. Numbers instead of names of flags (-X
// raw) are refused. On a terminal strace names tasks only while there are several: what nobody's
// name stands before is the only one's, and the first name that is no child's is the first task's.
#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "workloads/trace/byte_source.h"
#include "workloads/trace/import.h"
#include "workloads/trace/recorder.h"
#include "workloads/trace/strace_line.h"

namespace mmulab::trace {
namespace {

constexpr std::size_t pending_bytes_max = 8U << 20;
constexpr std::size_t attached_max = 65536;

bool is_creation(std::string_view name) {
  return name == "clone" || name == "clone3" || name == "fork" || name == "vfork";
}
bool is_known(std::string_view name) {
  for (const char* known : {"mmap", "mmap2", "munmap", "mprotect", "madvise", "mremap", "brk", "execve", "execveat",
                            "wait4", "waitpid", "waitid"})
    if (name == known) return true;
  return is_creation(name);
}

class StraceImport {
 public:
  StraceImport(const std::string& file, Writer& writer) : lines_(file), recorder_(writer, place_) {
    place_.file = &lines_.file();
  }

  ImportNotes run() {
    for (std::string_view text = lines_.next(); !text.empty(); text = lines_.next()) {
      for (std::size_t end = 0; !text.empty(); text.remove_prefix(end + 1), ++place_.at) {
        end = text.find('\n');
        on_text(text.substr(0, end));
      }
    }
    if (!interrupted_.empty()) place_.fail("the call that was interrupted does not go on", "the log is cut short here");
    if (!any_) place_.fail("there is no call of strace's", "strace -f -o FILE COMMAND makes such a file");
    recorder_.finish();
    return notes_;
  }

 private:
  struct Pending {
    std::string name, text;
  };
  struct Creation {
    std::uint32_t tid = 0;
    CallKind kind = CallKind::fork;
    bool thread = false;
  };

  /// A line of the file, which may be part of one of strace's.
  void on_text(std::string_view text) {
    if (const auto attached = strace_attached(text)) {
      if (attached_.size() >= attached_max) place_.fail("too many tasks have been attached that do nothing");
      if (!live_.empty()) attached_.insert(attached->tid);
      tells_attached_ = tells_attached_ || !live_.empty();
      interrupted_ += text.substr(0, attached->at);
      if (interrupted_.size() > pending_bytes_max) place_.fail("a call is interrupted again and again");
      return;
    }
    if (interrupted_.empty()) return on_line(text);
    const std::string whole = std::exchange(interrupted_, {}) + std::string(text);
    on_line(whole);
  }

  void on_line(std::string_view text) {
    if (text.empty()) return;
    auto line = strace_line(text);
    if (!line) place_.fail("this is no line of strace's", "strace -f -o FILE COMMAND");
    any_ = any_ || line->what != StraceLine::What::nothing;
    if (line->what != StraceLine::What::nothing) line->tid = speaker(*line);
    switch (line->what) {
      case StraceLine::What::nothing: ++notes_.ignored; return;
      case StraceLine::What::over: return on_end(line->tid);
      case StraceLine::What::unfinished: return on_unfinished(*line);
      case StraceLine::What::resumed: return on_resumed(*line);
      case StraceLine::What::call: return on_call(line->tid, line->name, line->rest);
    }
  }

  /// Whose line it is; 0 stands for a first task that had no name when it began.
  std::uint32_t speaker(const StraceLine& line) {
    if (line.tid == 0) {
      if (live_.size() > 1 && live_.count(0) == 0)
        place_.fail(fmt::format("whose line this is, of {} tasks, it does not say", live_.size()),
                    "strace -f -o FILE COMMAND names them all");
      return live_.size() == 1 ? live_.begin()->first : 0;
    }
    if (line.tid == first_) return 0;
    if (first_ != 0 || live_.count(0) == 0 || live_.count(line.tid) != 0 || is_child(line)) return line.tid;
    first_ = line.tid;
    recorder_.name(live_[0], first_);
    return 0;
  }

  /// A name that has not occurred: without strace's word for it (-q) a created task's, if one may have begun.
  [[nodiscard]] bool is_child(const StraceLine& line) const {
    if (attached_.count(line.tid) != 0) return true;
    const bool goes_on = line.what == StraceLine::What::resumed && pending_.count(0) != 0;
    return !tells_attached_ && !creations_.empty() && !goes_on;
  }

  TaskNo task_of(std::uint32_t tid) {
    const auto known = live_.find(tid);
    if (known != live_.end()) return known->second;
    if (!creations_.empty()) {
      const Creation creation = creations_.front();
      creations_.pop_front();
      return create(creation, tid);
    }
    notes_.unmatched += recorder_.tasks() != 0 ? 1U : 0U;
    return enter(tid, recorder_.begin(tid, tid));
  }

  TaskNo enter(std::uint32_t tid, TaskNo task) {
    attached_.erase(tid);
    live_[tid] = task;
    last_[tid] = task;
    return task;
  }

  TaskNo create(const Creation& creation, std::uint32_t tid) {
    const TaskNo creator = task_of(creation.tid);
    const std::uint32_t pid = creation.thread ? recorder_.pid(creator) : tid;
    return enter(tid, recorder_.create(creator, creation.kind, tid, pid));
  }

  void on_end(std::uint32_t tid) {
    drop_pending(tid);
    recorder_.act(task_of(tid));
    recorder_.exit();
    live_.erase(tid);
  }

  void drop_pending(std::uint32_t tid) {
    const auto found = pending_.find(tid);
    if (found == pending_.end()) return;
    pending_bytes_ -= found->second.text.size();
    pending_.erase(found);
    for (auto at = creations_.begin(); at != creations_.end(); ++at)
      if (at->tid == tid) {
        creations_.erase(at);
        return;
      }
  }

  /// Sets of flags by their names: `0x3 /* PROT_READ|PROT_WRITE */` has them, too.
  [[nodiscard]] std::string_view names(std::string_view flags) const {
    const bool number = !flags.empty() && flags.front() >= '0' && flags.front() <= '9' && flags != "0";
    if (number && flags.find("/*") == std::string_view::npos)
      place_.fail(fmt::format("`{}` gives no names to its flags", flags.substr(0, flags.find(' '))),
                  "record without -X raw");
    return flags;
  }

  [[nodiscard]] Creation creation_of(std::uint32_t tid, std::string_view name, std::string_view text) const {
    std::string_view flags = strace_field(text, "flags");
    if (flags.data() != text.data()) flags = names(flags);
    Creation creation{tid, CallKind::fork, false};
    if (name == "vfork" || strace_has(flags, "CLONE_VFORK")) creation.kind = CallKind::vfork;
    else if (strace_has(flags, "CLONE_VM")) creation.kind = CallKind::clone;
    creation.thread = strace_has(flags, "CLONE_THREAD");
    return creation;
  }

  void on_unfinished(const StraceLine& line) {
    task_of(line.tid);
    drop_pending(line.tid);
    // Of calls that do not matter, that one is under way is all that is kept.
    std::string text(is_known(line.name) ? line.rest : std::string_view{});
    pending_bytes_ += text.size();
    if (pending_bytes_ > pending_bytes_max) place_.fail("too many calls are unfinished at once");
    pending_[line.tid] = {std::string(line.name), std::move(text)};
    if (is_creation(line.name)) creations_.push_back(creation_of(line.tid, line.name, line.rest));
  }

  void on_resumed(const StraceLine& line) {
    const auto found = pending_.find(line.tid);
    if (found == pending_.end() || found->second.name != line.name)
      place_.fail(fmt::format("`{}` resumes, which was not unfinished", line.name), "the log lacks its beginning");
    const std::string text = found->second.text + std::string(line.rest);
    const std::string name = found->second.name;
    const bool child_is_there = is_creation(name) && !drop_creation(line.tid);
    drop_pending(line.tid);
    if (!child_is_there) on_call(line.tid, name, text);
  }

  /// False if a child has taken it already.
  bool drop_creation(std::uint32_t tid) {
    for (auto at = creations_.begin(); at != creations_.end(); ++at) {
      if (at->tid != tid) continue;
      creations_.erase(at);
      return true;
    }
    return false;
  }

  void on_call(std::uint32_t tid, std::string_view name, std::string_view text) {
    const TaskNo task = task_of(tid);
    if (!is_known(name)) {
      ++notes_.ignored;
      return;
    }
    const auto call = strace_call(text);
    if (!call) {
      if (name == "execve" && text.find(" = ?") != std::string_view::npos) return;
      place_.fail(fmt::format("`{}` has no end and no result", name), "the log is cut short here");
    }
    if (call->failed) return;
    if (is_creation(name)) {
      if (call->result != 0 && call->result <= UINT32_MAX && live_.count(static_cast<std::uint32_t>(call->result)) == 0)
        create(creation_of(tid, name, text), static_cast<std::uint32_t>(call->result));
      return;
    }
    recorder_.act(task);
    perform(name, *call);
  }

  std::uint64_t number(const StraceCall& call, std::size_t n) const {
    const auto value = n < call.arguments.size() ? strace_number(call.arguments[n]) : std::nullopt;
    if (!value) place_.fail(fmt::format("argument {} is no number", n + 1));
    return *value;
  }

  [[nodiscard]] std::uint32_t rights(std::string_view text) const {
    const std::string_view set = names(text);
    return (strace_has(set, "PROT_READ") ? readable : 0U) | (strace_has(set, "PROT_WRITE") ? writable : 0U) |
           (strace_has(set, "PROT_EXEC") ? executable : 0U);
  }

  void perform(std::string_view name, const StraceCall& call) {
    if (name == "brk") return recorder_.brk(call.result);
    if (name == "execve" || name == "execveat") return recorder_.exec();
    if (name == "wait4" || name == "waitpid" || name == "waitid") return perform_wait(name, call);
    TraceCall made;
    made.length = number(call, 1);
    const std::string_view third = call.arguments.size() > 2 ? call.arguments[2] : std::string_view{};
    if (name == "mmap" || name == "mmap2") {
      made.kind = CallKind::mmap;
      made.first = call.result;
      made.flags = rights(third);
      const std::string_view flags = call.arguments.size() > 3 ? names(call.arguments[3]) : std::string_view{};
      made.flags |= (strace_has(flags, "MAP_SHARED") ? shared : 0U) |
                   (strace_has(flags, "MAP_FIXED") ? fixed : 0U) | (strace_has(flags, "MAP_ANONYMOUS") ? 0U : of_file);
    } else {
      made.first = number(call, 0);
      if (name == "munmap") made.kind = CallKind::munmap;
      if (name == "mprotect") {
        made.kind = CallKind::mprotect;
        made.flags = rights(third);
      }
      if (name == "madvise") {
        made.kind = CallKind::madvise;
        made.flags = strace_has(names(third), "MADV_DONTNEED") ? drops : strace_has(third, "MADV_FREE") ? frees : 0U;
      }
      if (name == "mremap") {
        made.kind = CallKind::mremap;
        made.to = call.result;
        made.to_length = number(call, 2);
      }
    }
    recorder_.call(made);
  }

  void perform_wait(std::string_view name, const StraceCall& call) {
    std::uint64_t pid = call.result;
    if (name == "waitid" && call.arguments.size() > 2)
      pid = strace_number(strace_field(call.arguments[2], "si_pid")).value_or(0);
    const auto child = pid <= UINT32_MAX ? last_.find(static_cast<std::uint32_t>(pid)) : last_.end();
    if (child != last_.end()) recorder_.wait(child->second);
  }

  Place place_{nullptr, "line", 1};
  LineSource lines_;
  Recorder recorder_;
  ImportNotes notes_;
  bool any_ = false;
  std::string interrupted_;                      ///< a line's beginning, where strace has said something else
  std::unordered_set<std::uint32_t> attached_;   ///< that have not acted yet
  bool tells_attached_ = false;
  std::uint32_t first_ = 0;                      ///< the name of the task that had none, once it is known
  std::unordered_map<std::uint32_t, TaskNo> live_, last_;
  std::map<std::uint32_t, Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::deque<Creation> creations_;
};

}  // namespace

ImportNotes import_strace(const std::string& file, Writer& writer) { return StraceImport(file, writer).run(); }

}  // namespace mmulab::trace
