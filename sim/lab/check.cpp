// SPDX-License-Identifier: MIT
#include "sim/lab/check.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <tuple>

#include "sim/config/diagnostic.h"
#include "sim/explore/shrink.h"
#include "sim/lab/assumptions.h"
#include "sim/lab/build.h"
#include "sim/lab/subject.h"
#include "sim/lab/tell.h"
#include "sim/lab/walks.h"

namespace mmulab::lab {
namespace {

constexpr std::uint64_t replays_max = 20'000;
/// Beyond this many switches nobody has the patience, and few bugs need them (CHESS).
constexpr std::uint64_t bound_max = 6;
/// How far breadth-first looks for a shorter counterexample than depth-first has found, and than random schedules have,
/// which leave a large tree behind them.
constexpr std::uint64_t states_enough = 200'000;
constexpr std::uint64_t states_for_walks = 100'000;

class Check {
 public:
  Check(const config::Values& values, const std::string& file, const CheckControl& control)
      : values_(values), control_(control), explored_(values, OnViolation::count), cursor_(explored_, options()),
        coverage_(control.orders), walks_(values, control.walks_from) {
    if (values.text("check.engine") == "dpor" && values.contains("check.switches_max"))
      throw config::Error(config::diagnose(values.position("check.switches_max"),
                                           "dpor takes no bound on context switches",
                                           "an execution of its stands for others with more or fewer; use dfs"));
    result_.subject = run_subject(values, file);
    result_.memory_model = values.text("check.memory");
    heading_.scenario = control.scenario.empty() ? file : control.scenario;
    heading_.overrides = control.overrides;
    heading_.config_hash = values.config_hash();
    goal_.every_class = control.all_classes;
    if (control.expect)
      for (const Expectation& e : explored_.checker().expectations())
        goal_.wanted.emplace_back(e.invariant, e.class_id);
  }

  CheckResult operator()() {
    learn();
    const std::string& engine = values_.text("check.engine");
    if (control_.all_classes) decide(run_for_classes());
    else if (engine == "auto") choose_engines();
    else decide(run(engine, bound()));
    conclude();
    return std::move(result_);
  }

 private:
  CursorOptions options() const {
    CursorOptions o;
    // What hardware does that need never act is not learned from schedules: no step is known to concern nobody else.
    o.reduces = values_.flag("check.reduce") && explored_tlb(values_) != TlbAgents::explicit_moves;
    o.renames = values_.flag("check.rename");
    return o;
  }

  [[nodiscard]] std::uint64_t bound() const {
    return values_.contains("check.switches_max") ? values_.integer("check.switches_max") : SearchLimits::none;
  }

  [[nodiscard]] SearchLimits limits(std::uint64_t switches_max) const {
    SearchLimits limits;
    limits.states_max = values_.integer("check.states_max");
    if (values_.contains("check.steps_max")) limits.steps_max = values_.integer("check.steps_max");
    if (values_.contains("check.seconds_max"))
      limits.seconds_max = static_cast<double>(values_.integer("check.seconds_max"));
    limits.memory_max_bytes = values_.integer("check.memory_max_mib") << 20;
    limits.schedules_max = values_.integer("check.schedules");
    limits.switches_max = switches_max;
    limits.interrupt = control_.interrupt;
    return limits;
  }

  /// Breadth-first takes every step by itself: what it finds is then as short as can be.
  struct Plain {
    explicit Plain(const config::Values& values)
        : explored(values, OnViolation::count), cursor(explored, options(values)) {}
    static CursorOptions options(const config::Values& values) {
      CursorOptions o = CursorOptions::plain();
      o.renames = values.flag("check.rename");
      return o;
    }
    ExploredSystem explored;
    Cursor cursor;
  };
  Plain& plain() {
    if (plain_ == nullptr) plain_ = std::make_unique<Plain>(values_);
    return *plain_;
  }

  SearchResult run_once(const std::string& engine, const SearchLimits& limits) {
    if (engine == "bfs") return search_breadth_first(plain().cursor, limits, goal_, coverage_);
    if (engine == "dpor") return search_by_reversing(cursor_, limits, goal_, coverage_);
    if (engine == "dfs") return search_depth_first(cursor_, limits, goal_, coverage_);
    const RandomKind kind = engine == "pct" ? RandomKind::pct : engine == "urw" ? RandomKind::urw : RandomKind::random;
    return search_at_random(cursor_, limits, goal_, coverage_, kind, values_.integer("sim.seed"),
                            static_cast<std::uint32_t>(values_.integer("check.pct_depth")));
  }

  /// A few schedules without shortcuts show most of what is shared, so that the search seldom has to begin again.
  void learn() {
    constexpr std::uint64_t walks = 24;
    if (!options().reduces) return;
    SearchLimits few;
    few.schedules_max = walks;
    SearchGoal nothing;
    nothing.exhaust = true;
    cursor_.allow_shortcuts(Shortcuts::none);
    search_at_random(cursor_, few, nothing, coverage_, RandomKind::random, 1, 1);
    cursor_.allow_shortcuts(Shortcuts::all);
    cursor_.begin_again();
  }

