// SPDX-License-Identifier: MIT
// Files that are never seen half written: each is made under a name of its own, in the same file system, and renamed.
// Until then the old one stays, and what is not kept goes away.
#pragma once

#include <string>
#include <string_view>

#include "sim/config/diagnostic.h"

namespace mmulab {

/// All of it, however often the system interrupts; errno says why not.
[[nodiscard]] bool write_all(int fd, std::string_view text);

/// A file that cannot be written, and why.
class CannotWrite : public config::Error {
 public:
  /// `error` as in errno.
  CannotWrite(const std::string& file, int error, const std::string& hint = {});
  [[nodiscard]] int error() const { return error_; }

 private:
  int error_;
};

/// All of its functions throw CannotWrite.
class WholeFile {
 public:
  /// It is made beside `file`.
  explicit WholeFile(const std::string& file) : WholeFile(file, file + ".") {}
  /// It is made as `temporary` and six letters.
  WholeFile(std::string file, const std::string& temporary);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// Where somebody else writes (SQLite, gnuplot, a stream): an empty file.
  [[nodiscard]] const std::string& name() const { return name_; }
  void write(std::string_view text);
  /// All that was written reaches the disk.
  void sync();
  /// It takes its place.
  void keep();

 private:
  [[noreturn]] void fail(int error) const { throw CannotWrite(file_, error); }
  std::string file_;
  std::string name_;  // empty once it is kept
  int fd_;
};

}  // namespace mmulab
