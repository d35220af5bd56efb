// SPDX-License-Identifier: MIT
// What a benchmark says: a named figure, what it must reach, and how it is written down.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mmulab::bench {

enum class Bound : std::uint8_t { at_least, at_most };

struct Target {
  Bound bound = Bound::at_least;
  double value = 0;
};

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<Target> target;
  std::string detail;  ///< the figures that the value was made from

  bool finished = true;  ///< false: what was to be measured did not come to its end

  [[nodiscard]] bool met() const {
    if (!target) return true;
    if (!finished) return false;
    return target->bound == Bound::at_least ? value >= target->value : value <= target->value;
  }
};

[[nodiscard]] std::string line_of(const Figure& figure);
[[nodiscard]] std::string json_of(const std::vector<Figure>& figures);

/// How much to do: the real thing, or just enough to see that everything still runs.
struct Effort {
  bool tiny = false;
  std::uint32_t rounds = 7;

  [[nodiscard]] std::uint64_t accesses(std::uint64_t full) const { return tiny ? full / 1000 + 1 : full; }
  [[nodiscard]] std::uint64_t pages(std::uint64_t full) const { return tiny ? full / 64 + 1 : full; }
};

/// One benchmark of the list; it may give several figures.
struct Entry {
  const char* name;
  const char* help;
  std::function<std::vector<Figure>(const Effort&)> run;
};
const std::vector<Entry>& entries();

/// The middle one; of two middle ones the lower.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace mmulab::bench
