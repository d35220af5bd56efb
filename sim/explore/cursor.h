// SPDX-License-Identifier: MIT
// A place in the tree of all schedules: goes forward by a move and back again. All engines are ways of steering one
// cursor. Going back restores the World from its journal, the stacks of the fibers that ran from images, and the
// observers from copies that are made only when a step emits something; where stacks cannot be put back (address
// sanitizer, or on request, as a cross-check) the system is started anew and the shorter path performed again.
// A move carries along further steps that need no alternative (reduction.h), its agent's and then everybody's, so a
// place is named by its moves, a schedule by its steps. Where every move is one step, it leaps to states of which it
// has kept a copy (copies.h), too. Source: checking.md 2.4. Cost: a step's own work plus the live stack (some hundred
// bytes) of the fiber that ran.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "sim/explore/copies.h"
#include "sim/explore/coverage.h"
#include "sim/explore/reduction.h"
#include "sim/explore/symmetry.h"

namespace mmulab {

enum class Rewind : std::uint8_t { images, restart };
/// How much of what a task has read is part of a state's identity.
enum class LocalKey : std::uint8_t { since_forget, all, stacks };

struct CursorOptions {
  Rewind rewind = Fiber::can_restore() ? Rewind::images : Rewind::restart;
  LocalKey local_key = LocalKey::since_forget;
  /// Performs private steps at once.
  bool reduces = true;
  /// States that differ only by the names of cpus that do the same are one. Ends always are.
  bool renames = true;

  /// Every step by itself.
  static CursorOptions plain() {
    CursorOptions options;
    options.reduces = false;
    return options;
  }
};

enum class Shortcuts : std::uint8_t {
  none,
  own,  ///< of whoever moves: nobody else acts in the move
  all,
};

class Cursor : private FiberWatcher, private EventObserver, private Precedence {
 public:
  Cursor(Explorable& system, CursorOptions options);
  ~Cursor() override;

  /// Steps and moves since the start of the exploration.
  [[nodiscard]] std::size_t depth() const { return path_.size(); }
  [[nodiscard]] const std::vector<Move>& path() const { return path_; }
  [[nodiscard]] std::size_t level() const { return moves_.size(); }
  [[nodiscard]] const std::vector<Move>& moves() const { return moves_; }
  /// Every move that is possible now, in a fixed order, the picks all 0. Empty: the end, or a deadlock.
  void list(std::vector<Move>& moves);
  /// What the move would do.
  [[nodiscard]] MoveInfo info(const Move& move);

  /// Performs it, and the private steps of its agent that follow. The end of all tasks is judged with the move that led
  /// there.
  void push(const Move& move);
  void pop() { pop_to(level() - 1); }
  void pop_to(std::size_t level);
  /// Goes to the end of another list of moves from the start, over what the two have in common.
  void move_to(const std::vector<Move>& moves);

  /// Whether states can be kept and leapt to: where stacks can be put back and every move is one step.
  [[nodiscard]] bool can_leap() const { return options_.rewind == Rewind::images && !options_.reduces; }
  /// The first one is where the cursor stands from then on, as if it had leapt there.
  Copies::Id keep();
  /// What it has leapt to. It pops no further.
  [[nodiscard]] Copies::Id base() const { return base_; }
  [[nodiscard]] Copies& copies() { return *copies_; }
  /// What the last step has stored.
  void list_changes(std::vector<World::Change>& changes) const {
    system_.world().list_changes(frames_.back().mark, changes);
  }
  /// From its base to another copied state, whose words the World has already been given: `further` leads there from
  /// the first `common` moves that led to the base.
  void leap(Copies::Id to, std::size_t common, const std::vector<Move>& further);
  /// No state will be leapt to any more.
  void forget_copies();

