// SPDX-License-Identifier: MIT
// Sleep sets: a move that a state has already explored need not be explored again behind a sibling as long as nothing
// has happened that depends on it, for the executions that begin with it are the same ones in another order. Every
// state is still entered; most ways that lead to a state that is known are not taken. A state keeps which of its moves
// were left out, so that this is made good for when it is entered with fewer of them asleep. A move sleeps with all its
// further steps; moves with a choice in them, those that end all, and interrupts never sleep. Source: Godefroid, LNCS
// 1032, 5 and 8.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explore/cursor.h"

namespace mmulab {

class SleepSets {
 public:
  /// By place in a state's list of moves.
  using Places = std::uint64_t;
  static constexpr std::size_t places_max = 64;
  /// Moves asleep in one state: places in the pool of explored moves.
  using Set = std::vector<std::uint32_t>;

  /// The cursor has just made this move.
  [[nodiscard]] std::uint32_t keep(const Cursor& cursor, const Move& move);
  [[nodiscard]] std::size_t kept() const { return used_; }
  /// Of the moves that were kept only so many are needed any longer.
  void forget(std::size_t kept);

  /// Those of the set that the last kept move leaves asleep.
  [[nodiscard]] Set after_last(const Set& set) const;
  [[nodiscard]] Places places(const Set& set, const std::vector<Move>& moves) const;

 private:
  struct Explored {
    Decision decision;
    std::uint64_t agents = 0;  ///< whose steps it holds, modulo 64
    std::uint64_t words = 0;   ///< which words it touches, modulo 64
    std::vector<Touch> touched;
    Concern said;
  };
  [[nodiscard]] static bool depend(const Explored& a, const Explored& b);

  std::vector<Explored> pool_;
  std::size_t used_ = 0;
};

}  // namespace mmulab
