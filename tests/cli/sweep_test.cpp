// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

#include "sim/cli/sweep_progress.h"
#include "sim/sweep/point_record.h"
#include "tests/cli/fake_lab.h"
#include "tests/support/catch.h"

namespace mmulab::cli {
namespace {

/// Strategies whose names say what their run does.
class Strategies : public Shelf {
 public:
  Strategies() {
    for (const char* name : {"good", "bad", "crash", "throw", "elsewhere", "slow", "greedy", "loud"})
      write(std::string("strategies/") + name + ".toml", "recorder = 'batch'\nname = '" + std::string(name) + "'\n");
  }
};

RunResult run_by_name(const config::Values& values, const lab::RunControl& control) {
  RunResult r = clean_run(values);
  const std::string& name = r.subject.strategy;
  if (name == "bad") r.verdict = RunVerdict::violated;
  if (name == "crash") std::signal(SIGTERM, SIG_DFL), std::raise(SIGTERM);
  if (name == "throw") throw std::runtime_error("broken inside");
  if (name == "elsewhere") throw config::Error(config::diagnose({}, "elsewhere needs cross calls"));
  if (name == "greedy") r.subject.title = std::string(std::size_t{1} << 30, 'x').substr(0, 3);
  if (name == "loud") {
    std::cerr << std::string(100'000, 'x') << "the end\n";
    std::raise(SIGKILL);
  }
  while (name == "slow" && !control.interrupt->load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return r;
}

Outcome sweep(const Strategies& shelf, std::vector<std::string> words, const FakeRun& run = run_by_name) {
  words.insert(words.begin(), shelf.file("scenarios/good.toml"));
  words.push_back("--output=" + shelf.file("out"));
  return act(sweep_verb(fake_lab(run)), words);
}

/// Number -> record, of all that is there.
std::map<std::uint64_t, mmulab::sweep::PointRecord> records(const Strategies& shelf) {
  std::map<std::uint64_t, mmulab::sweep::PointRecord> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shelf.file("out/points"))) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto record = mmulab::sweep::read_point(text.str(), entry.path().string());
    all[record.number] = record;
  }
  return all;
}

TEST_CASE("A sweep keeps a whole record of every point, with its parameters and without the host") {
  const Strategies shelf;
  const auto outcome = sweep(shelf, {"--vary=strategy=good,bad", "--vary=sim.seed=1..3"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains(": 3 clean, 3 violated or vacuous, 0 undecided, 0 refused, 0 failed\n"));
  const auto all = records(shelf);
  REQUIRE(all.size() == 6);
  CHECK(all.at(5).parameters == mmulab::sweep::Parameters{{"strategy", "bad"}, {"sim.seed", "2"}});
  CHECK(all.at(5).exit_code == 1);
  const auto json = nlohmann::json::parse(all.at(5).result);
  CHECK(json.at("verdict") == "violated");
  CHECK(json.at("seed") == 2);
  CHECK(json.count("host") == 0);
}

TEST_CASE("A crash, an exception, a refusal and a limit each make one row, and the rest is unharmed") {
  const Strategies shelf;
  const auto outcome =
      sweep(shelf, {"--vary=strategy=good,crash,throw,elsewhere,slow,loud", "--timeout=1", "--jobs=3"});
  CHECK(outcome.code == 3);
  const auto all = records(shelf);
  REQUIRE(all.size() == 6);
  CHECK(all.at(1).status == mmulab::sweep::PointStatus::ran);
  CHECK(all.at(2).reason == "killed by signal 15 (Terminated)");
  CHECK(all.at(3).reason == "broken inside");
  CHECK(all.at(4).status == mmulab::sweep::PointStatus::refused);
  CHECK(all.at(4).reason == "elsewhere needs cross calls");
  CHECK(all.at(5).reason == "took longer than 1 s");
  CHECK(all.at(6).status == mmulab::sweep::PointStatus::failed);
  CHECK(all.at(6).complaint == std::string(65536 - 8, 'x') + "the end\n");
  CHECK_THAT(outcome.err, Catch::Contains("point 5 (strategy=slow): took longer than 1 s"));
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("A point that needs more memory than it may have fails with a sentence") {
  const Strategies shelf;
  CHECK(sweep(shelf, {"--vary=strategy=greedy,good,crash", "--max-memory=256"}).code == 3);
  CHECK(records(shelf).at(3).reason == "killed by signal 15 (Terminated)");
  CHECK(records(shelf).at(1).reason == "it ran out of memory (at most 256 MiB)");
  CHECK(records(shelf).at(2).status == mmulab::sweep::PointStatus::ran);
}
#endif

TEST_CASE("Limits that no clock and no memory reaches are none") {
  const Strategies shelf;
  const std::string most = std::to_string(~std::uint64_t{0});
  CHECK(sweep(shelf, {"--vary=strategy=good", "--timeout=" + most, "--max-memory=" + most}).code == 0);
}

TEST_CASE("Resuming does what is missing, damaged or failed, and nothing twice") {
  const Strategies shelf;
  const std::vector<std::string> words = {"--vary=strategy=good,throw", "--vary=sim.seed=1..3"};
  CHECK(sweep(shelf, words).code == 3);
  const auto before = records(shelf);
  const auto again = sweep(shelf, words);
  CHECK(again.code == 2);
  CHECK_THAT(again.err, Catch::Contains("holds a sweep already"));
  std::filesystem::remove(shelf.file("out/" + mmulab::sweep::point_file(before.at(1).hash)));
  std::filesystem::resize_file(shelf.file("out/" + mmulab::sweep::point_file(before.at(2).hash)), 9);
  std::vector<std::string> resumed = words;
  resumed.emplace_back("--resume");
  const auto outcome = sweep(shelf, resumed, [](const config::Values& values, const lab::RunControl&) {
    RunResult r = clean_run(values);
    if (r.subject.strategy == "good" && r.subject.seed == 3) throw std::runtime_error("it was to be kept");
    return r;
  });
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("6 clean"));
  CHECK_THAT(outcome.out, Catch::Contains("1 kept, 3 made again after failing, 1 after damage"));
  CHECK_THAT(outcome.err, Catch::Contains("byte 9: it is cut short"));
  CHECK(to_text(records(shelf).at(1)) == to_text(before.at(1)));
  CHECK(to_text(records(shelf).at(2)) == to_text(before.at(2)));
}

TEST_CASE("A plan that has grown keeps its points and gives them their new numbers") {
  const Strategies shelf;
  CHECK(sweep(shelf, {"--vary=strategy=good", "--vary=sim.seed=2,3"}).code == 0);
  const auto fails = [](const config::Values& values, const lab::RunControl&) -> RunResult {
    if (values.integer("sim.seed") != 1) throw std::runtime_error("it was to be kept");
    return clean_run(values);
  };
  const auto outcome = sweep(shelf, {"--vary=strategy=good", "--vary=sim.seed=1..3", "--resume"}, fails);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("changed since: points: 2 before, 3 now"));
  const auto all = records(shelf);
  REQUIRE(all.size() == 3);
  CHECK(all.at(1).parameters.back().second == "1");
  CHECK(all.at(3).parameters.back().second == "3");
  CHECK(all.at(3).plan == all.at(1).plan);
}

TEST_CASE("The same bytes come out for any number of jobs and any shards") {
  const auto texts = [](const std::vector<std::vector<std::string>>& calls) {
    const Strategies shelf;
    for (std::vector<std::string> words : calls) {
      words.insert(words.end(), {"--vary=strategy=good,throw,elsewhere", "--vary=sim.seed=1..4"});
      CHECK(sweep(shelf, words).code != 2);
    }
    std::string all;
    for (const auto& [number, record] : records(shelf)) all += to_text(record);
    return all;
  };
  const std::string one = texts({{"--jobs=1"}});
  CHECK(one.size() > 1000);
  CHECK(texts({{"--jobs=4"}}) == one);
  CHECK(texts({{"--shard=2/3"}, {"--shard=3/3"}, {"--shard=1/3", "--jobs=2"}}) == one);
}

TEST_CASE("A dry run lists what a sweep would do, with its time, and does none of it") {
  const Strategies shelf;
  const auto outcome = sweep(shelf, {"--vary=strategy=good,bad", "--vary=sim.seed=1..3", "--dry-run", "--jobs=2"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::StartsWith("1  strategy=good  sim.seed=1\n2  strategy=good  sim.seed=2\n"));
  CHECK_THAT(outcome.out, Catch::EndsWith("6  strategy=bad  sim.seed=3\n"));
  CHECK_THAT(outcome.err, Catch::Contains("6 points of `run`, about 0 s with --jobs 2 (the first, middle and last"));
  CHECK_THAT(outcome.err, Catch::Contains("\n1 shard of 6 points, about 0 s each"));
  CHECK_FALSE(std::filesystem::exists(shelf.file("out")));
  const auto shards = sweep(shelf, {"--vary=sim.seed=1..11", "--dry-run", "--shards=3"});
  CHECK_THAT(shards.err, Catch::Contains("\n3 shards of 3 or 4 points, about 0 s each with --jobs 1: --shard i/3 "));
  CHECK(sweep(shelf, {"--vary=sim.seed=1..5", "--dry-run", "--shards=6"}).code == 2);
  CHECK(sweep(shelf, {"--vary=sim.seed=1..5", "--dry-run", "--shard=2/2"}).out == "2  sim.seed=2\n4  sim.seed=4\n");
}

TEST_CASE("A script for a cluster runs the shards of the same sweep, in words that a shell gives back") {
  const Strategies shelf;
  const std::vector<std::string> words = {"--vary=strategy=good,bad", "--vary=sim.seed=1..3 ", "--timeout=9"};
  const auto emit = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more.begin(), more.end());
    return sweep(shelf, all);
  };
  const auto slurm = emit({"--emit=slurm", "--shards=3"});
  CHECK(slurm.code == 0);
  CHECK_THAT(slurm.out, Catch::StartsWith("#!/bin/bash\n# 6 points of good in 3 shards."));
  CHECK_THAT(slurm.out, Catch::Contains("\n#SBATCH --array=1-3\n"));
  CHECK_THAT(slurm.out, Catch::Contains("--vary strategy=good,bad --vary 'sim.seed=1..3 ' --timeout 9 --shard "
                                        "\"$SLURM_ARRAY_TASK_ID/3\" --resume"));
  CHECK_THAT(emit({"--emit=parallel"}).out, Catch::Contains("seq 1 | exec parallel '"));
  CHECK(emit({"--emit=slurm", "--shards=7"}).code == 2);
  CHECK(emit({"--emit=slurm", "--shards=0"}).code == 2);
  CHECK(emit({"--emit=slurm", "--shard=1/2"}).code == 2);
  CHECK_FALSE(std::filesystem::exists(shelf.file("out")));
}

