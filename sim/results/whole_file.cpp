// SPDX-License-Identifier: MIT
#include "sim/results/whole_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace mmulab {
namespace {

/// mkstemp keeps others out; a result is no secret.
void open_to_others(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  static_cast<void>(fchmod(fd, 0666 & ~mask));
}

}  // namespace

bool write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

int replace_file(const std::string& file, const std::string& temporary, const std::string& text) {
  std::string name = temporary + "XXXXXX";
  const int fd = mkstemp(name.data());
  if (fd < 0) return errno;
  int error = write_all(fd, text) ? 0 : errno;
  open_to_others(fd);
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(name.c_str(), file.c_str()) != 0) error = errno;
  if (error != 0) unlink(name.c_str());
  return error;
}

}  // namespace mmulab
