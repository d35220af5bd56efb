// SPDX-License-Identifier: MIT
// Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas, JACM 2017; checking.md 2.2): one execution for each
// class of schedules that differ only in the order of independent moves, found by reversing the races of those already
// performed. It keeps no states, so that it shares nothing with the other engines but the cursor.
//  - Moves that wait for their guards are looked at, too, and interrupts that their cpu does not let in: they should
//    perhaps have been first.
//  - The further steps that a move carries along race, too: they are known when it has been made.
//  - Choices inside a step are its branches; interrupts and each unit of a device act in an order of their own.
//  - After the last task's end nothing follows, so that the step which ends it depends on everything else.
//  - An execution that comes back to one of its own states is cut there, and every state in between is expanded in
//    full: whatever could follow follows from there. This alone uses states' keys.
// Cost: O(length^2) for each move, and as many executions as there are classes.
#pragma once

#include <map>
#include <optional>

#include "sim/explore/bits.h"
#include "sim/explore/dependence.h"
#include "sim/explore/search.h"

namespace mmulab {

class SourceDpor : public Search {
 public:
  SourceDpor(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal, Coverage& coverage)
      : Search(cursor, limits, goal, coverage), host_(cursor.system().host()) {
    MMULAB_ASSERT(limits.switches_max == SearchLimits::none, "dpor takes no bound on switches");
  }

  SearchResult run() override {
    // Races are between agents: nobody else may act in a move.
    cursor_.allow_shortcuts(Shortcuts::own);
    learn_by_walking();
    do begin();
    while (explore() && learned_);
    cursor_.allow_shortcuts(Shortcuts::all);
    return finish("dpor");
  }

 private:
  struct Node {
    std::vector<Pending> pending;
    Bits enabled, backtrack, done, asleep;
    /// What was done here last: nothing yet, if `going` is not set.
    bool going = false;
    std::size_t chosen = 0;
    Made made;
    Bits before;                ///< moves that happened before it
    std::optional<Move> other;  ///< another choice inside it
    /// Whoever sleeps here or has been chosen, with all that the move did then: its first step tells less.
    std::map<std::uint32_t, Made> known;
    Bits enders;  ///< whoever ended all from here: another order ends elsewhere, so they never sleep
    Fingerprint key;
  };

  void learn_by_walking();
  void begin();
  bool explore();
  bool go_on(Node& top);
  bool choose(Node& top);
  bool make(Node& top, const Move& move);
  static void learn_whole(Node& top, std::uint32_t process);
  bool arrive();
  [[nodiscard]] bool ends_too_early();
  [[nodiscard]] Concern said();
  void list_pending(Node& node);
  void add_pending(Node& node, const Move& move, bool enabled);
  static void continue_waiting(Pending& p, const Pending& before);
  [[nodiscard]] bool is_held_up(const Decision& decision) const;
  void put_to_sleep(Node& node) const;
  void find_races(const Node& node);
  void look_for_races(const Pending& p, std::size_t lowest, std::size_t made, bool ends);
  void look_for_races_of_all(const Pending& p, const Made& whole, std::size_t made);
  void reverse(const Pending& p, std::size_t at, std::size_t made, const Made* whole = nullptr);
  [[nodiscard]] Bits happened_before(const Pending& p, std::size_t made) const;
  void close_cycle(std::size_t from);
  [[nodiscard]] std::uint32_t process_of(const Move& move);
  [[nodiscard]] static const Pending* find(const Node& node, std::uint32_t process);

  ExploredHost& host_;
  Dependence dependence_;
  std::vector<Process> processes_;
  std::vector<Node> nodes_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> on_path_;
  std::vector<Move> moves_;          // scratch
  std::vector<Decision> decisions_;  // scratch
  bool learned_ = false;
};

}  // namespace mmulab
