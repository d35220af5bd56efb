// SPDX-License-Identifier: MIT
// Valgrind's lackey (3.19): `I  va,size`, ` L va,size`, ` S va,size`, ` M va,size` (a modify counts as its store),
// among lines of --trace-syscalls and --trace-sched. One file a process; the order between processes is that of their
// creation and of waits, nothing else is known of it, so a file is told whole, after its creator's. What a process
// did before an execve valgrind has overwritten.
#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <unordered_map>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/import.h"
#include "workloads/trace/recorder.h"

namespace mmulab::trace {
namespace {

constexpr std::uint8_t no_digit = 255;
constexpr std::array<std::uint8_t, 256> digits() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = no_digit;
  for (unsigned d = 0; d < 10; ++d) table['0' + d] = static_cast<std::uint8_t>(d);
  for (unsigned d = 10; d < 16; ++d) table['a' + d - 10] = static_cast<std::uint8_t>(d);
  return table;
}
constexpr std::array<std::uint8_t, 256> digit = digits();

std::uint64_t number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const bool hexadecimal = text.substr(0, 2) == "0x";
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  return value;
}
/// Behind the first `key`, if it is there.
std::string_view behind(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + key.size());
}

struct Syscall {
  std::string name;
  std::array<std::uint64_t, 6> arguments{};
  std::uint32_t thread = 0;
};

/// One process, while its file is read.
class LackeyFile {
 public:
  /// `born`: its processes' tasks that have been created and whose files are still to come.
  LackeyFile(Recorder& recorder, Place& place, std::unordered_map<std::uint32_t, TaskNo>& born, ImportNotes& notes,
             bool fetches)
      : recorder_(recorder), place_(place), born_(born), notes_(notes), fetches_(fetches) {}

  void read(const std::string& file, std::uint32_t pid) {
    place_.file = &file;
    place_.at = 1;
    pid_ = pid;
    const auto made = born_.find(pid);
    forked_ = made != born_.end();
    if (!forked_) notes_.unmatched += recorder_.tasks() != 0 ? 1U : 0U;
    main_ = forked_ ? made->second : recorder_.begin(pid, pid);
    if (!recorder_.is_over(main_)) recorder_.act(main_);
    LineSource lines(file);
    for (std::string_view text = lines.next(); !text.empty(); text = lines.next()) on_lines(text);
    end_all();
  }