  /// Runs an engine until its shortcuts hold.
  EngineRun run(const std::string& engine, std::uint64_t switches_max, std::uint64_t states_max = SearchLimits::none) {
    SearchLimits budget = limits(switches_max);
    budget.states_max = std::min(budget.states_max, states_max);
    return run(engine, budget);
  }

  EngineRun run(const std::string& engine, SearchLimits budget) {
    EngineRun run;
    run.switches_max = budget.switches_max;
    if (budget.steps_max != SearchLimits::none) budget.steps_max += cursor_.steps_made();
    for (;;) {
      run.result = run_once(engine, budget);
      const SearchEnd end = run.result.end;
      // A counterexample is one, whatever it was found by.
      if (end == SearchEnd::found || end == SearchEnd::elsewhere) break;
      // Breadth-first has a cursor of its own, without shortcuts.
      if (end != SearchEnd::stale && (engine == "bfs" || !cursor_.stale())) break;
      cursor_.begin_again();
      ++run.restarts;
    }
    result_.engines.push_back(run);
    return run;
  }

  /// Prove if the states suffice (within the bound, if one is given), and meanwhile try at random; else bound the
  /// switches, one more each time; else try at random alone.
  void choose_engines() {
    EngineRun whole = run_beside_walks();
    if (whole.result.end == SearchEnd::elsewhere) return decide(shorter(walks_.run(), states_for_walks));
    if (!whole.result.counterexamples.empty()) return decide(shorter(whole, states_enough));
    if (whole.result.end != SearchEnd::states) return decide(whole);
    EngineRun best;
    std::size_t best_at = 0;
    for (std::uint64_t k = 0; k <= bound_max && k < bound(); ++k) {
      const EngineRun bounded = run("dfs", k);
      if (!bounded.result.counterexamples.empty()) return decide(shorter(bounded, states_enough));
      if (bounded.result.end != SearchEnd::complete) break;
      best = bounded;
      best_at = result_.engines.size() - 1;
      if (bounded.result.bound_cut == 0) break;
    }
    if (best_at != 0) {
      // Who has decided is told last.
      const auto decisive = result_.engines.begin() + static_cast<std::ptrdiff_t>(best_at);
      std::rotate(decisive, decisive + 1, result_.engines.end());
      return decide(best);
    }
    decide(bound() != SearchLimits::none ? whole : run("pct", SearchLimits::none));
  }

  /// Whether anything is wrong, and if so, once more for everything that can be the first to go wrong.
  EngineRun run_for_classes() {
    const EngineRun any = run("dfs", bound());
    if (any.result.counterexamples.empty()) return any;
    result_.engines.pop_back();
    cursor_.allow_haste(false);
    cursor_.begin_again();
    return run("dfs", bound());
  }

  /// Depth-first; what lies far away in a large tree random schedules may find meanwhile. Who of the two has decided is
  /// told last.
  EngineRun run_beside_walks() {
    SearchLimits budget = limits(bound());
    // They heed no bound.
    if (bound() == SearchLimits::none)
      budget.found_elsewhere = [this](std::uint64_t states) {
        return walks_.is_due(states) && walks_.go_on(plain().cursor, goal_, coverage_, states, control_.interrupt);
      };
    EngineRun whole = run("dfs", budget);
    const bool found = whole.result.end == SearchEnd::elsewhere;
    if (walks_.any()) result_.engines.insert(result_.engines.end() - (found ? 0 : 1), walks_.run());
    return whole;
  }

  /// Once more where it is counted what invariants have judged.
  void witness(const Counterexample& found) {
    coverage_.jump();
    cursor_.allow_shortcuts(Shortcuts::none);
    cursor_.begin_again();
    for (const Move& move : found.path) cursor_.push(move);
    std::vector<Move> possible;
    // A deadlock shows when nothing can follow.
    cursor_.list(possible);
  }

  /// Breadth-first finds a shortest schedule, if it gets that far; otherwise `found` is shrunk.
  EngineRun shorter(const EngineRun& found, std::uint64_t states_max) {
    const EngineRun again = run("bfs", found.switches_max, states_max);
    return again.result.counterexamples.size() >= found.result.counterexamples.size() ? again : found;
  }

  void decide(const EngineRun& last) {
    const SearchResult& r = last.result;
    for (const Counterexample& found : r.counterexamples) tell_one(found, r.engine);
    for (const Counterexample& found : walks_.run().result.counterexamples) {
      witness(found);
      if (!is_among(r.counterexamples, found.violation)) tell_one(found, walks_.run().result.engine);
    }
    if (!result_.counterexamples.empty()) result_.verdict = CheckVerdict::violated;
    else if (r.end == SearchEnd::interrupted) result_.verdict = CheckVerdict::interrupted;
    else if (r.end != SearchEnd::complete) result_.verdict = CheckVerdict::undecided;
    else if (last.switches_max != SearchLimits::none && r.bound_cut != 0)
      result_.verdict = CheckVerdict::proved_bounded;
    else result_.verdict = CheckVerdict::proved;
    result_.bound = last.switches_max;
  }

