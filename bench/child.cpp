// SPDX-License-Identifier: MIT
#include "bench/child.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

#include "bench/laboratory.h"
#include "sim/units/assert.h"

namespace mmulab::bench {

std::uint64_t peak_kibibytes(const std::string& text) {
  int ends[2] = {};
  MMULAB_ASSERT(pipe(ends) == 0, "no pipe");
  const pid_t child = fork();
  MMULAB_ASSERT(child >= 0, "no process");
  if (child == 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[1]);
    execl("/proc/self/exe", "mmulab_bench", child_argument, nullptr);
    _exit(127);
  }
  close(ends[0]);
  MMULAB_ASSERT(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()), "the pipe takes it all");
  close(ends[1]);
  int status = 0;
  rusage usage{};
  MMULAB_ASSERT(wait4(child, &status, 0, &usage) == child, "the child is waited for");
  MMULAB_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child has run to its end");
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

int be_child() {
  run({std::istreambuf_iterator<char>(std::cin), {}});
  return 0;
}

}  // namespace mmulab::bench
