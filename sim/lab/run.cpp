// SPDX-License-Identifier: MIT
#include "sim/lab/run.h"

#include <algorithm>
#include <ostream>

#include "models/invariants/event_stats.h"
#include "models/invariants/no_deadlock.h"
#include "models/invariants/register.h"
#include "models/machine/config.h"
#include "sim/lab/build.h"
#include "sim/lab/event_log.h"
#include "sim/lab/subject.h"
#include "workloads/plan.h"

namespace mmulab::lab {
namespace {

/// Invariants, goals and expectations as the configuration selects them. Throws if it names one that does not exist.
void select(Checker& checker, const config::Values& values, const Ledger& ledger) {
  const bool all = !values.contains("invariants");
  std::vector<std::string> wanted, known;
  if (!all) wanted = values.texts("invariants");
  for (auto& invariant : make_invariants(ledger)) {
    const std::string name = invariant->name();
    known.push_back(name);
    const bool named = std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (all || named) checker.add(std::move(invariant), named ? Selection::named : Selection::by_default);
  }
  for (const std::string& name : wanted)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw config::Error(config::diagnose(values.position("invariants"), "there is no invariant `" + name + "`",
                                           config::suggestion(name, known)));
  if (values.contains("goals")) {
    std::vector<std::string> goal_names;
    const auto& goals = values.texts("goals");
    for (auto& goal : make_goals(ledger)) {
      goal_names.push_back(goal->name());
      if (std::find(goals.begin(), goals.end(), goal->name()) != goals.end()) checker.add_goal(std::move(goal), Selection::named);
    }
    for (const std::string& name : goals)
      if (std::find(goal_names.begin(), goal_names.end(), name) == goal_names.end())
        throw config::Error(config::diagnose(values.position("goals"), "there is no goal `" + name + "`",
                                             config::suggestion(name, goal_names)));
  }
  for (const config::Values& e : values.tables("expect"))
    checker.expect({e.text("invariant"), e.contains("class") ? e.text("class") : "", e.contains("why") ? e.text("why") : ""});
  const auto unknown = checker.unknown_expectations();
  if (!unknown.empty())
    throw config::Error(config::diagnose(values.tables("expect").front().position("invariant"),
                                         "there is no selected invariant `" + unknown.front() + "`", config::suggestion(unknown.front(), known)));
}

/// One run, step by step; lives as long as the run.
class TimedRun {
 public:
  TimedRun(const config::Values& values, const std::string& file, const RunControl& control)
      : values_(values), control_(control) {
    result_.subject = run_subject(values, file);
  }

  RunResult operator()() {
    fresh_systemc_kernel();
    assemble();
    drive();
    conclude();
    return std::move(result_);
  }

 private:
  void assemble() {
    workload::PlanEnvironment environment{table_geometry(values_), topology(values_).cpus(), values_.integer("sim.seed")};
    plan_ = workload::make_plan(values_, environment);
    system_ = std::make_unique<System>(system_parts(values_, plan_.limits));
    populate(*system_, plan_);
    watch();
  }

  void watch() {
    CheckerOptions options;
    options.policy = values_.text("sim.on_violation") == "stop" ? OnViolation::stop : OnViolation::count;
    checker_ = std::make_unique<Checker>(options);
    LedgerConfig config = ledger_config(values_, *system_);
    auto ledger = std::make_unique<Ledger>(config, system_->events);
    Ledger& reference = *ledger;
    checker_->add_model(std::move(ledger));
    select(*checker_, values_, reference);
    system_->events.subscribe(*checker_);
    result_.stats = std::make_shared<StatRegistry>();
    stats_ = std::make_unique<EventStats>(*result_.stats);
    stats_->follow(reference, *result_.stats);
    system_->events.subscribe(*stats_);
    if (control_.log != nullptr && control_.log_from != never) {
      log_ = std::make_unique<EventLog>(*control_.log, control_.log_from, *system_);
      system_->events.subscribe(*log_);
    }
  }

