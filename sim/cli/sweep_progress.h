// SPDX-License-Identifier: MIT
// How far a sweep is: one line on a terminal, rewritten; else a line each ten seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace mmulab::cli {

class SweepProgress {
 public:
  enum class Style { none, line, log };
  struct Count {
    std::uint64_t kept = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
  };

  SweepProgress(std::ostream& out, Style style, std::uint64_t total, std::function<double()> now);
  void tick(const Count& count);
  /// Takes the line off the terminal, for what is to be read there.
  void clear();

 private:
  [[nodiscard]] std::string text(const Count& count, double elapsed) const;
  std::ostream& out_;
  Style style_;
  std::uint64_t total_;
  std::function<double()> now_;
  double started_;
  double last_;
  std::size_t shown_ = 0;  // columns
};

}  // namespace mmulab::cli
