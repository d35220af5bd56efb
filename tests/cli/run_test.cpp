// SPDX-License-Identifier: MIT
#include <csignal>

#include <ostream>

#include "sim/cli/progress.h"
#include "tests/cli/fake_lab.h"
#include "tests/support/catch.h"

namespace mmulab::cli {
namespace {

Verb run_of(const FakeRun& run) { return run_verb(fake_lab(run)); }

Verb clean() {
  return run_of([](const config::Values& values, const lab::RunControl&) { return clean_run(values); });
}

Verb with_verdict(RunVerdict verdict, bool as_expected) {
  return run_of([=](const config::Values& values, const lab::RunControl&) {
    RunResult r = clean_run(values);
    r.verdict = verdict;
    r.as_expected = as_expected;
    return r;
  });
}

Verb never_run() {
  return run_of([](const config::Values&, const lab::RunControl&) -> RunResult {
    FAIL("nothing may run");
    return {};
  });
}

TEST_CASE("run prints the report on stdout and nothing else anywhere") {
  const Shelf shelf;
  const auto outcome = act(clean(), {shelf.file("scenarios/good.toml")});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::StartsWith("fake\n") && Catch::Contains("CLEAN"));
  CHECK(outcome.err.empty());
}

TEST_CASE("run ends with the verdict's exit code, with --expect with the expectation's") {
  const Shelf shelf;
  const std::string file = shelf.file("scenarios/good.toml");
  CHECK(act(with_verdict(RunVerdict::violated, true), {file}).code == 1);
  CHECK(act(with_verdict(RunVerdict::violated, true), {file, "--expect"}).code == 0);
  CHECK(act(with_verdict(RunVerdict::clean, false), {file, "--expect"}).code == 1);
  CHECK(act(with_verdict(RunVerdict::vacuous, false), {file}).code == 1);
  CHECK(act(with_verdict(RunVerdict::undecided, false), {file}).code == 3);
  CHECK(act(with_verdict(RunVerdict::interrupted, false), {file}).code == 130);
}

TEST_CASE("What the scenario expects is a failure with --expect and a remark without") {
  const Shelf shelf;
  const std::string file = shelf.file("scenarios/good.toml");
  const Verb verb = run_of([](const config::Values& values, const lab::RunControl&) {
    RunResult r = clean_run(values);
    r.as_expected = false;
    r.expectations = {{"no-leak", "L1", "why"}};
    return r;
  });
  CHECK_THAT(act(verb, {file}).out, Catch::Contains("The scenario expects no-leak L1 (why); with strategy"));
  CHECK_THAT(act(verb, {file, "--expect"}).out, Catch::Contains("Not what the scenario expects:\n"));
}

TEST_CASE("run hands its options on") {
  const Shelf shelf;
  lab::RunControl seen;
  std::uint64_t seed = 0;
  const Verb verb = run_of([&](const config::Values& values, const lab::RunControl& control) {
    seen = control;
    seed = values.integer("sim.seed");
    if (control.log != nullptr) *control.log << "an event\n";
    return clean_run(values);
  });
  const std::string file = shelf.file("scenarios/good.toml");
  const auto outcome = act(verb, {file, "--until", "500", "--log-from=40", "--set", "sim.seed=9"});
  CHECK(seen.until == Cycle{500});
  CHECK(seen.log_from == Cycle{40});
  CHECK(seed == 9);
  CHECK(outcome.err == "an event\n");
  act(verb, {file});
  CHECK(seen.until == never);
  CHECK(seen.log == nullptr);
  CHECK(seen.interrupt != nullptr);
}

TEST_CASE("A wrong configuration or option is 2, and nothing has run") {
  const Shelf shelf;
  const std::string good = shelf.file("scenarios/good.toml");
  CHECK(act(never_run(), {shelf.file("scenarios/missing.toml")}).code == 2);
  CHECK(act(never_run(), {shelf.file("scenarios/bad.toml")}).code == 2);
  CHECK(act(never_run(), {shelf.file("")}).code == 2);
  CHECK(act(never_run(), {}).code == 2);
  CHECK(act(never_run(), {good, good}).code == 2);
  CHECK(act(never_run(), {good, "--until", "soon"}).code == 2);
  CHECK(act(never_run(), {good, "--set", "sim.sede=1"}).code == 2);
}

TEST_CASE("JSON that could not be written is 2 before anything has run") {
  const Shelf shelf;
  const std::string good = shelf.file("scenarios/good.toml");
  const auto nowhere = act(never_run(), {good, "--json", shelf.file("no/such/folder/x.json")});
  CHECK(nowhere.code == 2);
  CHECK_THAT(nowhere.err, Catch::Contains("cannot write `") && Catch::Contains("No such file or directory"));
  CHECK_THAT(act(never_run(), {good, "--json", shelf.file("scenarios")}).err, Catch::Contains("Is a directory"));
  CHECK(act(never_run(), {good, "--json="}).code == 2);
}

TEST_CASE("JSON goes to the file whole, and nothing is left beside it") {
  const Shelf shelf;
  shelf.write("out/x.json", "old");
  const std::string good = shelf.file("scenarios/good.toml");
  const auto outcome = act(clean(), {good, "--json", shelf.file("out/x.json")});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("CLEAN"));
  CHECK_THAT(shelf.read("out/x.json"),
             Catch::StartsWith("{\n  \"schema\": \"mmulab.run/1\"") && Catch::EndsWith("}\n"));
  CHECK(shelf.files_in("out") == 1);
}