 private:
  /// The hot loop: nearly all lines are accesses.
  void on_lines(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      const bool fetch = at[0] == 'I' && at[1] == ' ' && at[2] == ' ';
      if (!fetch && (at[0] != ' ' || at[2] != ' ' || (at[1] != 'L' && at[1] != 'S' && at[1] != 'M'))) {
        const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        on_other({at, static_cast<std::size_t>(stop - at)});
        at = stop + 1;
        ++place_.at;
        continue;
      }
      const unsigned kind = fetch ? 2 : at[1] == 'L' ? 0 : 1;
      const char* const first = at + 3;
      at = first;
      std::uint64_t va = 0;
      for (std::uint8_t d = 0; (d = digit[static_cast<std::uint8_t>(*at)]) != no_digit; ++at) va = va << 4 | d;
      const auto length = at - first;
      bool good = *at == ',' && length > 0 && length <= 16;
      ++at;
      for (; *at >= '0' && *at <= '9'; ++at) {
      }
      good = good && *at == '\n';
      if (!good) place_.fail("this is no access of lackey's", "ADDRESS,SIZE is wanted; the file may be cut short");
      if ((!fetch || fetches_) && playing_) recorder_.access(kind, va);
      ++at;
      ++place_.at;
    }
  }

  void on_other(std::string_view line) {
    if (line.substr(0, 8) == "SYSCALL[") on_syscall(line.substr(8));
    if (const auto result = behind(line, "Success("); !result.empty()) {
      if (waiting_.name.empty()) {
        if (line.substr(0, 8) != "SYSCALL[") ++notes_.ignored;
      } else {
        finish(number(result));
      }
    } else if (line.find("Failure(") != std::string_view::npos) {
      waiting_.name.clear();
    }
    if (const auto sched = behind(line, "SCHED["); !sched.empty()) on_schedule(sched);
  }

  /// `pid,thread](nr) name ( arguments ) ...`, or `pid,thread](nr) ... [async] --> result`.
  void on_syscall(std::string_view line) {
    const auto thread = static_cast<std::uint32_t>(number(behind(line, ",")));
    const std::string_view call = behind(line, ") ");
    turn_to(thread);
    if (call.substr(0, 3) == "...") {
      const auto found = asynchronous_.find(thread);
      if (found == asynchronous_.end()) return;
      waiting_ = found->second;
      asynchronous_.erase(found);
      return;
    }
    waiting_ = Syscall{};
    waiting_.thread = thread;
    std::string_view name = call.substr(0, call.find_first_of(" ("));
    if (name.substr(0, 4) == "sys_") name.remove_prefix(4);
    waiting_.name = std::string(name);
    std::string_view arguments = behind(call, "(");
    for (std::size_t n = 0; n < 6 && !arguments.empty(); ++n) {
      // clone's flags are hexadecimal and do not say so.
      waiting_.arguments[n] = n == 0 && name == "clone" ? number("0x" + std::string(arguments.substr(1, 16)))
                                                        : number(arguments);
      arguments = behind(arguments, ",");
    }
    if (const auto child = behind(line, "created child "); !child.empty()) {
      fork(static_cast<std::uint32_t>(number(child)));
      waiting_.name.clear();
    } else if (name == "exit" || name == "exit_group") {
      end(thread, name == "exit_group");
      waiting_.name.clear();
    } else if (line.find("[async]") != std::string_view::npos) {
      if (asynchronous_.size() > tasks_max) place_.fail("too many calls are unfinished at once");
      asynchronous_[thread] = waiting_;
      waiting_.name.clear();
    }
  }

  void on_schedule(std::string_view text) {
    const auto thread = static_cast<std::uint32_t>(number(text));
    if (text.find(" acquired lock") == std::string_view::npos) return;
    if (text.find("starting new thread") != std::string_view::npos) begin(thread);
    turn_to(thread);
  }

  /// A thread appears: the process's first, or the one that was cloned longest ago.
  void begin(std::uint32_t thread) {
    if (threads_.empty() && clones_.empty()) {
      if (forked_) {
        recorder_.act(main_);
        recorder_.exec();
      }
      threads_[thread] = main_;
      return;
    }
    if (clones_.empty()) {
      ++notes_.unmatched;
      threads_[thread] = recorder_.create(threads_.begin()->second, CallKind::clone, pid_ + thread, pid_);
      return;
    }
    const auto [creator, tid] = clones_.front();
    clones_.pop_front();
    threads_[thread] = recorder_.create(creator, CallKind::clone, tid, pid_);
  }

  void turn_to(std::uint32_t thread) {
    const auto known = threads_.find(thread);
    // A forked process goes on as the thread that forked.
    const TaskNo task = known != threads_.end() ? known->second : threads_.empty() ? main_ : no_task;
    if (task == no_task) place_.fail(fmt::format("thread {} has not begun", thread), "--trace-sched=yes says it");
    threads_[thread] = task;
    playing_ = !recorder_.is_over(task);
    if (playing_ && recorder_.acting() != task) recorder_.act(task);
  }

  void fork(std::uint32_t child) {
    if (!playing_) return;
    const TaskNo forker = recorder_.acting();
    born_[child] = recorder_.create(forker, CallKind::fork, child, child);
    recorder_.act(forker);
  }

  void end(std::uint32_t thread, bool all) {
    if (all) return end_all();
    const auto found = threads_.find(thread);
    if (found == threads_.end()) return;
    finish_task(found->second);
    threads_.erase(found);
  }

  void end_all() {
    for (const auto& [thread, task] : threads_) finish_task(task);
    if (threads_.empty()) finish_task(main_);
  }

  void finish_task(TaskNo task) {
    if (recorder_.is_over(task)) return;
    recorder_.act(task);
    recorder_.exit();
    playing_ = false;
  }

  void finish(std::uint64_t result) {
    const Syscall call = waiting_;
    waiting_.name.clear();
    if (!playing_) return;
    turn_to(call.thread);
    const auto& a = call.arguments;
    TraceCall made;
    if (call.name == "clone") return clones_.push_back({recorder_.acting(), static_cast<std::uint32_t>(result)});
    if (call.name == "brk") return recorder_.brk(result);
    if (call.name == "wait4") {
      const auto child = born_.find(static_cast<std::uint32_t>(result));
      if (child != born_.end()) recorder_.wait_ahead(child->second);
      return;
    }
    if (call.name == "mmap") made = {CallKind::mmap, map_flags(a), result, a[1], 0, 0, no_task};
    else if (call.name == "munmap") made = {CallKind::munmap, 0, a[0], a[1], 0, 0, no_task};
    else if (call.name == "mprotect") made = {CallKind::mprotect, rights(a[2]), a[0], a[1], 0, 0, no_task};
    else if (call.name == "madvise")
      made = {CallKind::madvise, a[2] == 4 ? drops : a[2] == 8 ? frees : 0U, a[0], a[1], 0, 0, no_task};
    else if (call.name == "mremap") made = {CallKind::mremap, 0, a[0], a[1], result, a[2], no_task};
    else return;
    recorder_.call(made);
  }

  static std::uint32_t rights(std::uint64_t prot) { return static_cast<std::uint32_t>(prot) & 7U; }
  static std::uint32_t map_flags(const std::array<std::uint64_t, 6>& a) {
    return rights(a[2]) | ((a[3] & 1) != 0 ? shared : 0U) | ((a[3] & 16) != 0 ? fixed : 0U) |
           ((a[3] & 32) != 0 ? 0U : of_file);
  }

  Recorder& recorder_;
  Place& place_;
  std::unordered_map<std::uint32_t, TaskNo>& born_;
  ImportNotes& notes_;
  const bool fetches_;
  std::uint32_t pid_ = 0;
  bool forked_ = false, playing_ = true;
  TaskNo main_ = no_task;
  std::unordered_map<std::uint32_t, TaskNo> threads_;
  std::unordered_map<std::uint32_t, Syscall> asynchronous_;
  std::deque<std::pair<TaskNo, std::uint32_t>> clones_;
  Syscall waiting_;
};

