// SPDX-License-Identifier: MIT
// Steps that need no alternative. A step whose words nobody else can touch before it has happened, and which says
// nothing that an observer compares with others' deeds, may be performed at once, as the only move of its state (an
// ample set of one). Which words those are nobody declares: it is learned and checked. A word counts as an agent's
// own until somebody else touches it, and as guarded by a lock until somebody touches it without; interrupt handlers
// count as somebody else. Should a word lose a standing that a shortcut has rested on, the search has to begin again
// with what has been learned since; a search that ends without that has checked its assumption over all it saw.
// Source: ample sets (Clarke, Grumberg, Peled, Model Checking, 10), lock sets (Savage et al., Eraser, 1997).
#pragma once

#include <array>
#include <vector>

#include "sim/exec/fiber_host.h"

namespace mmulab {

class Reduction {
 public:
  explicit Reduction(const World& world) : world_(world), words_(world.size_words()) {}

  struct Actor {
    AgentId agent;
    TaskId task;              ///< who may hold locks; none: a device
    bool in_interrupt = false;
  };
  /// The actor is about to touch these words.
  void learn(const Actor& actor, const Footprint& footprint);
  /// An acquired lock: its word tells who holds it.
  void learn_lock(Location at);
  /// A step with this label has done something that concerns others, or drew a choice: never a shortcut.
  void learn_public(const Label& label);
  /// May this step of the actor be performed at once?
  [[nodiscard]] bool is_private(const Actor& actor, const Label& label, const Footprint& footprint);

  /// A standing was lost on which a shortcut had rested.
  [[nodiscard]] bool stale() const { return stale_; }
  /// The next search relies on nothing yet.
  void begin_again();

 private:
  static constexpr std::size_t guards_max = 2;
  struct Word {
    std::uint32_t owner = 0;  ///< agent + 1; 0: untouched; shared: of several
    std::array<std::uint32_t, guards_max> guard{};  ///< candidate locks, location + 1; 0: none
    bool relied_on_owner = false;
    bool relied_on_guard = false;
    bool is_lock = false;
    bool lock_abused = false;  ///< touched by another while held
  };
  static constexpr std::uint32_t shared = ~std::uint32_t{0};

  void touch(const Actor& actor, std::uint32_t at);
  [[nodiscard]] bool holds(const Actor& actor, std::uint32_t lock) const;
  [[nodiscard]] bool is_own(const Actor& actor, Word& word, std::uint32_t at);
  void lose(bool relied) { stale_ = stale_ || relied; }

  const World& world_;
  std::vector<Word> words_;
  std::vector<std::uint32_t> locks_;
  std::vector<bool> public_labels_;
  bool stale_ = false;
};

}  // namespace mmulab
