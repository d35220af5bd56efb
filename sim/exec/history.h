// SPDX-License-Identifier: MIT
// What a task remembers, as two words: a digest of what its steps have told it since the last point at which none of
// its locals was alive. Two states whose Worlds are equal and whose tasks have equal histories continue alike,
// because a task's locals are a function of what its steps told it. A step tells its result, and what it keeps
// (Access::keep); a stretch of code that is over tells its own result and nothing else (Conclusion). Source:
// checking.md 2.4.
#pragma once

#include <type_traits>
#include <utility>

#include "sim/units/mix.h"

namespace mmulab {

class History {
 public:
  constexpr void learn_word(std::uint64_t word) {
    high_ = mix(high_ ^ word);
    low_ = mix(low_ + word * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL);
  }
  /// Integers, enumerations, strong types; structures that say what they consist of: remember(History&, const T&).
  template <class T>
  constexpr void learn(const T& value) {
    if constexpr (is_word<T>()) learn_word(static_cast<std::uint64_t>(value));
    else if constexpr (has_raw<T>(0)) learn_word(static_cast<std::uint64_t>(value.raw()));
    else if constexpr (has_at<T>(0)) learn(value.at);
    else remember(*this, value);
  }
  /// Whether learn() knows what a T consists of.
  template <class T>
  [[nodiscard]] static constexpr bool knows() {
    return is_word<T>() || has_raw<T>(0) || has_at<T>(0) || has_remember<T>(0);
  }

  [[nodiscard]] constexpr std::uint64_t high() const { return high_; }
  [[nodiscard]] constexpr std::uint64_t low() const { return low_; }

 private:
  template <class T>
  static constexpr bool is_word() { return std::is_integral_v<T> || std::is_enum_v<T>; }
  template <class T>
  static constexpr auto has_raw(int) -> decltype(std::declval<const T&>().raw(), true) { return true; }
  template <class T>
  static constexpr bool has_raw(...) { return false; }
  /// A Cell.
  template <class T>
  static constexpr auto has_at(int) -> decltype(std::declval<const T&>().at.raw(), true) { return true; }
  template <class T>
  static constexpr bool has_at(...) { return false; }
  template <class T>
  static constexpr auto has_remember(int)
      -> decltype(remember(std::declval<History&>(), std::declval<const T&>()), true) {
    return true;
  }
  template <class T>
  static constexpr bool has_remember(...) { return false; }

  std::uint64_t high_ = 0x13198a2e03707344ULL;
  std::uint64_t low_ = 0x452821e638d01377ULL;
};

}  // namespace mmulab