struct Header {
  std::uint32_t pid = 0, parent = 0;
};

Header header_of(const std::string& file) {
  LineSource lines(file);
  const std::string_view text = lines.next();
  if (text.substr(0, 2) != "==" || text.find("Lackey") == std::string_view::npos)
    throw config::Error(config::diagnose({}, fmt::format("`{}`, line 1: this is no log of lackey's", file),
                                         "valgrind --tool=lackey ... --log-file=NAME.%p"));
  return {static_cast<std::uint32_t>(number(text.substr(2))),
          static_cast<std::uint32_t>(number(behind(text, "Parent PID:")))};
}

/// Creators before those that they have created; else in the order given.
std::vector<std::pair<std::string, std::uint32_t>> in_order(const std::vector<std::string>& files) {
  std::vector<Header> headers;
  std::unordered_map<std::uint32_t, std::size_t> by_pid;
  for (const std::string& file : files) {
    headers.push_back(header_of(file));
    const auto [known, is_new] = by_pid.emplace(headers.back().pid, headers.size() - 1);
    if (!is_new)
      throw config::Error(config::diagnose({}, fmt::format("`{}` is of process {}, and so is `{}`", file,
                                                           headers.back().pid, files[known->second]),
                                           "one file a process, of one run"));
  }
  std::vector<bool> done(files.size());
  std::vector<std::pair<std::string, std::uint32_t>> order;
  for (std::size_t n = 0; n < files.size(); ++n) {
    std::vector<std::size_t> line;
    for (std::size_t at = n; !done[at];) {
      done[at] = true;
      line.push_back(at);
      const auto parent = by_pid.find(headers[at].parent);
      if (parent == by_pid.end()) break;
      at = parent->second;
    }
    for (auto at = line.rbegin(); at != line.rend(); ++at) order.emplace_back(files[*at], headers[*at].pid);
  }
  return order;
}

}  // namespace

ImportNotes import_lackey(const std::vector<std::string>& files, const ImportOptions& options, Writer& writer) {
  Place place;
  Recorder recorder(writer, place);
  std::unordered_map<std::uint32_t, TaskNo> born;
  ImportNotes notes;
  for (const auto& [file, pid] : in_order(files))
    LackeyFile(recorder, place, born, notes, options.fetches).read(file, pid);
  recorder.finish();
  return notes;
}

}  // namespace mmulab::trace
