// SPDX-License-Identifier: MIT
#include "sim/results/quantity.h"

#include <fmt/format.h>

namespace mmulab {
namespace {

/// Rounds half up to whole microseconds and `scale`ths of one.
std::pair<std::uint64_t, std::uint64_t> split(std::uint64_t cycles, std::uint64_t mhz, std::uint64_t scale) {
  const std::uint64_t rest = (cycles % mhz * scale + mhz / 2) / mhz;
  return {cycles / mhz + rest / scale, rest % scale};
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ' ');
  return text;
}

std::string microseconds(std::uint64_t cycles, std::uint64_t frequency_mhz) {
  if (frequency_mhz == 0) return "?";
  const auto [whole, thousandths] = split(cycles, frequency_mhz, 1000);
  return fmt::format("{}.{:03}", grouped(whole), thousandths);
}

std::string short_microseconds(std::uint64_t cycles, std::uint64_t frequency_mhz) {
  if (frequency_mhz == 0) return "?";
  const auto hundredths = split(cycles, frequency_mhz, 100);
  if (hundredths.first < 10) return fmt::format("{}.{:02}", hundredths.first, hundredths.second);
  const auto tenths = split(cycles, frequency_mhz, 10);
  if (tenths.first < 1000) return fmt::format("{}.{}", tenths.first, tenths.second);
  return grouped(split(cycles, frequency_mhz, 1).first);
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace mmulab
