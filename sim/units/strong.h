// SPDX-License-Identifier: MIT
// The three shapes of strong type that the rest of the lab is written in: an amount, a point on a scale of
// such amounts, and an identifier. Nothing converts implicitly, in or out; raw() is for units, hashing and I/O.
#pragma once

#include <cstdint>
#include <functional>

namespace mmulab {

/// A count of something: cycles, bytes, pages. Amounts of one tag add, subtract, scale and compare.
template <class Tag>
class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(std::uint64_t count) : count_(count) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return count_; }

  constexpr Amount& operator+=(Amount other) { count_ += other.count_; return *this; }
  constexpr Amount& operator-=(Amount other) { count_ -= other.count_; return *this; }
  friend constexpr Amount operator+(Amount a, Amount b) { return Amount(a.count_ + b.count_); }
  friend constexpr Amount operator-(Amount a, Amount b) { return Amount(a.count_ - b.count_); }
  friend constexpr Amount operator*(Amount a, std::uint64_t n) { return Amount(a.count_ * n); }
  friend constexpr Amount operator*(std::uint64_t n, Amount a) { return Amount(n * a.count_); }
  friend constexpr std::uint64_t operator/(Amount a, Amount b) { return a.count_ / b.count_; }
  friend constexpr bool operator==(Amount a, Amount b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Amount a, Amount b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Amount a, Amount b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Amount a, Amount b) { return a.count_ <= b.count_; }
  friend constexpr bool operator>(Amount a, Amount b) { return a.count_ > b.count_; }
  friend constexpr bool operator>=(Amount a, Amount b) { return a.count_ >= b.count_; }

 private:
  std::uint64_t count_ = 0;
};

/// A position on a scale whose distances are Distance: points subtract to a distance, they do not add.
template <class Tag, class Distance>
class Point {
 public:
  constexpr Point() = default;
  constexpr explicit Point(std::uint64_t position) : position_(position) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return position_; }

  constexpr Point& operator+=(Distance d) { position_ += d.raw(); return *this; }
  friend constexpr Point operator+(Point p, Distance d) { return Point(p.position_ + d.raw()); }
  friend constexpr Point operator-(Point p, Distance d) { return Point(p.position_ - d.raw()); }
  friend constexpr Distance operator-(Point a, Point b) { return Distance(a.position_ - b.position_); }
  friend constexpr bool operator==(Point a, Point b) { return a.position_ == b.position_; }
  friend constexpr bool operator!=(Point a, Point b) { return a.position_ != b.position_; }
  friend constexpr bool operator<(Point a, Point b) { return a.position_ < b.position_; }
  friend constexpr bool operator<=(Point a, Point b) { return a.position_ <= b.position_; }
  friend constexpr bool operator>(Point a, Point b) { return a.position_ > b.position_; }
  friend constexpr bool operator>=(Point a, Point b) { return a.position_ >= b.position_; }

 private:
  std::uint64_t position_ = 0;
};

/// The name of one thing among many of its kind. Ids compare; they have no arithmetic.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint64_t number) : number_(static_cast<std::uint32_t>(number)) {}
  [[nodiscard]] constexpr std::uint32_t raw() const { return number_; }
  /// The id that names nothing.
  static constexpr Id none() { return Id(~std::uint32_t{0}); }
  [[nodiscard]] constexpr bool exists() const { return number_ != ~std::uint32_t{0}; }

  friend constexpr bool operator==(Id a, Id b) { return a.number_ == b.number_; }
  friend constexpr bool operator!=(Id a, Id b) { return a.number_ != b.number_; }
  friend constexpr bool operator<(Id a, Id b) { return a.number_ < b.number_; }

 private:
  std::uint32_t number_ = ~std::uint32_t{0};
};

}  // namespace mmulab

template <class Tag>
struct std::hash<mmulab::Id<Tag>> {
  std::size_t operator()(mmulab::Id<Tag> id) const noexcept { return id.raw(); }
};