  void tell_one(const Counterexample& found, const std::string& engine) {
    Counterexample shown = found;
    const bool shortest = engine == "bfs";
    if (control_.shrinks) {
      ExploredSystem fresh(values_, OnViolation::count);
      Cursor cursor(fresh, CursorOptions::plain());
      shown = shortest ? reorder(cursor, found, replays_max) : shrink(cursor, found, replays_max);
    }
    ToldCounterexample told = tell(values_, shown, heading_);
    told.engine = engine;
    told.shortest = shortest;
    told.shrunk = control_.shrinks && !shortest;
    result_.counterexamples.push_back(std::move(told));
  }

  void conclude() {
    const bool by_breadth_alone = values_.text("check.engine") == "bfs";
    Checker& checker = by_breadth_alone ? plain().explored.checker() : explored_.checker();
    result_.invariants = checker.results();
    result_.goals = checker.goals();
    result_.expectations = checker.expectations();
    result_.as_expected = checker.as_expected();
    const System& system = explored_.system();
    for (std::uint32_t t = 0; t < system.tasks(); ++t)
      result_.tasks.push_back({system.task_name(TaskId{t}), system.world.load(system.state->task_cpu(TaskId{t}))});
    const bool proved = result_.verdict == CheckVerdict::proved || result_.verdict == CheckVerdict::proved_bounded;
    if (proved && checker.verdict() == Verdict::vacuous) result_.verdict = CheckVerdict::vacuous;
    list_agents();
    list_unreached();
    list_orders();
    result_.subject.assumptions = assumptions_of(values_, options(), cursor_.namings(), result_);
  }

  /// Hardware that acted by itself in some schedule.
  void list_agents() {
    ExploredHost& host = explored_.host();
    for (std::uint32_t id = host.cpus(); id < host.cpus() + host.devices(); ++id)
      if (const Label& label = host.device_label(AgentId{id}); coverage_.reached(label))
        result_.agents.emplace_back(label.name());
  }

  /// A part of which some step took effect, and some other one never did.
  void list_unreached() {
    const auto part = [](const Label& label) { return std::string(label.name().substr(0, label.name().find('.'))); };
    std::vector<std::string> used;
    for (const Label* label : Label::all())
      if (coverage_.reached(*label)) used.push_back(part(*label));
    for (const Label* label : Label::all())
      if (!coverage_.reached(*label) && std::find(used.begin(), used.end(), part(*label)) != used.end())
        result_.unreached.emplace_back(label->name());
    std::sort(result_.unreached.begin(), result_.unreached.end());
  }

  void list_orders() {
    for (const auto& [pair, times] : coverage_.orders()) {
      const auto reversed = coverage_.orders().find({pair.second, pair.first});
      result_.orders.push_back({std::string(pair.first->name()), std::string(pair.second->name()), times,
                                reversed == coverage_.orders().end() ? 0 : reversed->second});
    }
    std::sort(result_.orders.begin(), result_.orders.end(), [](const OrderSeen& a, const OrderSeen& b) {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
  }

  const config::Values& values_;
  const CheckControl& control_;
  ExploredSystem explored_;
  Cursor cursor_;
  std::unique_ptr<Plain> plain_;
  Coverage coverage_;
  SearchGoal goal_;
  Walks walks_;
  Schedule heading_;
  CheckResult result_;
};

}  // namespace

CheckResult check(const config::Values& values, const std::string& file, const CheckControl& control) {
  const auto start = std::chrono::steady_clock::now();
  CheckResult result = Check(values, file, control)();
  result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

RunResult replay_timed(const config::Values& values, const std::string& file, const Schedule& schedule,
                       const RunControl& control) {
  if (values.text("check.memory") != "sc")
    throw config::Error(config::diagnose(values.position("check.memory"),
                                         "the timed machine is sequentially consistent and cannot delay stores",
                                         "replay this schedule without the clock"));
  if (explored_tlb(values) != TlbAgents::on_demand)
    throw config::Error(config::diagnose(values.position("check.tlb"),
                                         "the timed machine's TLBs do nothing by themselves",
                                         "replay this schedule without the clock"));
  ExploredSystem explored(values, OnViolation::count);
  const Cursor started(explored, {});
  RunControl following = control;
  following.follow = explored.boot();
  for (const Move& move : schedule.moves(explored.host().cpus())) {
    following.follow.push_back(move.decision);
    for (std::size_t i = 0; i < move.picks; ++i)
      following.follow.push_back({Decision::Kind::choice, move.decision.agent, move.pick[i]});
  }
  return run(values, file, following);
}

CheckResult replay(const config::Values& values, const std::string& file, const Schedule& schedule,
                   const std::string& schedule_file, std::uint64_t break_at) {
  CheckResult result;
  result.subject = run_subject(values, file);
  result.memory_model = values.text("check.memory");
  ToldCounterexample told = tell(values, schedule, schedule_file, break_at);
  const bool violates = !told.violation.invariant.empty() || !told.others.empty();
  result.verdict = violates ? CheckVerdict::violated : CheckVerdict::undecided;
  result.counterexamples.push_back(std::move(told));
  return result;
}

}  // namespace mmulab::lab
