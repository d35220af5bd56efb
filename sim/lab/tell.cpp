// SPDX-License-Identifier: MIT
#include "sim/lab/tell.h"

#include <algorithm>
#include <array>

#include "sim/config/diagnostic.h"
#include "sim/lab/told_tables.h"

namespace mmulab::lab {
namespace {

std::string actor_name(const TracedStep& step, const ExploredHost& host) {
  if (step.cpu.exists()) return fmt::format("cpu {}", step.cpu);
  return fmt::format("device {}.{}", step.move.decision.agent.raw() - host.cpus(), step.move.decision.value);
}

/// What a task keeps of itself says nothing about translation.
bool is_bookkeeping(const World& world, Location at) {
  const std::string& region = world.region_of(at).name;
  return region == "task" || region == "cpu";
}

/// Whose lock the word is: "table 2"; empty where there is only one.
std::string lock_owner(const World& world, Location at) {
  static constexpr std::array<std::pair<const char*, const char*>, 5> owners = {
      {{"mm", "mm"}, {"page", "frame"}, {"file", "file"}, {"table", "table"}, {"cpu", "cpu"}}};
  const World::RegionInfo& info = world.region_of(at);
  for (const auto& [region, owner] : owners)
    if (info.name == region) return fmt::format("{} {}", owner, info.region.record_of(at));
  return info.region.count() == 1 ? "" : world.describe(at);
}

/// "mmap_sem of mm 0 (read)"
std::string lock_text(const World& world, const HeldLock& lock) {
  std::string text = name_of(lock.lock_class);
  if (const std::string owner = lock_owner(world, lock.at); !owner.empty()) text += " of " + owner;
  if (lock.lock_class == LockClass::mmap_sem) text += lock.for_reading ? " (read)" : " (write)";
  return text;
}

ToldStep told(ExploredSystem& explored, const TracedStep& step) {
  const System& system = explored.system();
  ToldStep t;
  t.actor = actor_name(step, explored.host());
  t.lane = step.cpu.exists() ? static_cast<int>(step.cpu.raw()) : -1;
  t.task = step.task.exists() ? system.task_name(step.task) : "";
  t.label = step.label != nullptr ? std::string(step.label->name()) : "(takes an interrupt)";
  t.source = step.label != nullptr ? step.label->source() : "";
  for (const TracedStore& store : step.stores)
    if (!is_bookkeeping(system.world, store.at))
      t.changes.push_back(
          fmt::format("{} 0x{:x} -> 0x{:x}", system.world.describe(store.at), store.old_value, store.new_value));
  if (step.task.exists())
    for (const HeldLock& lock : explored.ledger().execution().task(step.task).locks)
      t.locks.push_back(lock_text(system.world, lock));
  return t;
}

std::string race_text(const Trace& trace, const World& world) {
  if (trace.race_first == trace.race_second) return "";
  const TracedStep& a = trace.steps[trace.race_first];
  const TracedStep& b = trace.steps[trace.race_second];
  std::string where;
  for (const Touch& x : a.footprint)
    for (const Touch& y : b.footprint)
      for (std::uint32_t w = 0; w < x.words && where.empty(); ++w)
        if (y.covers(Location{x.first.raw() + w}) && clash(x.use, y.use))
          where = world.describe(Location{x.first.raw() + w});
  const auto name = [](const TracedStep& s) {
    return s.cpu.exists() ? fmt::format("cpu {}'s {}", s.cpu, s.label->name()) : std::string(s.label->name());
  };
  return fmt::format("step {}, {}, came before step {}, {}; both touch {}", trace.race_first + 1, name(a),
                     trace.race_second + 1, name(b), where);
}

std::uint64_t switches_of(const Trace& trace) {
  std::uint64_t switches = 0;
  CpuId last;
  for (const TracedStep& step : trace.steps) {
    if (!step.cpu.exists()) continue;
    if (last.exists() && last != step.cpu) ++switches;
    last = step.cpu;
  }
  return switches;
}

class Teller {
 public:
  explicit Teller(const config::Values& values)
      : explored_(values, OnViolation::count), tracer_(explored_), cursor_(explored_, CursorOptions::plain()) {
    tracer_.set_witness([this](const TracedStep& step) {
      steps_.push_back(told(explored_, step));
      events_.push_back(explored_.ledger().order());
    });
    events_at_start_ = explored_.ledger().order();
  }

  TraceResult perform(const std::vector<Move>& moves, const std::vector<std::string>& labels,
                      std::uint64_t break_at = 0) {
    return tracer_.perform(cursor_, moves, labels, break_at);
  }

