// SPDX-License-Identifier: MIT
// A whole run, from its configuration to its statistics.
#include "sim/lab/run.h"

#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "sim/results/json.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

RunResult run(const std::string& text, const config::Overrides& overrides = {}) {
  static const config::Schema schema = lab::schema();
  const config::Values values =
      config::load_text(schema, "run.toml", text, overrides, config::SearchPath({MMULAB_SOURCE_DIR "/configs"}));
  RunResult result = lab::run(values, "run.toml", lab::RunControl{});
  result.wall_seconds = 0;
  return result;
}

const std::string two_threads = R"(
machine = 'x86-tiny'
kernel = 'modern'
strategy = 'linux-modern'
[workload]
kind = 'unmap'
threads = 2
pages = 4
rounds = 3
)";

std::uint64_t count(const RunResult& result, const char* name) {
  const Stat* stat = result.stats->find(name);
  return stat->histogram != nullptr ? stat->histogram->count() : stat->counter->value();
}

}  // namespace

TEST_CASE("Without a warm-up everything is measured") {
  const RunResult result = run(two_threads);
  CHECK(result.measured);
  CHECK(result.measured_from == Cycle{});
  // Two threads, three rounds of one call each.
  CHECK(count(result, "call.munmap.latency") == 6);
}

TEST_CASE("A workload of the file's own is named by its kind and its number of tasks") {
  CHECK(run(two_threads).subject.workload == "unmap, 2 threads");
  CHECK(run(two_threads, {"workload.threads=1"}).subject.workload == "unmap, 1 thread");
  const RunResult all = run(two_threads, {"workload.threads=0"});
  const auto& s = all.subject;
  CHECK(s.workload == fmt::format("unmap, {} threads", s.sockets * s.cores * s.threads));
  CHECK(run("machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\nworkload = 'fork-tiny'\n")
            .subject.workload == "fork-tiny");
}

TEST_CASE("Statistics cover the measured phase alone, and the JSON says from when to when") {
  const RunResult result = run(two_threads + "warmup_rounds = 2\n");
  CHECK(result.measured);
  CHECK(result.measured_from > Cycle{1000});
  CHECK(result.measured_from < result.end_cycle);
  CHECK(count(result, "call.munmap.latency") == 6);
  const std::string json = to_json(result);
  CHECK(json.find(fmt::format("\"measured\": {{\n    \"first\": {},\n    \"last\": {}\n  }}", result.measured_from,
                              result.end_cycle)) != std::string::npos);
}

TEST_CASE("The measured phase and its statistics are the same with lookahead on and off") {
  for (const char* rounds : {"warmup_rounds = 1\n", ""}) {
    RunResult on = run(two_threads + rounds), off = run(two_threads + rounds, {"sim.lookahead=false"});
    on.steps = off.steps = 0;
    CHECK(to_json(on) == to_json(off));
  }
}

TEST_CASE("A run that ends in its warm-up says that nothing was measured") {
  const RunResult result = run(two_threads + "warmup_rounds = 2\n[sim]\nmax_cycles = 3000\n");
  CHECK_FALSE(result.measured);
  CHECK(to_json(result).find("\"measured\": null") != std::string::npos);
}

TEST_CASE("Threads of one mm wait for each other's locks, and the run says so") {
  const RunResult result = run(two_threads);
  CHECK(count(result, "lock.mmap_sem.acquired") > count(result, "lock.mmap_sem.contended"));
  CHECK(count(result, "lock.mmap_sem.contended") > 0);
  CHECK(count(result, "lock.mmap_sem.wait") == count(result, "lock.mmap_sem.contended"));
  CHECK(count(result, "lock.mmap_sem.held") == count(result, "lock.mmap_sem.acquired"));
}

}  // namespace mmulab
