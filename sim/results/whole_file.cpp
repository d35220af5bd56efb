// SPDX-License-Identifier: MIT
#include "sim/results/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mmulab {
namespace {

/// mkostemp keeps others out; a result is no secret.
void open_to_others(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  static_cast<void>(fchmod(fd, 0666 & ~mask));
}

}  // namespace

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

CannotWrite::CannotWrite(const std::string& file, int error, const std::string& hint)
    : Error(config::diagnose({}, "cannot write `" + file + "`: " + std::strerror(error), hint)), error_(error) {}

WholeFile::WholeFile(std::string file, const std::string& temporary)
    : file_(std::move(file)), name_(temporary + "XXXXXX"), fd_(mkostemp(name_.data(), O_CLOEXEC)) {
  if (fd_ < 0) fail(errno);
  open_to_others(fd_);
}

WholeFile::~WholeFile() {
  if (fd_ >= 0) close(fd_);
  if (!name_.empty()) unlink(name_.c_str());
}

void WholeFile::write(std::string_view text) {
  if (!write_all(fd_, text)) fail(errno);
}

void WholeFile::sync() {
  if (fsync(fd_) != 0) fail(errno);
}

void WholeFile::keep() {
  const int closed = close(fd_);
  fd_ = -1;
  if (closed != 0 || std::rename(name_.c_str(), file_.c_str()) != 0) fail(errno);
  name_.clear();
}

}  // namespace mmulab
