// SPDX-License-Identifier: MIT
#include "sim/cli/children.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int poll_milliseconds = 100;

/// Both ends of a pipe, -1 once closed or given away.
struct Pipe {
  int read = -1;
  int write = -1;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  static void close_end(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  void close_both() {
    close_end(read);
    close_end(write);
  }
};

struct Child {
  std::size_t number;
  pid_t pid;
  int reply;      // what it has made
  int complaint;  // what it prints; -1 where that is not kept
  Clock::time_point started;
  ChildEnd end;
  bool timed_out = false;
  bool told_to_end = false;
};

/// The address space now, in bytes.
rlim_t address_space() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

void limit_memory(std::uint64_t mib) {
  const rlim_t now = address_space();
  if (mib > (RLIM_INFINITY - now) >> 20U) return;  // more than there can be
  const rlim_t bytes = now + (static_cast<rlim_t>(mib) << 20U);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
}

[[noreturn]] void be_child(const ChildWork& work, const Pipe& reply, const Pipe& complaint,
                           const ChildOptions& options, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before we asked to follow it
  if (complaint.write >= 0) {
    dup2(complaint.write, STDOUT_FILENO);
    dup2(complaint.write, STDERR_FILENO);
  }
  if (options.memory_mib) limit_memory(*options.memory_mib);
  const ChildReply made = work();
  if (!write_all(reply.write, made.text)) _exit(1);
  _exit(made.code);
}

class Crew {
 public:
  Crew(const WorkStream& stream, const ChildOptions& options) : stream_(stream), options_(options) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Some still run only where something was thrown.
  ~Crew() {
    for (Child& child : live_) {
      kill(child.pid, SIGKILL);
      reap(child);
    }
  }

  void run() {
    while (true) {
      while (!interrupted() && !over_ && live_.size() < std::max<std::size_t>(options_.jobs, 1)) start();
      if (live_.empty()) break;
      tell_to_end();
      listen();
      if (options_.on_tick) options_.on_tick();
    }
  }

 private:
  [[nodiscard]] bool interrupted() const { return options_.interrupt != nullptr && options_.interrupt->load(); }

  void start() {
    const auto work = stream_.next();
    over_ = !work;
    if (over_) return;
    const std::size_t number = next_++;
    Pipe reply;
    Pipe complaint;
    if (!reply.open() || (options_.complaint_bytes > 0 && !complaint.open())) {
      const int error = errno;
      reply.close_both();
      give_up(number, fmt::format("no pipe: {}", std::strerror(error)));
      return;
    }
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      for (const Child& sibling : live_) close(sibling.reply);
      be_child(*work, reply, complaint, options_, parent);
    }
    const int error = errno;
    Pipe::close_end(reply.write);
    Pipe::close_end(complaint.write);
    if (pid > 0) {
      if (complaint.read >= 0) fcntl(complaint.read, F_SETFL, O_NONBLOCK);
      live_.push_back({number, pid, reply.read, complaint.read, Clock::now(), {}});
      return;
    }
    reply.close_both();
    complaint.close_both();
    give_up(number, fmt::format("no process: {}", std::strerror(error)));
  }

  void give_up(std::size_t number, std::string trouble) {
    ChildEnd end;
    end.trouble = std::move(trouble);
    stream_.ended(number, std::move(end));
  }

  /// Those that took too long are killed; all are asked to stop when the user asks us.
  void tell_to_end() {
    for (Child& child : live_) {
      if (interrupted() && !child.told_to_end) {
        child.told_to_end = true;
        kill(child.pid, SIGTERM);
      }
      if (!options_.timeout_seconds || child.timed_out) continue;
      // Not in the clock's own ticks, in which a limit of centuries would overflow.
      const std::chrono::duration<double> taken = Clock::now() - child.started;
      if (taken.count() < static_cast<double>(*options_.timeout_seconds)) continue;
      child.timed_out = true;
      kill(child.pid, SIGKILL);
    }
  }

  void listen() {
    std::vector<pollfd> waits;
    for (const Child& child : live_) {
      waits.push_back({child.reply, POLLIN, 0});
      waits.push_back({child.complaint, POLLIN, 0});  // poll skips what is negative
    }
    if (poll(waits.data(), waits.size(), poll_milliseconds) <= 0) return;
    std::vector<Child> over;
    std::vector<Child> still;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      if (waits[2 * i + 1].revents != 0) hear_complaint(live_[i]);
      const bool ends = waits[2 * i].revents != 0 && !hear(live_[i]);
      (ends ? over : still).push_back(std::move(live_[i]));
    }
    live_ = std::move(still);
    for (Child& child : over) finish(child);
  }

  /// False at the end of what the child has to say.
  static bool hear(Child& child) {
    char buffer[65536];
    const ssize_t n = read(child.reply, buffer, sizeof buffer);
    if (n > 0) child.end.reply.text.append(buffer, static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && errno == EINTR);
  }

  void hear_complaint(Child& child) const {
    char buffer[65536];
    std::string& text = child.end.complaint;
    // One that never stops must not keep us from its siblings, nor from its end.
    constexpr int pieces = 16;
    for (int i = 0; i < pieces; ++i) {
      const ssize_t n = read(child.complaint, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        if (n == 0) Pipe::close_end(child.complaint);
        return;
      }
      text.append(buffer, static_cast<std::size_t>(n));
      if (text.size() > options_.complaint_bytes) text.erase(0, text.size() - options_.complaint_bytes);
    }
  }

  static int reap(Child& child) {
    Pipe::close_end(child.reply);
    Pipe::close_end(child.complaint);
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {}
    return status;
  }

  void finish(Child& child) {
    if (child.complaint >= 0) hear_complaint(child);
    const int status = reap(child);
    ChildEnd& end = child.end;
    end.seconds = std::chrono::duration<double>(Clock::now() - child.started).count();
    end.exited = WIFEXITED(status) && !child.timed_out;
    if (end.exited) end.reply.code = WEXITSTATUS(status);
    else if (child.timed_out) end.trouble = fmt::format("took longer than {} s", *options_.timeout_seconds);
    else end.trouble = fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    stream_.ended(child.number, std::move(end));
    if (options_.on_done) options_.on_done(++done_);
  }

  const WorkStream& stream_;
  const ChildOptions& options_;
  std::vector<Child> live_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  bool over_ = false;
};

}  // namespace

void run_in_children(const WorkStream& stream, const ChildOptions& options) { Crew(stream, options).run(); }

std::vector<ChildEnd> run_in_children(const std::vector<ChildWork>& work, const ChildOptions& options) {
  std::vector<ChildEnd> ends(work.size());
  std::size_t next = 0;
  WorkStream stream;
  stream.next = [&]() -> std::optional<ChildWork> {
    if (next == work.size()) return {};
    return work[next++];
  };
  stream.ended = [&](std::size_t number, ChildEnd end) { ends[number] = std::move(end); };
  run_in_children(stream, options);
  for (; next < work.size(); ++next) ends[next].trouble = "not started: interrupted";
  return ends;
}

}  // namespace mmulab::cli
