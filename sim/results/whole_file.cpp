// SPDX-License-Identifier: MIT
#include "sim/results/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace mmulab {
namespace {

/// mkostemp keeps others out; a result is no secret.
void open_to_others(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  static_cast<void>(fchmod(fd, 0666 & ~mask));
}

/// Whether it can be opened is tried without waiting: a pipe that nobody reads yet may have a reader by the end.
void require_writable(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno != ENXIO) throw CannotWrite(file, errno);
  if (fd >= 0) close(fd);
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

WholeFile::Place WholeFile::place_of(const std::string& file) {
  namespace fs = std::filesystem;
  if (file.empty()) throw CannotWrite(file, ENOENT);
  std::error_code failure;
  const fs::file_status status = fs::status(file, failure);
  if (fs::is_directory(status)) throw CannotWrite(file, EISDIR);
  if (!fs::exists(status)) return {file, file + ".", true};
  if (fs::is_regular_file(status)) {
    const std::string target = fs::canonical(file, failure).string();
    return {target, target + ".", true};
  }
  require_writable(file);
  return {file, (fs::temp_directory_path() / "mmulab.").string(), false};
}

WholeFile::WholeFile(const std::string& file, const Place& place)
    : file_(file), target_(place.target), renamed_(place.renamed), name_(place.temporary + "XXXXXX"),
      fd_(mkostemp(name_.data(), O_CLOEXEC)) {
  if (fd_ < 0) fail(errno);
  open_to_others(fd_);
}

WholeFile::WholeFile(std::string file, const std::string& temporary)
    : file_(std::move(file)), target_(file_), name_(temporary + "XXXXXX"), fd_(mkostemp(name_.data(), O_CLOEXEC)) {
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
  if (closed != 0) fail(errno);
  if (renamed_) {
    if (std::rename(name_.c_str(), target_.c_str()) != 0) fail(errno);
  } else {
    write_into_target();
    unlink(name_.c_str());
  }
  name_.clear();
}

void WholeFile::write_into_target() {
  const int from = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
  const int to = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  int error = from < 0 || to < 0 ? errno : 0;
  char buffer[65536];
  for (ssize_t n = 1; error == 0 && n > 0;) {
    n = read(from, buffer, sizeof buffer);
    if (n < 0 || !write_all(to, {buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0))})) error = errno;
  }
  if (from >= 0) close(from);
  if (to >= 0 && close(to) != 0 && error == 0) error = errno;
  if (error != 0) fail(error);
}

void write_whole(const std::string& file, std::string_view text) {
  WholeFile whole(file);
  whole.write(text);
  whole.keep();
}

}  // namespace mmulab
