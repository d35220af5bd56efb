// SPDX-License-Identifier: MIT
// Results to read from, whatever they are kept in: one archive as it stands, everything else gathered in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/archive/merge.h"
#include "sim/archive/writer.h"

namespace mmulab::archive {

class Opened {
 public:
  /// Throws config::Error for what find_sources or gather would.
  explicit Opened(const std::vector<std::string>& paths) {
    if (paths.size() == 1 && is_database(paths.front())) {
      archive_ = std::make_unique<Database>(paths.front(), Database::Mode::read);
      archive_->must_be_archive("main", paths.front());
    } else {
      gathered_ = std::make_unique<Writer>(":memory:");
      remarks_ = gather(paths, *gathered_, Versions::several).remarks;
    }
  }
  [[nodiscard]] Database& database() { return archive_ ? *archive_ : gathered_->database(); }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  std::unique_ptr<Database> archive_;
  std::unique_ptr<Writer> gathered_;
  std::vector<std::string> remarks_;
};

}  // namespace mmulab::archive
