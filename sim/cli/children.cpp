// SPDX-License-Identifier: MIT
#include "sim/cli/children.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace mmulab::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int poll_milliseconds = 100;

struct Child {
  std::size_t number;
  pid_t pid;
  int pipe;
  Clock::time_point started;
  bool timed_out = false;
  bool told_to_end = false;
};

void write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void be_child(const std::function<ChildReply()>& work, int fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before we asked to follow it
  const ChildReply reply = work();
  write_all(fd, reply.text);
  _exit(reply.code);
}

class Crew {
 public:
  Crew(const std::vector<std::function<ChildReply()>>& work, const ChildOptions& options)
      : work_(work), options_(options), ends_(work.size()) {}

  std::vector<ChildEnd> run() {
    while (true) {
      while (!interrupted() && next_ < work_.size() && live_.size() < std::max<std::size_t>(options_.jobs, 1))
        start();
      if (live_.empty()) break;
      tell_to_end();
      listen();
    }
    for (; next_ < work_.size(); ++next_) ends_[next_].trouble = "not started: interrupted";
    return std::move(ends_);
  }

 private:
  [[nodiscard]] bool interrupted() const { return options_.interrupt != nullptr && options_.interrupt->load(); }

  void start() {
    const std::size_t number = next_++;
    int ends[2];
    if (pipe(ends) != 0) {
      ends_[number].trouble = fmt::format("no pipe: {}", std::strerror(errno));
      return;
    }
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      close(ends[0]);
      for (const Child& sibling : live_) close(sibling.pipe);
      be_child(work_[number], ends[1], parent);
    }
    const int error = errno;
    close(ends[1]);
    if (pid > 0) {
      live_.push_back({number, pid, ends[0], Clock::now()});
      return;
    }
    close(ends[0]);
    ends_[number].trouble = fmt::format("no process: {}", std::strerror(error));
  }

  /// Those that took too long are killed; all are asked to stop when the user asks us.
  void tell_to_end() {
    for (Child& child : live_) {
      if (interrupted() && !child.told_to_end) {
        child.told_to_end = true;
        kill(child.pid, SIGTERM);
      }
      if (!options_.timeout_seconds || child.timed_out) continue;
      if (Clock::now() - child.started < std::chrono::seconds(*options_.timeout_seconds)) continue;
      child.timed_out = true;
      kill(child.pid, SIGKILL);
    }
  }

  void listen() {
    std::vector<pollfd> waits;
    for (const Child& child : live_) waits.push_back({child.pipe, POLLIN, 0});
    if (poll(waits.data(), waits.size(), poll_milliseconds) <= 0) return;
    std::vector<Child> still;
    for (std::size_t i = 0; i < live_.size(); ++i)
      if (waits[i].revents == 0 || hear(live_[i])) still.push_back(live_[i]);
      else finish(live_[i]);
    live_ = std::move(still);
  }

  /// False at the end of what the child has to say.
  bool hear(const Child& child) {
    char buffer[65536];
    const ssize_t n = read(child.pipe, buffer, sizeof buffer);
    if (n > 0) ends_[child.number].reply.text.append(buffer, static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && errno == EINTR);
  }

  void finish(const Child& child) {
    close(child.pipe);
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {}
    ChildEnd& end = ends_[child.number];
    end.exited = WIFEXITED(status) && !child.timed_out;
    if (end.exited) end.reply.code = WEXITSTATUS(status);
    else if (child.timed_out) end.trouble = fmt::format("took longer than {} s", *options_.timeout_seconds);
    else end.trouble = fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (options_.on_done) options_.on_done(++done_);
  }

  const std::vector<std::function<ChildReply()>>& work_;
  const ChildOptions& options_;
  std::vector<ChildEnd> ends_;
  std::vector<Child> live_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

std::vector<ChildEnd> run_in_children(const std::vector<std::function<ChildReply()>>& work,
                                      const ChildOptions& options) {
  return Crew(work, options).run();
}

}  // namespace mmulab::cli
