// SPDX-License-Identifier: MIT
#include "sim/lab/run.h"

#include <algorithm>
#include <ostream>

#include "models/invariants/event_stats.h"
#include "models/invariants/no_deadlock.h"
#include "models/machine/config.h"
#include "sim/lab/build.h"
#include "sim/lab/event_log.h"
#include "sim/lab/selection.h"
#include "sim/lab/subject.h"
#include "sim/lab/traffic_stats.h"
#include "workloads/plan.h"

namespace mmulab::lab {
namespace {

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
    workload::PlanEnvironment environment{table_geometry(values_), topology(values_).cpus(),
                                          values_.integer("sim.seed")};
    plan_ = workload::make_plan(values_, environment);
    system_ = assemble_system(system_parts(values_, plan_.limits));
    populate(*system_, plan_);
    watch();
  }

  /// Who switches everything off does not pay for a reference model that nobody reads.
  [[nodiscard]] bool checks_anything() const {
    return !values_.contains("invariants") || !values_.texts("invariants").empty() || values_.contains("goals");
  }

  void watch() {
    CheckerOptions options;
    options.policy = values_.text("sim.on_violation") == "stop" ? OnViolation::stop : OnViolation::count;
    checker_ = std::make_unique<Checker>(options);
    LedgerConfig config = ledger_config(values_, *system_);
    auto ledger = std::make_unique<Ledger>(config, system_->events);
    select_checks(*checker_, values_, *ledger);
    result_.stats = std::make_shared<StatRegistry>();
    stats_ = std::make_unique<EventStats>(*result_.stats);
    stats_->follow(*ledger, *result_.stats);
    if (checks_anything()) {
      checker_->add_model(std::move(ledger));
      system_->events.subscribe(*checker_);
    }
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
    if (!control_.follow.empty()) host.follow(control_.follow);
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
    enter_traffic(*system_, *result_.stats);
    if (plan_.tell) plan_.tell(*result_.stats);
    decide_end(host);
  }

  void decide_end(const TimedHost& host) {
    if (interrupted_) result_.end = RunEnd::interrupted;
    else if (!control_.follow.empty()) result_.end = followed_to_the_end(host);
    else if (host.ending() == TimedHost::Ending::stopped) result_.end = RunEnd::stopped;
    else if (host.ending() == TimedHost::Ending::until)
      result_.end = control_.until <= limit_ ? RunEnd::until : RunEnd::limit;
    else result_.end = system_->finished() ? RunEnd::finished : RunEnd::deadlock;
    if (result_.end == RunEnd::stopped && checker_->violation_count() != 0) result_.end_cycle = stopped_at_;
    if (result_.end == RunEnd::until || result_.end == RunEnd::limit)
      result_.end_cycle = std::min(control_.until, limit_);
    if (result_.end == RunEnd::deadlock) report_deadlock(host);
    if (result_.end == RunEnd::finished) {
      Event quiet{EventKind::quiescent};
      quiet.cycle = result_.end_cycle;
      quiet.b = system_->borrowed_roots();
      system_->events.publish(quiet);
    }
  }

  [[nodiscard]] RunEnd followed_to_the_end(const TimedHost& host) const {
    if (checker_->violation_count() != 0) return RunEnd::stopped;
    if (host.followed() == control_.follow.size()) return RunEnd::schedule;
    throw config::Error(config::diagnose(
        {}, fmt::format("the timed machine cannot follow the schedule beyond its step {}", host.followed()),
        "an agent of the explorer's own (speculation, eviction) has no timed counterpart"));
  }

  void report_deadlock(const TimedHost& host) {
    auto* invariant = dynamic_cast<NoDeadlock*>(checker_->find("no-deadlock"));
    if (invariant == nullptr) return;
    std::vector<std::string> story;
    for (std::uint32_t c = 0; c < host.cpus(); ++c) {
      const TaskId task = system_->world.load(system_->state->cpu_current(CpuId{c}));
      const std::string what = host.waiting_for(CpuId{c});
      if (!what.empty())
        story.push_back(fmt::format("cpu {} runs {} and waits in {}", c, system_->task_name(task), what));
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
      result_.tasks.push_back(
          {system_->task_name(TaskId{t}), system_->world.load(system_->state->task_cpu(TaskId{t}))});
    if (checker_->violation_count() != 0) result_.verdict = RunVerdict::violated;
    else if (result_.end == RunEnd::limit || result_.end == RunEnd::schedule) result_.verdict = RunVerdict::undecided;
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
  const std::uint64_t percent = values.integer("sim.low_confidence_percent");
  if (percent == 100) return TimedRun(values, file, control)();
  return TimedRun(values.scaled(config::Confidence::Low, percent), file, control)();
}

}  // namespace mmulab::lab