  ToldCounterexample words(const Trace& trace, const std::string& invariant, const std::string& class_id) {
    ToldCounterexample told_one;
    for (const Violation& v : trace.violations)
      if (v.invariant == invariant && v.class_id == class_id) told_one.violation = v;
      else told_one.others.push_back(v);
    if (!told_one.violation.invariant.empty()) told_one.others.clear();
    told_one.steps = steps_;
    told_one.window = window_of(told_one.violation);
    told_one.race = race_text(trace, explored_.world());
    if (!told_one.race.empty()) {
      told_one.race_first = trace.race_first + 1;
      told_one.race_second = trace.race_second + 1;
    }
    tell_tables(told_one, trace);
    told_one.switches = switches_of(trace);
    return told_one;
  }

  [[nodiscard]] std::uint32_t cpus() { return explored_.host().cpus(); }

 private:
  /// What went wrong did so in the last step.
  [[nodiscard]] ToldWindow window_of(const Violation& violation) const {
    if (violation.opened_by == 0 || events_.empty()) return {};
    if (violation.opened_by <= events_at_start_) return {0, events_.size()};
    const auto opening = std::lower_bound(events_.begin(), events_.end(), violation.opened_by);
    return {static_cast<std::size_t>(opening - events_.begin()) + 1, events_.size()};
  }

  /// As they stood before the window and the racing pair, and as they are at the end, where the cursor stands again.
  void tell_tables(ToldCounterexample& told_one, const Trace& trace) {
    std::size_t before = told_one.race_first;
    if (told_one.window.known() && (before == 0 || told_one.window.opened < before)) before = told_one.window.opened;
    before = std::max<std::size_t>(before, 1);
    TableTeller teller(explored_);
    teller.concern(told_one.violation);
    const std::vector<Move> moves = cursor_.moves();
    cursor_.pop_to(std::min(before - 1, moves.size()));
    teller.concern(told_one.violation);
    teller.concern(trace);
    teller.tell_before();
    cursor_.move_to(moves);
    teller.tell_after();
    told_one.tables_before = before;
    told_one.tables = teller.tables();
  }

  ExploredSystem explored_;
  Tracer tracer_;
  Cursor cursor_;
  std::vector<ToldStep> steps_;
  std::uint64_t events_at_start_ = 0;
  std::vector<std::uint64_t> events_;  ///< how many there had been after each step
};

Schedule schedule_of(const Schedule& heading, const Violation& violation, const Trace& trace, std::uint32_t cpus) {
  Schedule schedule = heading;
  schedule.invariant = violation.invariant;
  schedule.class_id = violation.class_id;
  for (const TracedStep& step : trace.steps) {
    ScheduledStep s;
    s.move = step.move;
    Decision& decision = s.move.decision;
    if (decision.kind == Decision::Kind::device) decision.agent = AgentId{decision.agent.raw() - cpus};
    s.label = step.label != nullptr ? std::string(step.label->name()) : "interrupt";
    schedule.steps.push_back(s);
  }
  return schedule;
}

[[noreturn]] void complain_stale(const Schedule& schedule, const TraceResult& result, const std::string& file) {
  const ScheduledStep& step = schedule.steps[result.stale_at];
  config::Diagnostic problem;
  problem.file = file;
  problem.line = step.line;
  problem.column = 1;
  problem.source_line = step.text;
  problem.message = fmt::format("the schedule is stale at step {}: expected `{}`, {}", result.stale_at + 1, step.label,
                                result.found.empty() ? "which the model cannot do there"
                                                     : "the model does `" + result.found + "`");
  problem.hint = "the model or the configuration has changed since it was recorded; `mmulab check` finds a new one";
  throw config::Error(problem);
}

}  // namespace

ToldCounterexample tell(const config::Values& values, const Counterexample& found, const Schedule& heading) {
  Teller teller(values);
  const TraceResult result = teller.perform(found.path, {});
  MMULAB_ASSERT(!result.stale, "a counterexample can be performed again");
  ToldCounterexample told_one = teller.words(result.trace, found.violation.invariant, found.violation.class_id);
  MMULAB_ASSERT(!told_one.violation.invariant.empty(), "a counterexample shows its violation again");
  told_one.schedule = to_text(schedule_of(heading, found.violation, result.trace, teller.cpus()));
  return told_one;
}

ToldCounterexample tell(const config::Values& values, const Schedule& schedule, const std::string& schedule_file,
                        std::uint64_t break_at) {
  Teller teller(values);
  const std::vector<Move> moves = schedule.moves(teller.cpus());
  const std::vector<std::string> labels = schedule.labels();
  const TraceResult result = teller.perform(moves, labels, break_at);
  if (result.stale) complain_stale(schedule, result, schedule_file);
  ToldCounterexample told_one = teller.words(result.trace, schedule.invariant, schedule.class_id);
  told_one.engine = "replay";
  return told_one;
}

}  // namespace mmulab::lab
