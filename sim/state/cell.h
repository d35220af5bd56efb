// SPDX-License-Identifier: MIT
// A Cell<T> names one 64-bit word of the World and gives it a type. It is an index, not a pointer: it survives
// snapshots, and the same cell means the same thing in every mode.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sim/units/units.h"

namespace mmulab {

/// The position of one word in the World.
class Location {
 public:
  constexpr Location() = default;
  constexpr explicit Location(std::uint32_t word) : word_(word) {}
  [[nodiscard]] constexpr std::uint32_t raw() const { return word_; }
  friend constexpr bool operator==(Location a, Location b) { return a.word_ == b.word_; }
  friend constexpr bool operator!=(Location a, Location b) { return a.word_ != b.word_; }
  friend constexpr bool operator<(Location a, Location b) { return a.word_ < b.word_; }

 private:
  std::uint32_t word_ = ~std::uint32_t{0};
};

/// How a typed value is laid into a word.
template <class T, class = void>
struct WordCodec {
  static constexpr std::uint64_t encode(T value) { return value.raw(); }
  static constexpr T decode(std::uint64_t word) { return T{word}; }
};
template <class T>
struct WordCodec<T, std::enable_if_t<std::is_integral_v<T> || std::is_enum_v<T>>> {
  static constexpr std::uint64_t encode(T value) { return static_cast<std::uint64_t>(value); }
  static constexpr T decode(std::uint64_t word) { return static_cast<T>(word); }
};
/// Ids are stored plus one, so that an all-zero World holds ids that name nothing.
template <class IdTag>
struct WordCodec<Id<IdTag>, void> {
  static constexpr std::uint64_t encode(Id<IdTag> id) { return id.exists() ? std::uint64_t{id.raw()} + 1 : 0; }
  static constexpr Id<IdTag> decode(std::uint64_t word) { return word == 0 ? Id<IdTag>::none() : Id<IdTag>{word - 1}; }
};

template <class T>
struct Cell {
  Location at;
};

/// A row of `count` equal records of `stride` words; record i starts at first + i * stride.
class Region {
 public:
  constexpr Region() = default;
  constexpr Region(Location first, std::uint32_t count, std::uint32_t stride)
      : first_(first), count_(count), stride_(stride) {}

  /// The cell of field `field` (a word offset) in record `index`.
  template <class T>
  [[nodiscard]] constexpr Cell<T> cell(std::uint64_t index, std::uint32_t field = 0) const {
    return Cell<T>{at(index, field)};
  }
  [[nodiscard]] constexpr Location at(std::uint64_t index, std::uint32_t field = 0) const {
    return Location{first_.raw() + static_cast<std::uint32_t>(index) * stride_ + field};
  }
  [[nodiscard]] constexpr std::uint32_t count() const { return count_; }
  [[nodiscard]] constexpr std::uint32_t stride() const { return stride_; }
  [[nodiscard]] constexpr Location first() const { return first_; }
  [[nodiscard]] constexpr std::uint32_t words() const { return count_ * stride_; }
  [[nodiscard]] constexpr bool contains(Location l) const {
    return l.raw() >= first_.raw() && l.raw() - first_.raw() < words();
  }
  /// Which record a location of this region belongs to.
  [[nodiscard]] constexpr std::uint32_t record_of(Location l) const { return (l.raw() - first_.raw()) / stride_; }

 private:
  Location first_;
  std::uint32_t count_ = 0;
  std::uint32_t stride_ = 1;
};

}  // namespace mmulab