TEST_CASE("Options of which one would not be heeded are refused") {
  const Strategies shelf;
  CHECK_THAT(sweep(shelf, {"--shards=2"}).err, Catch::Contains("--shards says how many there are to be in a script"));
  CHECK(sweep(shelf, {"--dry-run", "--shard=1/2", "--shards=2"}).code == 2);
  CHECK_THAT(sweep(shelf, {"--slurm", "--emit=slurm"}).err, Catch::Contains("--emit and --slurm exclude one another"));
  CHECK_THAT(sweep(shelf, {"--dry-run", "--emit=slurm"}).err, Catch::Contains("--dry-run and --emit exclude"));
  CHECK_FALSE(std::filesystem::exists(shelf.file("out")));
}

TEST_CASE("A limit that lets nothing run is refused") {
  const Strategies shelf;
  for (const char* word : {"--jobs=0", "--timeout=0", "--max-memory=0", "--shard=0/1"})
    CHECK(sweep(shelf, {word}).code == 2);
}

TEST_CASE("Progress is a line that says how long it will take, on a terminal and in a log") {
  double now = 0;
  const auto clock = [&] { return now; };
  std::ostringstream line;
  std::ostringstream log;
  std::ostringstream none;
  SweepProgress on_line(line, SweepProgress::Style::line, 1000, clock);
  SweepProgress in_log(log, SweepProgress::Style::log, 1000, clock);
  SweepProgress nowhere(none, SweepProgress::Style::none, 1000, clock);
  for (now = 1; now < 20.5; now += 1) {
    const SweepProgress::Count count{100, static_cast<std::uint64_t>(now) * 10, 3};
    on_line.tick(count);
    in_log.tick(count);
    nowhere.tick(count);
  }
  CHECK(log.str() == "200 of 1 000 points, 100 kept, 3 failed, 10.0 points/s, 1 min 20 s left\n"
                     "300 of 1 000 points, 100 kept, 3 failed, 10.0 points/s, 1 min 10 s left\n");
  CHECK_THAT(line.str(), Catch::StartsWith("\r110 of 1 000 points"));
  on_line.clear();
  CHECK_THAT(line.str(), Catch::EndsWith(" \r"));
  CHECK(none.str().empty());
}

}  // namespace
}  // namespace mmulab::cli