  /// The last move with its next picks: what another choice inside it leads to. None if it was the last.
  [[nodiscard]] std::optional<Move> next_choice() const { return next_choice_; }
  /// Violations that the last move brought about.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  /// What the last move, with its private steps, touched, and what it said before the observers.
  [[nodiscard]] const std::vector<Touch>& touched() const { return touched_; }
  [[nodiscard]] const Concern& said() const { return said_; }
  /// The state's identity: World, tasks' histories and pending steps, observers; under the names that come first.
  [[nodiscard]] Fingerprint key();
  /// The same under everybody's own name: races are between agents.
  [[nodiscard]] Fingerprint own_key();
  /// What the cpu is called in the key.
  [[nodiscard]] AgentId named(AgentId cpu);
  /// Places in the list of this state's moves, as its key's names would have them, and back.
  [[nodiscard]] std::uint64_t named(std::uint64_t places, const std::vector<Move>& moves);
  [[nodiscard]] std::uint64_t named_back(std::uint64_t places, const std::vector<Move>& moves);
  /// Of the World alone, when the tasks had done all they were to do: for comparing ends that different engines reach
  /// (Explorable::ending). None before that.
  [[nodiscard]] std::optional<Fingerprint> final_key() {
    return final_ || !at_end_ ? final_ : std::optional<Fingerprint>(world_key());
  }
  /// In how many ways cpus that do the same can be named without making another state of it.
  [[nodiscard]] std::size_t namings() const {
    // Stacks know everybody by their addresses, and words that were read, not told, may name anybody.
    const bool tells_names = options_.renames && options_.local_key == LocalKey::since_forget;
    return tells_names ? symmetry_.renamings().size() + 1 : 1;
  }
  /// Asserts that the present path under other names leads to the present state under these; then back to the start.
  void check_names(const Renaming& names);
  [[nodiscard]] const Symmetry& symmetry() const { return symmetry_; }

  [[nodiscard]] std::uint64_t steps_made() const { return steps_made_; }
  /// Some path has led to where nobody can go on. A search that has seen everything without that has taken states for
  /// one that are not.
  [[nodiscard]] bool has_come_to_an_end() const { return has_come_to_an_end_; }
  /// A shortcut has turned out unfounded: what was explored so far may have gaps, and is to be explored again.
  [[nodiscard]] bool stale() const { return reduction_.stale(); }
  /// From the start, with what has been learned.
  void begin_again();
  /// Moves may be left out for others that are the same in another order: nothing acts only as long as others could.
  [[nodiscard]] bool allows_sleep() const;
  /// Which steps are performed at once; learning which ones may be goes on without. Before the first move.
  void allow_shortcuts(Shortcuts allowed) { shortcuts_ = allowed; }
  /// Whether a return to user mode may come before what others could do before it: that shows whether anything goes
  /// wrong, but hides what else could have been the first to. Before the first move.
  void allow_haste(bool allowed) { reduction_.allow_haste(allowed); }
  void set_coverage(Coverage* coverage) { coverage_ = coverage; }
  [[nodiscard]] Explorable& system() { return system_; }

 private:
  struct SavedFiber {
    Context* context;
    Fiber::Image image;
    std::size_t bytes_at;
    CpuId cpu;
    History history;
    bool in_interrupt;
    std::uint32_t progress;
  };
  struct Frame {
    World::JournalMark mark;
    std::size_t fibers;  ///< saved_ had so many
    std::size_t bytes;   ///< and stacks_ so much of them
    std::uint64_t steps;
    CpuId cpu;
    ExploredHost::CpuState cpu_state;
    bool at_end;
    std::optional<Fingerprint> final;
    bool emitted = false;
    Who who = Who::task(TaskId{0});  ///< who took the step,
    Futures::Point point = Futures::nowhere;  ///< and where he was before
    Location tallied;                         ///< a count that the step has added to,
    std::int64_t tally = 0;                   ///< and how much
    std::unique_ptr<Checker::Saved> observers;
    Fingerprint observed;  ///< if somebody had asked
    bool observed_known = false;
  };

  /// What a move had said and touched before its last step.
  struct Told {
    Concern said;
    std::size_t touched;
  };

