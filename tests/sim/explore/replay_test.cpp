// SPDX-License-Identifier: MIT
// A recorded schedule performed again: explored, gated in the timed machine, up to a step for a debugger; and what is
// said of one that the model does not follow any more.
#include <csignal>

#include "sim/config/diagnostic.h"
#include "sim/explore/trace.h"
#include "sim/lab/check.h"
#include "sim/results/report.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

std::string refault_under(const std::string& strategy) {
  return "machine = 'ppc64-tiny'\nkernel = '2.6.20'\nstrategy = '" + strategy + "'\n" +
         heap_script(1, {"warmup = ['load heap']\nops = ['zero_read heap']",
                         "warmup = ['load heap']\nops = ['store heap']"});
}
const std::string refault = refault_under("ppc64-2.6.20");
const std::string own_file = "small.toml";

struct Recorded {
  config::Values values = small_system(refault);
  Schedule schedule;
  Violation violation;
};

/// The schedule that `check` writes, as it is read again.
const Recorded& recorded() {
  static const Recorded once = [] {
    Recorded r;
    lab::CheckControl control;
    const CheckResult result = lab::check(r.values, own_file, control);
    REQUIRE(result.counterexamples.size() == 1);
    r.schedule = read_schedule(result.counterexamples.front().schedule, "s.txt");
    r.violation = result.counterexamples.front().violation;
    return r;
  }();
  return once;
}

CheckResult replay(const Schedule& schedule) {
  return lab::replay(recorded().values, own_file, schedule, "s.txt", 0);
}
RunResult replay_timed(const config::Values& values, const Schedule& schedule) {
  return lab::replay_timed(values, own_file, schedule, lab::RunControl{});
}

Schedule without_its_last(std::size_t steps) {
  Schedule shorter = recorded().schedule;
  shorter.steps.resize(shorter.steps.size() - steps);
  return shorter;
}

template <class Perform>
config::Diagnostic refusal(const Perform& perform) {
  try {
    perform();
  } catch (const config::Error& error) {
    return error.problems().front();
  }
  FAIL("it was not refused");
  return {};
}

/// SIGTRAP, caught: how far the cursor was.
volatile std::sig_atomic_t traps = 0;
volatile std::sig_atomic_t depth_at_trap = 0;
const Cursor* watched = nullptr;

void note_trap(int) {
  traps = traps + 1;
  depth_at_trap = static_cast<std::sig_atomic_t>(watched->depth());
}

void perform_up_to(std::uint64_t break_at) {
  lab::ExploredSystem explored(recorded().values, OnViolation::count);
  Tracer tracer(explored);
  Cursor cursor(explored, CursorOptions::plain());
  traps = 0;
  watched = &cursor;
  const auto before = std::signal(SIGTRAP, note_trap);
  const Schedule& schedule = recorded().schedule;
  const TraceResult result =
      tracer.perform(cursor, schedule.moves(explored.host().cpus()), schedule.labels(), break_at);
  std::signal(SIGTRAP, before);
  // Whoever is let go on goes on to the end.
  CHECK_FALSE(result.stale);
  CHECK(result.trace.steps.size() == schedule.steps.size());
}

}  // namespace

TEST_CASE("A schedule that is replayed shows the violation that it was recorded for, at its last step") {
  if (searching_takes_too_long()) return;
  const CheckResult result = replay(recorded().schedule);
  CHECK(result.verdict == CheckVerdict::violated);
  CHECK(exit_code(result, false) == 1);
  const ToldCounterexample& told = result.counterexamples.front();
  CHECK(told.violation.message == recorded().violation.message);
  CHECK(told.steps.size() == recorded().schedule.steps.size());
}

TEST_CASE("A replay says everything about each step, and why") {
  if (searching_takes_too_long()) return;
  CheckResult result = replay(recorded().schedule);
  result.counterexamples.front().schedule_file = "s.txt";
  const std::string text = report(result);
  const auto says = [&](const std::string& what) {
    INFO(what);
    CHECK(text.find(what) != std::string::npos);
  };
  says("cpu 0, a");
  says("cpu 1, b");
  says("\n   1 ");
  says(fmt::format("\n{:>4} ", recorded().schedule.steps.size()));
  says("ppc64.pte_clear");
  says("models/ppc64/pte_ops.cpp:");
  says("holds mmap_sem of mm 0 (read), ptl of table 2");
  says("\n       cpu 0, a");
  says("the window is open from step ");
  says(" 0x0 -> 0x8\n");
  says("a flush of the older entry is pending in a batch");
  says("came before step ");
  says("   tables, before step ");
  says("again with: mmulab replay s.txt");
}