TEST_CASE("A run that ends in an error leaves the old JSON as it was") {
  const Shelf shelf;
  shelf.write("out/x.json", "old");
  const Verb verb = run_of([](const config::Values&, const lab::RunControl&) -> RunResult {
    throw config::Error(config::diagnose({}, "the workload is wrong"));
  });
  CHECK(act(verb, {shelf.file("scenarios/good.toml"), "--json", shelf.file("out/x.json")}).code == 2);
  CHECK(shelf.read("out/x.json") == "old");
  CHECK(shelf.files_in("out") == 1);
}

TEST_CASE("A link keeps pointing at the result, and a device stays a device") {
  const Shelf shelf;
  shelf.write("out/real.json", "old");
  std::filesystem::create_symlink("real.json", shelf.file("out/link.json"));
  const std::string good = shelf.file("scenarios/good.toml");
  CHECK(act(clean(), {good, "--json", shelf.file("out/link.json")}).code == 0);
  CHECK(std::filesystem::is_symlink(shelf.file("out/link.json")));
  CHECK_THAT(shelf.read("out/real.json"), Catch::StartsWith("{"));
  CHECK(act(clean(), {good, "--json", "/dev/null"}).code == 0);
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("With --json - stdout holds the JSON alone, and the report goes to stderr") {
  const Shelf shelf;
  const auto outcome = act(clean(), {shelf.file("scenarios/good.toml"), "--json", "-"});
  CHECK_THAT(outcome.out, Catch::StartsWith("{\n") && Catch::EndsWith("}\n"));
  CHECK_THAT(outcome.err, Catch::Contains("CLEAN"));
}

TEST_CASE("The configuration may say where JSON goes, and the option overrides it") {
  const Shelf shelf;
  shelf.write("scenarios/j.toml",
              "machine = 'tiny'\nkernel = 'old'\nstrategy.recorder = 'batch'\nworkload.kind = "
              "'unmap'\noutput.json = '-'\n");
  CHECK_THAT(act(clean(), {shelf.file("scenarios/j.toml")}).out, Catch::StartsWith("{\n"));
  const auto outcome = act(clean(), {shelf.file("scenarios/j.toml"), "--json", shelf.file("x.json")});
  CHECK_THAT(outcome.out, Catch::StartsWith("fake\n"));
}

TEST_CASE("A signal during the run raises the flag, and afterwards signals are as before") {
  const Shelf shelf;
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto old = std::signal(signal, SIG_IGN);
    bool before = true;
    bool after = false;
    const Verb verb = run_of([&](const config::Values& values, const lab::RunControl& control) {
      before = control.interrupt->load();
      std::raise(signal);
      after = control.interrupt->load();
      RunResult r = clean_run(values);
      r.verdict = RunVerdict::interrupted;
      r.end = RunEnd::interrupted;
      return r;
    });
    const auto outcome = act(verb, {shelf.file("scenarios/good.toml"), "--json", shelf.file("x.json")});
    CHECK(outcome.code == 130);
    CHECK_FALSE(before);
    CHECK(after);
    CHECK_THAT(shelf.read("x.json"), Catch::Contains("\"reason\": \"interrupted\""));
    struct sigaction later {};
    sigaction(signal, nullptr, &later);
    CHECK(later.sa_handler == SIG_IGN);
    std::signal(signal, old);
  }
}

TEST_CASE("Progress is offered on a terminal only, unless the configuration or a log says otherwise") {
  const Shelf shelf;
  const std::string file = shelf.file("scenarios/good.toml");
  bool offered = false;
  const Verb verb = run_of([&](const config::Values& values, const lab::RunControl& control) {
    offered = control.heartbeat != nullptr;
    return clean_run(values);
  });
  act(verb, {file}, true);
  CHECK(offered);
  act(verb, {file}, false);
  CHECK_FALSE(offered);
  act(verb, {file, "--set", "output.progress=false"}, true);
  CHECK_FALSE(offered);
  act(verb, {file, "--log-from", "0"}, true);
  CHECK_FALSE(offered);
}

TEST_CASE("Progress says cycle, rate and what is left, at most five times a second, and cleans up") {
  std::ostringstream out;
  double now = 10;
  ProgressLine line(out, Cycle{40'000'000}, [&] { return now; });
  now = 10.1;
  line.beat(Cycle{1'000'000});
  CHECK(out.str().empty());
  now = 12;
  line.beat(Cycle{20'000'000});  // 20 M in 2 s; the other 20 M take 2 s
  const std::string said = "cycle 20 000 000, 10.0 Mcycles/s, 50 %, at most 2 s left";
  CHECK(out.str() == "\r" + said);
  line.clear();
  CHECK(out.str() == "\r" + said + "\r" + std::string(said.size(), ' ') + "\r");
}

TEST_CASE("Progress without a known end says no more than cycle and rate") {
  std::ostringstream out;
  double now = 0;
  ProgressLine line(out, never, [&] { return now; });
  now = 4;
  line.beat(Cycle{2000});
  CHECK(out.str() == "\rcycle 2 000, 500 cycles/s");
}

}  // namespace
}  // namespace mmulab::cli
