// SPDX-License-Identifier: MIT
// One line on a terminal that says how far a run is: cycle, cycles a second, and when it will be done if its end
// is known. Written at most five times a second.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "sim/units/units.h"

namespace mmulab::cli {

/// "12 s", "3 min 05 s", "2 h 10 min".
std::string duration_text(double seconds);

class ProgressLine {
 public:
  using Seconds = std::function<double()>;  ///< since any fixed moment

  /// `target`: the cycle at which the run ends at the latest, or never.
  ProgressLine(std::ostream& out, Cycle target, Seconds now = wall_clock());
  void beat(Cycle cycle);
  /// Takes the line off the terminal.
  void clear();

  static Seconds wall_clock();

 private:
  [[nodiscard]] std::string text(Cycle cycle, double elapsed) const;
  std::ostream& out_;
  Cycle target_;
  Seconds now_;
  double started_;
  double last_;
  std::size_t shown_ = 0;  // columns
};

}  // namespace mmulab::cli
