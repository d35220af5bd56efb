// SPDX-License-Identifier: MIT
// What every engine is told, finds and counts. An engine steers one cursor until it has seen every interleaving, found
// what it was to find, or used up a budget; which of these it was is part of its result.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/explore/coverage.h"
#include "sim/explore/cursor.h"
#include "sim/explore/visited.h"

namespace mmulab {

/// A violation and the schedule that leads to it.
struct Counterexample {
  Violation violation;
  std::vector<Move> path;
};

struct SearchLimits {
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  std::uint64_t states_max = none;
  std::uint64_t steps_max = none;
  std::uint64_t depth_max = none;
  std::uint64_t schedules_max = none;
  std::uint64_t memory_max_bytes = none;
  double seconds_max = 1e18;
  /// Switches away from an agent that could go on; hardware and interrupts are free.
  std::uint64_t switches_max = none;
  /// Each so many-th path is performed a second time from the start: the model must do the same again.
  std::uint64_t repeat_every = 1000;
  const std::atomic<bool>* interrupt = nullptr;
  /// Asked now and then, with the states so far: whether what the search is to find has been found by other means.
  std::function<bool(std::uint64_t)> found_elsewhere;
};

enum class SearchEnd : std::uint8_t {
  complete,     ///< every interleaving within the bound
  found,        ///< what it was to find
  schedules,    ///< as many schedules as were asked for
  states, steps, depth, time, memory, interrupted,
  elsewhere,    ///< given up, because what it was to find has been found by other means
  room,         ///< a model was too small for some schedules (Shadow::is_cut), and they were not followed further
  stale         ///< a shortcut was unfounded: to be run again (Cursor::begin_again)
};
[[nodiscard]] const char* name_of(SearchEnd end);

/// Which counterexamples end a search.
struct SearchGoal {
  /// Go on until each of these (invariant, class) has one; empty: the first violation of any kind ends it.
  std::vector<std::pair<std::string, std::string>> wanted;
  /// Go on until every class that comes first in some schedule has been found; nothing beyond a violation is explored.
  bool every_class = false;
  /// Never end because of a violation, and explore beyond it: for comparing engines.
  bool exhaust = false;
};

struct SearchResult {
  std::string engine;
  SearchEnd end = SearchEnd::complete;
  std::uint64_t states = 0;       ///< 0: the engine keeps none
  std::uint64_t transitions = 0;
  std::uint64_t schedules = 0;
  std::uint64_t depth = 0;        ///< the longest schedule
  std::uint64_t complete_depth = 0;  ///< every schedule of this many steps has been seen (bfs)
  std::uint64_t bound_cut = 0;    ///< moves that the bound forbade
  std::uint64_t room_cut = 0;     ///< moves behind which a model had no room for all that can happen
  std::string room;               ///< ... and how much it has
  std::uint64_t ends = 0;         ///< distinct final states
  std::uint64_t sleep_blocked = 0;   ///< executions that were given up, because each way on is in another one
  std::uint64_t cycles = 0;          ///< executions that came back to a state of their own (dpor)
  int collision_exponent = 0;
  std::vector<Counterexample> counterexamples;  ///< the first of each (invariant, class)
  std::vector<Fingerprint> final_states;        ///< Worlds at the end, sorted; only when exhausting
};

class SwitchCount;

class Search {
 public:
  Search(Cursor& cursor, const SearchLimits& limits, SearchGoal goal, Coverage& coverage);
  virtual ~Search() = default;
  virtual SearchResult run() = 0;

 protected:
  enum class After : std::uint8_t { go_on, violated, stop };
  /// Pushes the move and takes note of what it did; violated: nothing beyond it is to be explored.
  After advance(const Move& move);
  /// Violations that listing found: a deadlock.
  After note_violations();
  /// The same, and not beyond a state that has lost something.
  After note_room(After so_far);
  /// A budget has run out; checked now and then for time and memory.
  bool out_of_budget(std::uint64_t states, std::size_t bytes);
  /// Enters the cursor's state; where the budget has no room for one more, the search is over. Under a bound its
  /// switches count, and who could go on for nothing.
  VisitedStates::Seen enter_state(VisitedStates& visited, const SwitchCount& switches);
  /// A path has come to its end, which the cursor is at. Now and then it is performed once more from the start; that it
  /// takes the same steps to the same state is asserted.
  void end_path();
  SearchResult finish(const char* engine);

  Cursor& cursor_;
  const SearchLimits limits_;
  Coverage& coverage_;
  SearchResult result_;

 private:
  [[nodiscard]] bool has_all() const;
  [[nodiscard]] bool is_too_stale(std::uint64_t states);

  const SearchGoal goal_;
  std::map<std::pair<std::string, std::string>, std::size_t> found_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::uint64_t stale_until_ = 0;
  std::uint64_t checks_ = 0;
  std::uint64_t paths_ = 0;
  std::vector<const Label*> labels_;  ///< of the moves that led here
  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> finals_;
};

/// Counts the switches of a schedule as it grows.
class SwitchCount {
 public:
  /// Switches if `move` came next, given the moves that are possible now.
  [[nodiscard]] std::uint32_t with(const Move& move, const std::vector<Move>& possible) const;
  void add(const Move& move, const std::vector<Move>& possible);
  [[nodiscard]] std::uint32_t switches() const { return switches_; }
  [[nodiscard]] AgentId last() const { return last_; }

 private:
  AgentId last_ = AgentId::none();
  std::uint32_t switches_ = 0;
};

SearchResult search_breadth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                  Coverage& coverage);
SearchResult search_depth_first(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                Coverage& coverage);

/// Source-DPOR with sleep sets; counts executions in `schedules`. Takes no bound on switches.
SearchResult search_by_reversing(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                 Coverage& coverage);

enum class RandomKind : std::uint8_t { random, urw, pct };
[[nodiscard]] const char* name_of(RandomKind kind);
/// Needs limits.schedules_max or a time. `pct_depth`: one more than the priority changes of a schedule.
SearchResult search_at_random(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal, Coverage& coverage,
                              RandomKind kind, std::uint64_t seed, std::uint32_t pct_depth);

}  // namespace mmulab
