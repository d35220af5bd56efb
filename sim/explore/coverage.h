// SPDX-License-Identifier: MIT
// What a search has exercised: which step labels ever took effect, and for two neighbouring dependent steps of
// different agents in which orders they were seen. A label or an order that never occurred is what a proof says
// nothing about.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/explore/move.h"

namespace mmulab {

/// Two lists of touches whose order matters: they have a word in common, and the uses of it clash.
template <class A, class B, class Clashes>
[[nodiscard]] bool dependent(const A& a, const B& b, const Clashes& clashes) {
  for (const Touch& x : a)
    for (const Touch& y : b) {
      if (!clashes(x, y)) continue;
      if (x.first.raw() < y.first.raw() + y.words && y.first.raw() < x.first.raw() + x.words) return true;
    }
  return false;
}

template <class A, class B>
[[nodiscard]] bool dependent(const A& a, const B& b) {
  return dependent(a, b, [](const Touch& x, const Touch& y) { return clash(x.use, y.use); });
}

class Coverage {
 public:
  explicit Coverage(bool orders) : orders_wanted_(orders) {}
  [[nodiscard]] bool wants_orders() const { return orders_wanted_; }
  void note(const MoveInfo& move);
  /// The last move was taken back: the next one follows the one before it.
  void take_back() {
    if (!path_.empty()) path_.pop_back();
  }
  /// The next move follows none that was noted.
  void jump() { path_.clear(); }
  [[nodiscard]] bool reached(const Label& label) const;
  using Order = std::pair<const Label*, const Label*>;
  /// How often the first was directly followed by the second, dependent, of another agent.
  [[nodiscard]] const std::map<Order, std::uint64_t>& orders() const { return orders_; }

 private:
  bool orders_wanted_;
  std::vector<bool> reached_;
  std::vector<MoveInfo> path_;  ///< only if orders are wanted
  std::map<Order, std::uint64_t> orders_;
};

}  // namespace mmulab
