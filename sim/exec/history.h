// SPDX-License-Identifier: MIT
// What a task remembers, as two words: a digest of what its steps have told it since the last point at which none of
// its locals was alive. Two states whose Worlds are equal and whose tasks have equal histories continue alike,
// because a task's locals are a function of what its steps told it. A step tells its result, and what it keeps
// (Access::keep); a stretch of code that is over tells its own result and nothing else (Conclusion). Whom it has been
// told of is kept beside the digest, so that the history can be read under other names of cpus and tasks. Source:
// checking.md 2.4.
#pragma once

#include <array>
#include <type_traits>
#include <utility>

#include "sim/state/cell.h"
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
    if constexpr (std::is_same_v<T, CpuId>) learn_name({Named::cpu, value.raw()});
    else if constexpr (std::is_same_v<T, TaskId>) learn_name({Named::task, value.raw()});
    else if constexpr (std::is_same_v<T, CoreId>) learn_name({Named::core, value.raw()});
    else if constexpr (std::is_same_v<T, Location>) learn_name({Named::word, value.raw()});
    else if constexpr (is_word<T>()) learn_word(static_cast<std::uint64_t>(value));
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
  friend bool operator==(const History& a, const History& b) {
    if (a.high_ != b.high_ || a.low_ != b.low_ || a.names_ != b.names_) return false;
    for (std::uint32_t n = 0; n < a.names_; ++n)
      if (a.name_[n].what != b.name_[n].what || a.name_[n].raw != b.name_[n].raw) return false;
    return true;
  }
  /// Tells all there is, under the hash's names.
  template <class Hash>
  void tell(Hash& hash) const {
    hash.mix(high_);
    hash.mix(low_);
    for (std::uint32_t n = 0; n < names_; ++n) hash.mix(name_under(hash, name_[n]));
  }
  /// More names than there is room for: the history reads well under everybody's own name only.
  [[nodiscard]] constexpr bool has_own_names() const { return own_names_; }

 private:
  struct Named {
    enum What : std::uint32_t { cpu, task, core, word };
    What what;
    std::uint32_t raw;
  };
  static constexpr std::uint32_t names_max = 4;

  constexpr void learn_name(Named name) {
    learn_word(name.what);
    if (names_ < names_max) {
      name_[names_++] = name;
      return;
    }
    learn_word(name.raw);
    own_names_ = true;
  }
  template <class Hash>
  [[nodiscard]] static std::uint64_t name_under(const Hash& hash, const Named& name) {
    switch (name.what) {
      case Named::cpu: return hash.name(CpuId{name.raw});
      case Named::task: return hash.name(TaskId{name.raw});
      case Named::core: return hash.name(CoreId{name.raw});
      case Named::word: return hash.name(Location{name.raw});
    }
    return name.raw;
  }
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
  std::array<Named, names_max> name_{};
  std::uint32_t names_ = 0;
  bool own_names_ = false;
};

}  // namespace mmulab
