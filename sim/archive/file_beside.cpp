// SPDX-License-Identifier: MIT
#include "sim/archive/file_beside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/config/diagnostic.h"

namespace mmulab::archive {

FileBeside::FileBeside(const std::string& file) : file_(file), name_(file + ".XXXXXX") {
  const int fd = mkstemp(name_.data());
  if (fd < 0) fail(errno);
  // mkstemp keeps others out; a result is no secret.
  const mode_t mask = umask(0);
  umask(mask);
  (void)fchmod(fd, 0666 & ~mask);
  close(fd);
}

FileBeside::~FileBeside() {
  if (!name_.empty()) unlink(name_.c_str());
}

void FileBeside::keep() {
  const int fd = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int trouble = errno;
  if (fd >= 0) close(fd);
  if (!synced) fail(trouble);
  if (std::rename(name_.c_str(), file_.c_str()) != 0) fail(errno);
  name_.clear();
}

void FileBeside::fail(int error) const {
  throw config::Error(config::diagnose({}, "cannot write `" + file_ + "`: " + std::strerror(error)));
}

}  // namespace mmulab::archive
