// SPDX-License-Identifier: MIT
// A small schema with one of everything, and the means to read text by it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/config/load.h"

namespace mmulab::config::sample {

Schema schema();

/// Reads text as the file "lab.toml".
Values read(const std::string& text, const Overrides& overrides = {});

/// The rendered problems of a text, or "" when it is fine.
std::string problems(const std::string& text, const Overrides& overrides = {}, const SearchPath& search = {});

using Files = std::vector<std::pair<std::string, std::string>>;

/// A folder of its own with the given files, removed at the end.
class Folder {
 public:
  explicit Folder(const Files& files);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace mmulab::config::sample
