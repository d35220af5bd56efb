// SPDX-License-Identifier: MIT
// A file that is never seen half written: it is made beside its place, under a name of its own, and renamed. Until then
// the old one stays, and what is not kept goes away.
#pragma once

#include <string>

namespace mmulab::archive {

class WholeFile {
 public:
  /// Throws config::Error where `file` cannot be written.
  explicit WholeFile(const std::string& file);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

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
