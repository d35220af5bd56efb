// SPDX-License-Identifier: MIT
// What a user can get wrong with `check` and `replay`: an exact message with its place, exit code 2, nothing on stdout.
#include <csignal>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

#include "sim/cli/app.h"
#include "sim/lab/check.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

namespace mmulab::cli {
namespace {

const std::string refault = MMULAB_SOURCE_DIR "/configs/scenarios/ppc64-refault-small.toml";

class Command {
 public:
  Command() { setenv("MMULAB_CONFIG_PATH", MMULAB_SOURCE_DIR "/configs", 1); }
  ~Command() { unsetenv("MMULAB_CONFIG_PATH"); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Outcome run(const std::vector<std::string>& words) {
    std::ostringstream out, err;
    const int code = run_command(words, {out, err});
    return {code, without(out.str()), without(err.str())};
  }
  std::string refusal(const std::vector<std::string>& words) {
    const Outcome o = run(words);
    CHECK(o.code == 2);
    CHECK(o.out.empty());
    return o.err;
  }
  std::string check(const std::vector<std::string>& options) {
    std::vector<std::string> words = {"check", refault};
    words.insert(words.end(), options.begin(), options.end());
    return refusal(words);
  }
  /// A schedule that shows D1.
  const std::string& schedule() {
    if (!schedule_.empty()) return schedule_;
    const std::string file = shelf_.file("d1.schedule");
    CHECK(run({"check", refault, "--schedule", file}).code == 1);
    return schedule_ = shelf_.read("d1.schedule");
  }
  std::string replay(const std::string& text, const std::vector<std::string>& options = {}) {
    return refusal(replay_words(text, options));
  }
  std::vector<std::string> replay_words(const std::string& text, const std::vector<std::string>& options = {}) {
    shelf_.write("s.schedule", text);
    std::vector<std::string> words = {"replay", shelf_.file("s.schedule")};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

 private:
  std::string without(std::string text) const {
    for (const std::string& folder : {shelf_.file(""), std::string(MMULAB_SOURCE_DIR "/")})
      for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
        text.erase(at, folder.size());
    return text;
  }
  Shelf shelf_;
  std::string schedule_;
};

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

/// The signal that a process which runs the command ends by; 0: none.
int signal_of(const std::vector<std::string>& words) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGTRAP, SIG_DFL);
    std::ostringstream out, err;
    _exit(run_command(words, {out, err}));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST_CASE("check: an engine that does not exist, a budget of zero, a bound where none is taken") {
  Command command;
  CHECK(command.check({"--engine", "foo"}) == R"(error: `check.engine`: there is no choice "foo"
 --> --set:1:14
  |
1 | check.engine=foo
  |              ^^^
  = help: known here: auto, bfs, dfs, dpor, pct, random, urw
)");
  CHECK(command.check({"--max-states", "0"}) == R"(error: `check.states_max`: 0 is out of range
 --> --set:1:18
  |
1 | check.states_max=0
  |                  ^
  = help: at least 1
)");
  CHECK(first_line(command.check({"--max-time", "0"})) == "error: `check.seconds_max`: 0 is out of range");
  CHECK(first_line(command.check({"--max-memory", "0"})) == "error: `check.memory_max_mib`: 0 is out of range");
  CHECK(first_line(command.check({"--set", "check.schedules=0"})) == "error: `check.schedules`: 0 is out of range");
  CHECK(first_line(command.check({"--set", "check.steps_max=0"})) == "error: `check.steps_max`: 0 is out of range");
  CHECK(command.check({"--engine", "dpor", "--bound", "2"}) == R"(error: dpor takes no bound on context switches
 --> --set:1:20
  |
1 | check.switches_max=2
  |                    ^
  = help: an execution of its stands for others with more or fewer; use dfs
)");
}

TEST_CASE("check: ticks are explored, but not where they preempt the kernel") {
  Command command;
  CHECK(command.check({"--set", "kernel.preempt=true", "--set", "kernel.tick_cycles=1000"}) ==
        R"(error: ticks that preempt the kernel are not explored
 --> --set:1:20
  |
1 | kernel.tick_cycles=1000
  |                    ^^^^
  = help: leave out kernel.preempt, so that ticks preempt user mode only, or the ticks
)");
  for (const char* allowed : {"kernel.preempt=true", "kernel.tick_cycles=1000"})
    CHECK(command.run({"check", refault, "--set", allowed, "--max-states", "10", "--engine", "dfs"}).code == 3);
}

TEST_CASE("check: a goal or an invariant that does not exist") {
  Command command;
  CHECK(command.check({"--set", "goals=[\"nope\"]"}).find(R"(error: there is no goal `nope`
 --> --set:1:7
  |
1 | goals=["nope"]
  |       ^^^^^^^^
  = help: known here: hpte-inserted-while-flush-pending, )") == 0);
  CHECK(first_line(command.check({"--set", "invariants=[\"nope\"]"})) == "error: there is no invariant `nope`");
}

TEST_CASE("replay: no schedule, a truncated one, one without a scenario") {
  if (test::searching_takes_too_long()) return;
  Command command;
  CHECK(command.replay("machine = 'core2'\n") == R"(error: this is no schedule
 --> s.schedule:1:1
  |
1 | machine = 'core2'
  | ^
  = help: its first line is `mmulab schedule 1`
)");
  const std::string whole = command.schedule();
  const std::string truncated = command.replay(whole.substr(0, whole.size() - 4));
  CHECK(first_line(truncated) == "error: the schedule is truncated");
  CHECK(truncated.find("  = help: its last line is `end`\n") != std::string::npos);
  CHECK(first_line(command.replay(with(whole, "scenario " + refault + "\n", ""))) ==
        "error: the schedule names no scenario");
  CHECK(first_line(command.replay(with(whole, "refault-small", "refault-nowhere"))) ==
        "error: cannot read configs/scenarios/ppc64-refault-nowhere.toml: there is no such file");
}

TEST_CASE("replay: a schedule for another scenario, and one that the model no longer follows") {
  if (test::searching_takes_too_long()) return;
  Command command;
  const std::string whole = command.schedule();
  CHECK(command.run(command.replay_words(whole)).code == 1);
  const std::string other = command.replay(with(whole, "ppc64-refault-small", "x86-munmap"));
  CHECK(first_line(other) == "error: the schedule belongs to another configuration");
  CHECK(other.find(" --> s.schedule:3:1\n") != std::string::npos);
  CHECK(other.find("= help: configs/scenarios/x86-munmap.toml is ") != std::string::npos);

  const std::string stale = with(whole, "ppc64.dsi", "ppc64.isi");
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, std::vector<std::string>{"--timed"}}) {
    const std::string refused = command.replay(stale, options);
    CHECK(first_line(refused).find("error: the schedule is stale at step ") == 0);
    CHECK(first_line(refused).find(": expected `ppc64.isi`, the model does `ppc64.dsi`") != std::string::npos);
    CHECK(refused.find("ppc64.isi") != refused.rfind("ppc64.isi"));  // the line is shown
  }
  const std::string choice = command.replay(with(whole, "ppc64.dsi", "ppc64.dsi?7"));
  CHECK(first_line(choice).find("the model does `ppc64.dsi, with fewer choices`") != std::string::npos);
}

TEST_CASE("replay: what occurs instead of the violation that the schedule names is told") {
  if (test::searching_takes_too_long()) return;
  Command command;
  const std::string other = with(command.schedule(), "violation no-duplicate-hpte D1", "violation no-leak frame");
  const Outcome o = command.run(command.replay_words(other));
  CHECK(o.code == 1);
  CHECK(o.out.find("VIOLATED  no-duplicate-hpte D1\n") != std::string::npos);
  CHECK(o.out.find("   instead no-duplicate-hpte D1: D1: two valid hash entries") != std::string::npos);
  const Outcome as_told = command.run(command.replay_words(command.schedule()));
  CHECK(as_told.out.find("instead") == std::string::npos);
}

TEST_CASE("check: engines that draw schedules heed the bound, too") {
  if (test::searching_takes_too_long()) return;
  Command command;
  for (const char* engine : {"urw", "pct"}) {
    const std::vector<std::string> words = {"check", refault, "--engine", engine, "--set", "check.schedules=500"};
    std::vector<std::string> bounded = words;
    bounded.insert(bounded.end(), {"--bound", "1"});
    // It takes two switches to show D1.
    CHECK(command.run(bounded).code == 3);
    CHECK(command.run(words).code == 1);
  }
}

TEST_CASE("check: the figures of a bounded proof are those of the search that it rests on") {
  if (test::searching_takes_too_long()) return;
  Command command;
  const Outcome o = command.run({"check", refault, "--set", "strategy=ppc64-2.6.22", "--max-states", "500"});
  CHECK(o.code == 0);
  const auto figures = [&](const std::string& after) {
    const std::size_t at = o.out.find(after) + after.size();
    REQUIRE(at > after.size());
    return o.out.substr(at, o.out.find(" transitions", at) - at);
  };
  CHECK(figures("PROVED for at most 0 context switches  ") == figures("dfs, at most 0 switches: "));
  CHECK(o.out.find("dfs, at most 1 switch: ") < o.out.find("dfs, at most 0 switches: "));
}

TEST_CASE("check: what hardware did by itself is among the assumptions") {
  if (test::searching_takes_too_long()) return;
  Command command;
  const Outcome o = command.run({"check", refault});
  CHECK(o.out.find("  hardware that has acted by itself: ppc64.tlbie_snoop\n") != std::string::npos);
}

TEST_CASE("list goals: whatever a scenario may demand") {
  Command command;
  const Outcome o = command.run({"list", "goals"});
  CHECK(o.code == 0);
  CHECK(o.out.find("frame-reused") != std::string::npos);
  CHECK(std::count(o.out.begin(), o.out.end(), '\n') == 5);
}

TEST_CASE("replay: --break-at stops before a step that there is, and refuses any other") {
  if (test::searching_takes_too_long()) return;
  Command command;
  const std::string whole = command.schedule();
  CHECK(first_line(command.replay(whole, {"--break-at", "9999"})) == "error: the schedule has no step 9999");
  CHECK(first_line(command.replay(whole, {"--break-at", "0"})) == "error: the schedule has no step 0");
  CHECK(command.replay(whole, {"--break-at", "17", "--timed"}) ==
        "error: --break-at counts explored steps; the timed machine has cycles\n  = help: leave --timed out\n");
  CHECK(signal_of(command.replay_words(whole, {"--break-at", "17"})) == SIGTRAP);
  CHECK(signal_of(command.replay_words(whole)) == 0);
}

}  // namespace
}  // namespace mmulab::cli
