// SPDX-License-Identifier: MIT
// Folders of results that a test makes up: sweeps and single results, with what the test wants them to have measured.
#pragma once

#include <string>

#include "sim/archive/merge.h"
#include "sim/archive/result_rows.h"
#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"
#include "sim/results/check_result.h"
#include "sim/results/json.h"
#include "sim/sweep/point_record.h"
#include "tests/support/folder.h"

namespace mmulab::test {

/// What one run came to.
struct MadeUp {
  std::string strategy = "per-pte";
  std::uint64_t seed = 1;
  std::uint64_t cores = 2;
  std::uint64_t ipis = 5;
  std::vector<std::uint64_t> latencies = {100, 300};
  std::string version = "0.1.0";
  RunVerdict verdict = RunVerdict::clean;
};

inline std::string json_of(const MadeUp& made_up) {
  RunResult r;
  r.subject.title = "made up";
  r.subject.machine = "tiny";
  r.subject.arch = "x86";
  r.subject.kernel = "modern";
  r.subject.strategy = made_up.strategy;
  r.subject.workload = "script, 1 task";
  r.subject.frequency_mhz = 1000;
  r.subject.seed = made_up.seed;
  r.subject.config_hash = config::hash_text(made_up.strategy + std::to_string(made_up.cores));
  r.verdict = made_up.verdict;
  r.as_expected = made_up.verdict == RunVerdict::clean;
  r.version = made_up.version;
  r.end_cycle = Cycle{1000};
  r.stats = std::make_shared<StatRegistry>();
  r.stats->counter({"ipi.sent", "1", "interrupts"}).add(made_up.ipis);
  auto& latency = r.stats->histogram({"call.munmap.latency", "cycles", "how long, \"all in all\""});
  for (const std::uint64_t each : made_up.latencies) latency.add(each);
  return to_json(r);
}

/// A proof that reached one goal of two, as `check --json` writes it.
inline std::string proof_json() {
  CheckResult r;
  r.subject.title = "a proof";
  r.subject.machine = "tiny";
  r.subject.arch = "x86";
  r.subject.strategy = "per-pte";
  r.subject.config_hash = config::hash_text("a proof");
  r.subject.assumptions = {"memory model: sc", "hardware agents: none"};
  r.verdict = CheckVerdict::vacuous;
  r.version = "0.1.0";
  r.goals = {{"refault-meets-pending", 7, false}, {"copy-meets-store", 0, true}};
  return to_json(r);
}

inline sweep::PointRecord point_of(const MadeUp& made_up, std::uint64_t number, const std::string& plan) {
  sweep::PointRecord r;
  r.parameters = {{"strategy", made_up.strategy},
                  {"machine.cores", std::to_string(made_up.cores)},
                  {"sim.seed", std::to_string(made_up.seed)}};
  r.content = config::hash_text(r.parameters[0].second + "/" + r.parameters[1].second);
  r.hash = config::hash_text(r.content + "/" + r.parameters[2].second + "/" + made_up.version);
  r.plan = plan;
  r.version = made_up.version;
  r.number = number;
  r.result = archive::without_host(json_of(made_up), "made up");
  return r;
}

class ResultsFolder : public Folder {
 public:
  /// The folder of a whole sweep, its points numbered as they stand.
  std::string sweep(const std::string& name, const std::vector<MadeUp>& runs) const {
    sweep::SweepRecord record;
    record.hash = config::hash_text("sweep " + name);
    record.version = runs.empty() ? "0.1.0" : runs.front().version;
    record.plan = "# a plan\n";
    record.overrides = {"sim.max_cycles=5"};
    record.verb = "run";
    record.axes = {"strategy", "machine.cores", "sim.seed"};
    record.points = runs.size();
    write(name + "/sweep.json", to_text(record));
    std::uint64_t number = 0;
    for (const MadeUp& run : runs) {
      const auto point = point_of(run, ++number, record.hash);
      write(name + "/" + sweep::point_file(point.hash), to_text(point));
    }
    return file(name);
  }
};

/// Twelve runs: two strategies, two machines, three seeds.
inline std::vector<MadeUp> twelve() {
  std::vector<MadeUp> runs;
  for (const char* strategy : {"per-pte", "linux-modern"})
    for (const std::uint64_t cores : {2U, 8U})
      for (const std::uint64_t seed : {1U, 2U, 3U})
        runs.push_back(
            {strategy, seed, cores, cores * 10 + seed, {100 * cores, 300 + seed}, "0.1.0", RunVerdict::clean});
  return runs;
}

/// The message of the config::Error that it ends with; "none" without one.
template <class Work>
std::string complaint_of(const Work& work) {
  try {
    work();
  } catch (const config::Error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace mmulab::test
