// SPDX-License-Identifier: MIT
#include "sim/cli/json_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <stdexcept>

#include "sim/results/whole_file.h"

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

/// Into a device or a pipe. Returns 0 or the error.
int write_into(const std::string& file, const std::string& text) {
  const int fd = open(file.c_str(), O_WRONLY);
  if (fd < 0) return errno;
  const int error = write_all(fd, text) ? 0 : errno;
  return close(fd) != 0 && error == 0 ? errno : error;
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
  const int error = replace_ ? replace_file(file_, file_ + ".", text) : write_into(file_, text);
  if (error != 0) throw std::runtime_error(cannot_write(file_, error));
}

}  // namespace mmulab::cli