  void drive() {
    TimedOptions options;
    options.lookahead = values_.flag("sim.lookahead");
    options.seed = values_.integer("sim.seed");
    limit_ = values_.contains("sim.max_cycles") ? Cycle{values_.integer("sim.max_cycles")} : never;
    options.until = std::min(control_.until, limit_);
    TimedHost& host = system_->make_timed(options);
    checker_->on_stop([&](const Violation& v) {
      stopped_at_ = v.cycle;
      host.stop();
    });
    host.set_heartbeat([&](Cycle at) {
      if (control_.heartbeat) control_.heartbeat(at);
      if (control_.interrupt != nullptr && control_.interrupt->load()) {
        interrupted_ = true;
        host.stop();
      }
    });
    system_->run_timed();
    result_.steps = host.steps();
    result_.end_cycle = host.reached();
    decide_end(host);
  }

  void decide_end(const TimedHost& host) {
    if (interrupted_) result_.end = RunEnd::interrupted;
    else if (host.ending() == TimedHost::Ending::stopped) result_.end = RunEnd::stopped;
    else if (host.ending() == TimedHost::Ending::until) result_.end = control_.until <= limit_ ? RunEnd::until : RunEnd::limit;
    else result_.end = system_->finished() ? RunEnd::finished : RunEnd::deadlock;
    if (result_.end == RunEnd::stopped) result_.end_cycle = stopped_at_;
    if (result_.end == RunEnd::until || result_.end == RunEnd::limit) result_.end_cycle = std::min(control_.until, limit_);
    if (result_.end == RunEnd::deadlock) report_deadlock(host);
    if (result_.end == RunEnd::finished) {
      Event quiet{EventKind::quiescent};
      quiet.cycle = result_.end_cycle;
      quiet.b = system_->borrowed_roots();
      system_->events.publish(quiet);
    }
  }

  void report_deadlock(const TimedHost& host) {
    auto* invariant = dynamic_cast<NoDeadlock*>(checker_->find("no-deadlock"));
    if (invariant == nullptr) return;
    std::vector<std::string> story;
    for (std::uint32_t c = 0; c < host.cpus(); ++c) {
      const TaskId task = system_->world.load(system_->state->cpu_current(CpuId{c}));
      const std::string what = host.waiting_for(CpuId{c});
      if (!what.empty()) story.push_back(fmt::format("cpu {} runs {} and waits in {}", c, system_->task_name(task), what));
    }
    invariant->report_deadlock(result_.end_cycle, "no cpu can go on, and not every task has ended", story);
  }

  void conclude() {
    result_.measured_from = stats_->begun();
    result_.measured = !plan_.warms_up || stats_->begun() != Cycle{};
    result_.violations = checker_->violations();
    result_.violations_total = checker_->violation_count();
    result_.invariants = checker_->results();
    result_.goals = checker_->goals();
    result_.expectations = checker_->expectations();
    result_.as_expected = checker_->as_expected();
    for (std::uint32_t t = 0; t < system_->tasks(); ++t)
      result_.tasks.push_back({system_->task_name(TaskId{t}), system_->world.load(system_->state->task_cpu(TaskId{t}))});
    if (checker_->violation_count() != 0) result_.verdict = RunVerdict::violated;
    else if (result_.end == RunEnd::limit) result_.verdict = RunVerdict::undecided;
    else if (checker_->verdict() == Verdict::vacuous) result_.verdict = RunVerdict::vacuous;
    if (result_.end == RunEnd::interrupted) result_.verdict = RunVerdict::interrupted;
  }

  const config::Values& values_;
  const RunControl& control_;
  RunResult result_;
  workload::Plan plan_;
  std::unique_ptr<System> system_;
  std::unique_ptr<Checker> checker_;
  std::unique_ptr<EventStats> stats_;
  std::unique_ptr<EventLog> log_;
  Cycle limit_ = never;
  Cycle stopped_at_;
  bool interrupted_ = false;
};

}  // namespace

RunResult run(const config::Values& values, const std::string& file, const RunControl& control) {
  const config::Values scaled = values.scaled(config::Confidence::Low, values.integer("sim.low_confidence_percent"));
  return TimedRun(scaled, file, control)();
}

}  // namespace mmulab::lab
