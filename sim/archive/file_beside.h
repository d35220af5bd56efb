// SPDX-License-Identifier: MIT
// A file that somebody else writes (SQLite, gnuplot, a stream), never seen half written: it is made beside its place,
// under a name of its own, and renamed. Until then the old one stays, and what is not kept goes away. For a text that
// is at hand there is sim/results/whole_file.h.
#pragma once

#include <string>

namespace mmulab::archive {

class FileBeside {
 public:
  /// Throws config::Error where `file` cannot be written.
  explicit FileBeside(const std::string& file);
  ~FileBeside();
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  /// Where to write: an empty file.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// It takes its place, once it is on the disk. Throws config::Error.
  void keep();

 private:
  [[noreturn]] void fail(int error) const;
  std::string file_;
  std::string name_;
};

}  // namespace mmulab::archive