TEST_CASE("A schedule that ends before its violation has shown nothing, without the clock and with it") {
  if (searching_takes_too_long()) return;
  const Schedule shorter = without_its_last(1);
  const CheckResult explored = replay(shorter);
  CHECK(explored.verdict == CheckVerdict::undecided);
  CHECK(exit_code(explored, false) == 3);
  CHECK(report(explored).find("the schedule ends without its violation") != std::string::npos);
  const RunResult timed = replay_timed(recorded().values, shorter);
  CHECK(timed.violations.empty());
  CHECK(timed.end == RunEnd::schedule);
  CHECK(timed.verdict == RunVerdict::undecided);
  CHECK(exit_code(timed, false) == 3);
  CHECK(report(timed).find("the schedule ends without its violation") != std::string::npos);
}

TEST_CASE("The timed machine follows a schedule to the same violation, and gives it a cycle") {
  if (searching_takes_too_long()) return;
  const RunResult timed = replay_timed(recorded().values, recorded().schedule);
  CHECK(timed.verdict == RunVerdict::violated);
  REQUIRE(timed.violations.size() == 1);
  const Violation& v = timed.violations.front();
  CHECK(v.invariant == recorded().violation.invariant);
  CHECK(v.class_id == recorded().violation.class_id);
  CHECK(v.locations == recorded().violation.locations);
  CHECK(v.cpu == recorded().violation.cpu);
  // A step costs a cycle at least, and most of them some hundred.
  CHECK(v.cycle.raw() > 10 * recorded().schedule.steps.size());
  CHECK(timed.end_cycle == v.cycle);
}

TEST_CASE("Followed on a faster machine a schedule shows the same, earlier") {
  if (searching_takes_too_long()) return;
  const config::Values faster = small_system("sim.low_confidence_percent = 50\n" + refault);
  const RunResult slow = replay_timed(recorded().values, recorded().schedule);
  const RunResult fast = replay_timed(faster, recorded().schedule);
  REQUIRE(fast.violations.size() == 1);
  CHECK(fast.violations.front().message == slow.violations.front().message);
  CHECK(fast.end_cycle < slow.end_cycle);
}

TEST_CASE("The timed machine refuses schedules that it has no counterpart for, and says what to do") {
  if (searching_takes_too_long()) return;
  const auto message = [](const std::string& key) {
    const config::Values values = small_system(key + refault);
    return refusal([&] { replay_timed(values, recorded().schedule); }).message;
  };
  CHECK(message("check.memory = 'tso'\n") == "the timed machine is sequentially consistent and cannot delay stores");
  CHECK(message("check.tlb = 'explicit'\n") == "the timed machine's TLBs do nothing by themselves");
}

TEST_CASE("A stale schedule is refused at the very step where it differs, with its line") {
  if (searching_takes_too_long()) return;
  const std::size_t steps = recorded().schedule.steps.size();
  for (const std::size_t at : {std::size_t{0}, steps / 2, steps - 1}) {
    Schedule stale = recorded().schedule;
    stale.steps[at].label = "no.such_step";
    const config::Diagnostic problem = refusal([&] { replay(stale); });
    CHECK(problem.message ==
          fmt::format("the schedule is stale at step {}: expected `no.such_step`, the model does `{}`", at + 1,
                      recorded().schedule.steps[at].label));
    CHECK(problem.line == stale.steps[at].line);
    CHECK(problem.source_line == stale.steps[at].text);
  }
}

TEST_CASE("A step that the model cannot take there makes a schedule stale, too") {
  if (searching_takes_too_long()) return;
  Schedule stale = recorded().schedule;
  ScheduledStep impossible;
  impossible.move.decision = {Decision::Kind::interrupt, AgentId{0}, 0};
  impossible.label = "interrupt";
  stale.steps.insert(stale.steps.begin() + 3, impossible);
  CHECK(refusal([&] { replay(stale); }).message ==
        "the schedule is stale at step 4: expected `interrupt`, which the model cannot do there");
}

TEST_CASE("A schedule becomes stale with the strategy that cures what it shows") {
  if (searching_takes_too_long()) return;
  const config::Values cured = small_system(refault_under("ppc64-2.6.22"));
  const config::Diagnostic problem =
      refusal([&] { lab::replay(cured, own_file, recorded().schedule, "s.txt", 0); });
  CHECK(problem.message.find("the schedule is stale at step ") == 0);
  CHECK(problem.line > 5);
}

TEST_CASE("A debugger gets control before the step that it has asked for, and only then") {
  if (searching_takes_too_long()) return;
  const std::size_t steps = recorded().schedule.steps.size();
  for (const std::size_t at : {std::size_t{1}, std::size_t{17}, steps}) {
    perform_up_to(at);
    CHECK(traps == 1);
    CHECK(static_cast<std::size_t>(depth_at_trap) == at - 1);
  }
  perform_up_to(0);
  CHECK(traps == 0);
  perform_up_to(steps + 1);
  CHECK(traps == 0);
}