  void about_to_run(Context& context) override;
  void on_event(const Event& event) override;
  [[nodiscard]] bool comes_after(Who other, Who next) override;
  void begin();
  void start();
  void list_decisions();
  [[nodiscard]] bool is_winding_down(const Decision& decision) const;
  void enlist();
  void expect(AgentId agent);
  void run_first();
  void observe();
  [[nodiscard]] Remembering remembering() const;
  void step(const Move& move);
  [[nodiscard]] std::optional<Location> tallied_by(const Move& move);
  void note_tally(Who who, Location at, std::uint64_t before);
  void perform(const Move& move);
  void follow(const Move& move, bool right_mover);
  void repeat(const Move& move);
  void run_alone();
  [[nodiscard]] bool shortens(const Decision& decision) const;
  [[nodiscard]] bool is_calm() const;
  bool step_privately(AgentId agent);
  bool step_unless_noticed(const Move& move, Who who, const Label& label);
  bool step_winding_down();
  bool step_easing(AgentId agent);
  bool step_after_mover(AgentId agent, bool& right_mover);
  [[nodiscard]] std::optional<std::uint32_t> private_drain(AgentId cpu);
  [[nodiscard]] Decision drained(std::uint32_t unit) const;
  void go_on(AgentId mover, bool right_mover);
  bool go_on_privately(AgentId cpu);
  bool act_privately(AgentId device);
  bool act_privately(const Decision& decision);
  [[nodiscard]] bool has_room_for(const Decision& decision) const;
  void add_further(const Decision& decision);
  [[nodiscard]] bool is_awaited(AgentId agent, const Footprint& footprint);
  [[nodiscard]] bool meets_waiting(AgentId cpu, const Footprint& footprint);
  [[nodiscard]] bool is_shadowed(const Footprint& footprint) const;
  [[nodiscard]] bool moves_shadow(const Decision& decision);
  [[nodiscard]] bool shadow_lags() const;
  [[nodiscard]] Reduction::Actor actor(const Decision& decision) const;
  [[nodiscard]] bool is_idle_part(Who part) const;
  [[nodiscard]] bool waits_for(TaskId task, Who part);
  [[nodiscard]] bool is_drain(const Decision& decision) const;
  [[nodiscard]] Reduction::Step next_step(const Decision& decision);
  [[nodiscard]] std::optional<Move> choice_after_this() const;
  void start_anew(const std::vector<Move>& steps);
  void restart_at(std::size_t level);
  void take_back_to(std::size_t depth);
  void put_fibers_back(std::size_t first);
  void put_observers_back(std::size_t first);
  void take_back_further(const Told& before);
  [[nodiscard]] Fingerprint locals(const Renaming* names) const;
  [[nodiscard]] Fingerprint key_under(const Renaming* names, const Fingerprint& world);
  [[nodiscard]] Fingerprint world_key();
  void find_key();
  void keep_namings_of_start();

  Explorable& system_;
  ExploredHost& host_;
  CursorOptions options_;
  Reduction reduction_;
  Symmetry symmetry_;
  Coverage* coverage_ = nullptr;
  std::vector<Move> path_;
  std::vector<Move> moves_;
  std::vector<std::size_t> begins_;  ///< where each move begins in path_
  std::size_t first_ = 0;            ///< steps before the first move
  std::vector<Frame> frames_;
  std::vector<SavedFiber> saved_;
  std::unique_ptr<Copies> copies_;
  Copies::Id base_ = Copies::none;
  std::vector<std::unique_ptr<Checker::Saved>> spare_;  ///< of steps that were taken back
  std::vector<char> stacks_;      ///< never shrinks
  std::size_t stack_bytes_ = 0;   ///< in use
  std::vector<Violation> violations_;
  std::vector<Decision> decisions_;   // scratch
  std::vector<std::uint32_t> picks_;  // scratch
  std::vector<std::uint32_t> units_;  // scratch
  std::vector<Context*> ran_;         // scratch
  std::vector<Touch> touched_;
  Concern said_;
  Fingerprint observed_;
  std::optional<Fingerprint> key_;    ///< of this state, as soon as somebody has asked,
  const Renaming* named_ = nullptr;   ///< under whose names
  Symmetry::Least least_;             // scratch
  Concern concern_;  ///< of the last step's events
  bool observed_known_ = false;
  std::optional<Move> next_choice_;
  bool at_end_ = false;
  std::optional<Fingerprint> final_;
  bool only_looked_ = false;  ///< the move's own first step has neither stored nor said anything
  bool moving_ = false;
  Shortcuts shortcuts_ = Shortcuts::all;
  bool has_come_to_an_end_ = false;
  std::uint64_t steps_made_ = 0;
};

}  // namespace mmulab
