// SPDX-License-Identifier: MIT
// Steps that need no alternative. A step may be performed at once, as the only move of its state (an ample set of one),
// if nothing that anybody else can do before it depends on it: its words and what its events concern lie ahead of
// nobody else (futures.h), or its words are guarded by a lock that its task holds. A step that takes a lock is a right
// mover: whatever others do between it and its agent's next step they might as well do before it, so the next step
// belongs to the same move. Which locks guard which words is learned and checked like everything else here.
// Should something turn out wrong that a shortcut has rested on, the search has to begin again with what has been
// learned since; a search that ends without that has checked its assumptions over all it saw. Who masks interrupts
// meets them because their entry declares the words that could have kept it out.
// Source: ample sets (Clarke, Grumberg, Peled, Model Checking, 10), movers (Lipton, CACM 18/12, 1975), lock sets
// (Savage et al., Eraser, 1997).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "sim/exec/fiber_host.h"
#include "sim/explore/futures.h"

namespace mmulab {

class Reduction {
 public:
  /// `by_locks`: who holds a lock keeps the others from what it guards (not so where releases wait in a buffer).
  Reduction(const World& world, std::uint32_t cpus, bool by_locks, Precedence& precedence)
      : world_(world), by_locks_(by_locks), precedence_(precedence), words_(world.size_words()),
        futures_(world.size_words()), obstacles_(cpus) {}

  struct Actor {
    Who who;
    TaskId task;  ///< who may hold locks; none: a device
    std::uint32_t progress = 0;
    [[nodiscard]] bool in_interrupt() const { return !who.is_task(); }
  };
  struct Step {
    const Label* label = nullptr;
    Footprint footprint;
    bool guarded = false;
    bool restarts = false;  ///< an interrupt makes it come to nothing
  };
  void enlist(Who who) { futures_.enlist(who); }
  /// The actor would take this step next.
  void expect(const Actor& actor, const Step& step);
  /// The actor is about to take this step.
  void learn(const Actor& actor, const Step& step);
  /// The actor's step has added so much to a count; it takes that back.
  void learn_tally(Who who, Location at, std::int64_t amount) { futures_.tally(who, at, amount, world_.load(at)); }
  void learn_order(Location at) { futures_.tell(at); }
  void forget_tally(Who who, Location at, std::int64_t amount) { futures_.untally(who, at, amount); }
  /// The order of the two touches matters.
  [[nodiscard]] bool clashes(const Touch& a, const Touch& b) const {
    return clash(a.use, b.use) && !(a.use == Use::tally && b.use == Use::tally && futures_.is_tally(a.first));
  }
  /// What an event of that step concerned.
  void learn_concern(Who who, const Concern& concern) { futures_.concern(futures_.point(who), concern); }
  /// An acquired lock: its word tells who holds it.
  void learn_lock(Location at);
  void learn_interrupt(CpuId cpu);
  /// A step with this label has drawn a choice: never a shortcut.
  void learn_choice(const Label& label);

  /// The cpu acts, or what it did is taken back: it has another next step.
  void forget_obstacle(CpuId cpu) { obstacles_[cpu.raw()].reset(); }
  /// May this step of the actor be performed at once, for all that is known of its events?
  [[nodiscard]] bool is_private(const Actor& actor, CpuId cpu, const Step& step);
  /// The same for a step whose events may make others' judgement milder: its words lie ahead of nobody else.
  [[nodiscard]] bool may_ease(const Actor& actor, CpuId cpu, const Step& step);
  /// The same of a device's act.
  [[nodiscard]] bool is_private_act(Who who, const Step& step);
  /// These words lie ahead of nobody else.
  [[nodiscard]] bool has_to_itself(Who who, const Footprint& footprint);
  /// It is no loss to report this before anybody else's events.
  [[nodiscard]] bool is_private(Who who, const Concern& concern) {
    return !futures_.meets_others(who, hastens_ ? concern.firm() : concern, precedence_);
  }
  /// Nobody but these two ever changes one of the words.
  [[nodiscard]] bool is_left_to(const Footprint& words, Who one, Who other) {
    return !futures_.changes(words, one, other);
  }
  /// A step that has been performed: could whatever others do next have come before it?
  [[nodiscard]] bool is_right_mover(const Actor& actor, const Step& step, const Concern& concern);

  /// Whether events that are best reported at once are: what comes first in a schedule is then seldom anything else.
  void allow_haste(bool allowed) { hastens_ = allowed; }

  [[nodiscard]] Futures::Point point(Who who) const { return futures_.point(who); }
  void set_point(Who who, Futures::Point at) { futures_.set_point(who, at); }

  /// Something was lost on which a shortcut had rested.
  [[nodiscard]] bool stale() const { return stale_ || futures_.stale(); }
  /// Everybody is at the start.
  void return_to_start() {
    futures_.return_to_start();
    obstacles_.assign(obstacles_.size(), std::nullopt);
  }
  /// The next search relies on nothing yet.
  void begin_again();

 private:
  static constexpr std::size_t guards_max = 2;
  struct Word {
    bool touched = false;
    std::array<std::uint32_t, guards_max> guard{};  ///< candidate locks, location + 1; 0: none
    bool relied_on_guard = false;
    bool is_lock = false;
    bool lock_abused = false;  ///< touched otherwise than by taking it and giving it back
  };

  void touch(const Actor& actor, const Step& step, std::uint32_t at);
  void touch_lock(const Actor& actor, const Step& step, std::uint32_t at);
  [[nodiscard]] bool holds(const Actor& actor, std::uint32_t lock) const;
  [[nodiscard]] bool is_guarded(const Actor& actor, std::uint32_t at);
  /// All words of the step but guarded ones lie ahead of nobody else.
  [[nodiscard]] bool has_words_to_itself(const Actor& actor, const Step& step);
  void lose(bool relied) { stale_ = stale_ || relied; }

  const World& world_;
  const bool by_locks_;
  Precedence& precedence_;
  std::vector<Word> words_;
  std::vector<std::uint32_t> locks_;
  std::vector<bool> choosing_labels_;
  std::vector<bool> interrupted_;  ///< cpus that ever took an interrupt
  std::vector<bool> relied_uninterrupted_;
  std::vector<Touch> unguarded_;  // scratch
  Futures futures_;
  std::vector<std::optional<Futures::Obstacle>> obstacles_;  ///< of each cpu's next step, if one is known
  bool stale_ = false;
  bool hastens_ = true;
};

}  // namespace mmulab
