// SPDX-License-Identifier: MIT
#include "bench/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "bench/laboratory.h"
#include "sim/units/assert.h"

namespace mmulab::bench {
namespace {

/// Reads until the other end is closed.
std::string read_all(int from) {
  std::string text;
  char part[256];
  for (ssize_t n = 0; (n = read(from, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(n));
  return text;
}

/// This program's peak since it was started. getrusage() would count what ran in the process before exec, too.
std::uint64_t own_peak_kibibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      std::uint64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes;
    }
  return 0;
}

}  // namespace

std::uint64_t peak_kibibytes(const std::string& text) {
  int to[2] = {}, from[2] = {};
  MMULAB_ASSERT(pipe(to) == 0 && pipe(from) == 0, "no pipe");
  const pid_t child = fork();
  MMULAB_ASSERT(child >= 0, "no process");
  if (child == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    for (const int end : {to[0], to[1], from[0], from[1]}) close(end);
    execl("/proc/self/exe", "mmulab_bench", child_argument, nullptr);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  MMULAB_ASSERT(write(to[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()), "the pipe takes it all");
  close(to[1]);
  const std::string answer = read_all(from[0]);
  close(from[0]);
  int status = 0;
  MMULAB_ASSERT(waitpid(child, &status, 0) == child, "the child is waited for");
  MMULAB_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0 && !answer.empty(), "the child has run to its end");
  return std::stoull(answer);
}

int be_child() {
  run({std::istreambuf_iterator<char>(std::cin), {}});
  std::cout << own_peak_kibibytes() << '\n';
  return 0;
}

}  // namespace mmulab::bench
