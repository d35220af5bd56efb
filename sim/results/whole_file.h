// SPDX-License-Identifier: MIT
// Files that are never seen half written: each is made under a name of its own, in the same file system, and renamed.
// Until then the old one stays, and what is not kept goes away. A link goes on pointing at the file, and a device or a
// pipe stays what it is: the whole is written into it in the end.
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
  /// It is made beside `file`, or where that is no regular file among temporary ones.
  explicit WholeFile(const std::string& file) : WholeFile(file, place_of(file)) {}
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
  struct Place {
    std::string target;  // links followed
    std::string temporary;
    bool renamed;  // else written into
  };
  static Place place_of(const std::string& file);
  WholeFile(const std::string& file, const Place& place);
  [[noreturn]] void fail(int error) const { throw CannotWrite(file_, error); }
  void write_into_target();
  std::string file_;  // as it was named
  std::string target_;
  bool renamed_ = true;
  std::string name_;  // empty once it is kept
  int fd_;
};

/// A file of this text, at once. Throws CannotWrite.
void write_whole(const std::string& file, std::string_view text);

}  // namespace mmulab
