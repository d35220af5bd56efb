// SPDX-License-Identifier: MIT
#include "sim/cli/json_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <stdexcept>

namespace mmulab::cli {
namespace {

namespace fs = std::filesystem;

std::string cannot_write(const std::string& file, int error) {
  return "cannot write `" + file + "`: " + std::strerror(error);
}

/// A new file beside `file`, open for writing; -1 and errno where that cannot be.
int open_beside(const std::string& file, std::string& name) {
  name = file + ".XXXXXX";
  return mkstemp(name.data());
}

bool write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

/// mkstemp keeps others out; a result is no secret.
void open_to_others(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  (void)fchmod(fd, 0666 & ~mask);
}

}  // namespace

JsonOutput::JsonOutput(const std::optional<std::string>& target) {
  if (!target) return;
  to_stdout_ = *target == "-";
  if (to_stdout_) return;
  std::error_code failure;
  const fs::file_status status = fs::status(*target, failure);
  file_ = fs::exists(status) ? fs::canonical(*target, failure).string() : *target;
  replace_ = !fs::exists(status) || fs::is_regular_file(status);
  std::string probe;
  int fd = -1;
  if (fs::is_directory(status)) errno = EISDIR;
  else if (target->empty()) errno = ENOENT;
  else fd = replace_ ? open_beside(file_, probe) : open(file_.c_str(), O_WRONLY | O_NONBLOCK);
  // A pipe that nobody reads yet may have a reader by the end.
  if (fd < 0 && errno != ENXIO) throw config::Error(config::diagnose({}, cannot_write(*target, errno)));
  if (fd >= 0) close(fd);
  if (replace_) unlink(probe.c_str());
}

void JsonOutput::write(const std::string& text, Streams& streams) const {
  if (to_stdout_) streams.out << text;
  if (file_.empty()) return;
  std::string temporary;
  const int fd = replace_ ? open_beside(file_, temporary) : open(file_.c_str(), O_WRONLY);
  bool good = fd >= 0 && write_all(fd, text);
  if (good && replace_) open_to_others(fd);
  int error = errno;
  if (fd >= 0 && close(fd) != 0 && good) {
    good = false;
    error = errno;
  }
  if (good && replace_ && std::rename(temporary.c_str(), file_.c_str()) != 0) {
    good = false;
    error = errno;
  }
  if (good) return;
  if (fd >= 0 && replace_) unlink(temporary.c_str());
  throw std::runtime_error(cannot_write(file_, error));
}

}  // namespace mmulab::cli
