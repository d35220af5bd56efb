// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <nlohmann/json.hpp>

#include "sim/cli/children.h"
#include "tests/cli/fake_lab.h"
#include "tests/support/patience.h"
#include "tests/support/catch.h"

namespace mmulab::cli {
namespace {

using Json = nlohmann::json;

/// Strategies whose names say what their run does; `refused` is wrong in itself.
class Strategies : public Shelf {
 public:
  Strategies() {
    for (const char* name : {"good", "bad", "cut", "crash", "throw", "elsewhere", "slow", "echo"})
      write(std::string("strategies/") + name + ".toml", "recorder = 'batch'\nname = '" + std::string(name) + "'\n");
    write("strategies/refused.toml", "nonsense = 1\n");
  }
};

RunResult run_by_name(const config::Values& values, const lab::RunControl& control) {
  RunResult r = clean_run(values);
  const std::string& name = r.subject.strategy;
  if (name == "bad") {
    r.verdict = RunVerdict::violated;
    Violation v;
    v.invariant = "no-stale-frame";
    v.class_id = "S1";
    r.violations = {v};
    r.violations_total = 1;
  }
  if (name == "cut") r.verdict = RunVerdict::undecided;
  if (name == "crash") std::signal(SIGTERM, SIG_DFL), std::raise(SIGTERM);
  if (name == "throw") throw std::runtime_error("broken inside");
  if (name == "elsewhere") throw config::Error(config::diagnose({}, "elsewhere needs cross calls"));
  while (name == "slow" && !control.interrupt->load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return r;
}

Outcome compare(const Strategies& shelf, std::vector<std::string> words) {
  words.insert(words.begin(), shelf.file("scenarios/good.toml"));
  return act(compare_verb(fake_lab(run_by_name)), words);
}

Json points(const std::string& json) { return Json::parse(json).at("points"); }

TEST_CASE("compare shows a row for each strategy, in the order given, and a violation is a decision") {
  const Strategies shelf;
  const auto outcome = compare(shelf, {"bad", "good"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("\nbad       violated        100\n    no-stale-frame S1\n"
                                          "good      clean           100\n"));
  CHECK(outcome.err.empty());
}

TEST_CASE("A strategy that the configuration or the laboratory refuses is a decided row with a sentence") {
  const Strategies shelf;
  const auto outcome = compare(shelf, {"good", "refused", "elsewhere", "--json", "-"});
  CHECK(outcome.code == 0);
  const Json all = points(outcome.out);
  CHECK(all[0].at("outcome") == "ran");
  CHECK(all[1].at("outcome") == "refused");
  CHECK_THAT(all[1].at("reason").get<std::string>(), Catch::Contains("nonsense"));
  CHECK(all[2].at("outcome") == "refused");
  CHECK(all[2].at("reason") == "elsewhere needs cross calls");
  CHECK(compare(shelf, {"refused"}).code == 0);
}

TEST_CASE("A crash, an exception and a timeout each fail one row, and the rest is unharmed") {
  const Strategies shelf;
  const auto outcome =
      compare(shelf, {"crash", "throw", "good", "slow", "--timeout", "1", "--jobs=4", "--json", "-"});
  CHECK(outcome.code == 3);
  const Json all = points(outcome.out);
  CHECK(all[0].at("outcome") == "failed");
  CHECK_THAT(all[0].at("reason").get<std::string>(), Catch::StartsWith("killed by signal 15"));
  CHECK(all[1].at("outcome") == "failed");
  CHECK(all[1].at("reason") == "broken inside");
  CHECK(all[2].at("result").at("verdict") == "clean");
  CHECK(all[3].at("reason") == "took longer than 1 s");
}

TEST_CASE("A run that a limit cut leaves the comparison undecided") {
  const Strategies shelf;
  CHECK(compare(shelf, {"good", "cut"}).code == 3);
}

TEST_CASE("The result does not depend on how many run at a time") {
  const Strategies shelf;
  const std::vector<std::string> words{"good", "bad", "echo", "refused", "cut", "--json", "-"};
  auto one = words;
  one.insert(one.end(), {"--jobs", "1"});
  auto many = words;
  many.insert(many.end(), {"--jobs", "8"});
  CHECK(compare(shelf, one).out == compare(shelf, many).out);
}

TEST_CASE("An unknown strategy, or a configuration that no strategy makes right, is 2") {
  const Strategies shelf;
  const auto unknown = compare(shelf, {"good", "goood"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Catch::Contains("goood"));
  CHECK(compare(shelf, {"good", "--set", "sim.sede=1"}).code == 2);
  CHECK(compare(shelf, {}).code == 2);
  CHECK(act(compare_verb(fake_lab(run_by_name)), {shelf.file("scenarios/missing.toml"), "good"}).code == 2);
}

TEST_CASE("Overrides reach every strategy, and may change one of its keys") {
  const Strategies shelf;
  const auto outcome =
      compare(shelf, {"good", "bad", "--set", "strategy.name=echo", "--set", "sim.seed=5", "--json=-"});
  for (const Json& point : points(outcome.out)) {
    CHECK(point.at("result").at("subject").at("strategy") == "echo");
    CHECK(point.at("result").at("seed") == 5);
  }
}

TEST_CASE("An interrupted comparison keeps what is done and ends with 130") {
  const Strategies shelf;
  const pid_t self = getpid();
  std::thread later([self] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    kill(self, SIGTERM);
  });
  const auto outcome = compare(shelf, {"good", "slow", "good", "--jobs=1", "--json", "-"});
  later.join();
  CHECK(outcome.code == 130);
  const Json all = points(outcome.out);
  CHECK(all[0].at("outcome") == "ran");
  CHECK(all[1].at("outcome") == "ran");  // told to end, and did so cleanly
  CHECK(all[2].at("reason") == "not started: interrupted");
}

TEST_CASE("compare --check puts the proof of the small twin beside the cost") {
  if (test::searching_takes_too_long()) return;
  const std::string file = MMULAB_SOURCE_DIR "/configs/scenarios/ppc64-refault.toml";
  const std::vector<std::string> words{file, "ppc64-2.6.20", "ppc64-2.6.22", "generic-2.6.22", "--check"};
  const auto outcome = act(compare_verb(fake_lab(run_by_name)), words);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("strategy        this run  all interleavings  end cycle") &&
                              Catch::Contains("ppc64-2.6.20    clean     VIOLATED") &&
                              Catch::Contains("    explored: no-duplicate-hpte D1") &&
                              Catch::Contains("ppc64-2.6.22    clean     PROVED") &&
                              Catch::Contains("ppc64-refault-small.toml."));
  auto more = words;
  more.insert(more.end(), {"--json=-", "--max-states=1000"});
  const auto cut = act(compare_verb(fake_lab(run_by_name)), more);
  CHECK(cut.code == 3);
  const Json all = points(cut.out);
  CHECK(all[1].at("checked").at("result").at("end") == "states");
  CHECK(all[2].at("checked").at("outcome") == "absent");
  const auto plain = act(compare_verb(fake_lab(run_by_name)), {file, "ppc64-2.6.22", "--json=-"});
  CHECK_FALSE(points(plain.out)[0].contains("checked"));
}

TEST_CASE("A reply larger than any pipe arrives whole") {
  const std::string large(3'000'000, 'x');
  const auto ends = run_in_children({[&] { return ChildReply{7, large}; }, [] { return ChildReply{0, ""}; }}, {});
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].exited);
  CHECK(ends[0].reply.code == 7);
  CHECK((ends[0].reply.text == large));
  CHECK(ends[1].reply.text.empty());
}

}  // namespace
}  // namespace mmulab::cli
