// SPDX-License-Identifier: MIT
// A step of a schedule, as engines, coverage and schedule files name it.
#pragma once

#include <array>

#include "sim/explore/explored_host.h"

namespace mmulab {

/// A decision, with the picks of the choices inside it (the first `picks` of them; 0 otherwise).
struct Move {
  static constexpr std::size_t picks_max = 4;
  /// Steps of one agent that belong to the move.
  struct Stretch {
    static constexpr std::uint8_t steps_max = 255;
    std::uint8_t agent = 0;
    std::uint8_t unit = 0;  ///< of a device's
    std::uint8_t steps = 0;
  };
  static constexpr std::size_t stretches_max = 8;
  /// As many further steps belong to it as there are; the cursor notes which there were, so that the move can be made
  /// again although it has learned since.
  static constexpr std::uint8_t undecided = 255;
  Decision decision;
  std::array<Stretch, stretches_max> further{};
  std::uint8_t stretches = undecided;
  std::uint8_t picks = 0;
  std::array<std::uint8_t, picks_max> pick{};
  friend bool operator==(const Move& a, const Move& b) {
    return a.decision.kind == b.decision.kind && a.decision.agent == b.decision.agent &&
           a.decision.value == b.decision.value && a.picks == b.picks && a.pick == b.pick;
  }
};

/// What a move was, for coverage and for the independence of moves.
struct MoveInfo {
  AgentId agent;
  const Label* label = nullptr;  ///< null: an interrupt is taken, nothing shared is touched yet
  Footprint footprint;
};

}  // namespace mmulab
