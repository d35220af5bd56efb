// SPDX-License-Identifier: MIT
#include "sim/cli/json_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <ostream>

#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

namespace fs = std::filesystem;

/// Into a device or a pipe.
void write_into(const std::string& file, const std::string& text) {
  const int fd = open(file.c_str(), O_WRONLY);
  if (fd < 0) throw CannotWrite(file, errno);
  const int error = write_all(fd, text) ? 0 : errno;
  if (close(fd) != 0 || error != 0) throw CannotWrite(file, error != 0 ? error : errno);
}

void replace(const std::string& file, const std::string& text) {
  WholeFile whole(file);
  whole.write(text);
  whole.keep();
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
  if (fs::is_directory(status)) throw CannotWrite(*target, EISDIR);
  if (target->empty()) throw CannotWrite(*target, ENOENT);
  if (replace_) {
    const WholeFile can_be_made(file_);
    return;
  }
  const int fd = open(file_.c_str(), O_WRONLY | O_NONBLOCK);
  // A pipe that nobody reads yet may have a reader by the end.
  if (fd < 0 && errno != ENXIO) throw CannotWrite(*target, errno);
  if (fd >= 0) close(fd);
}

void JsonOutput::write(const std::string& text, Streams& streams) const {
  if (to_stdout_) streams.out << text;
  if (file_.empty()) return;
  if (replace_) replace(file_, text);
  else write_into(file_, text);
}

}  // namespace mmulab::cli
