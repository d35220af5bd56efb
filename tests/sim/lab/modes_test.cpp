// SPDX-License-Identifier: MIT
// Over whole systems: a task enters the kernel only from user mode and leaves it only from the kernel, whichever
// handler was first; and hardware that cannot go on (ppc64's machine check) ends its task, not our process.
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

const std::string scenarios = std::string(MMULAB_SOURCE_DIR) + "/configs/scenarios/";

/// The run's result, and what happened, one event a line.
RunResult run_logged(const std::string& file, const config::Overrides& overrides, std::string& log) {
  std::ostringstream lines;
  lab::RunControl control;
  control.log = &lines;
  control.log_from = Cycle{0};
  const RunResult result = lab::run(config::load_file(lab::schema(), file, overrides), file, control);
  log = lines.str();
  return result;
}

/// The first line at which a task enters the mode that it is in; empty if there is none. `entries` counts.
std::string first_double(const std::string& log, std::size_t& entries) {
  std::map<std::string, bool> in_kernel;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string cycle, cpu, number, task, kind;
    words >> cycle >> cpu >> number >> task >> kind;
    if (kind != "entered_kernel" && kind != "returned_to_user") continue;
    const bool enters = kind == "entered_kernel";
    const auto [known, fresh] = in_kernel.try_emplace(task, enters);
    if (!fresh && known->second == enters) return line;
    known->second = enters;
    entries += enters ? 1U : 0U;
  }
  return {};
}

TEST_CASE("No task enters the kernel twice, or returns to user mode twice") {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(scenarios)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    INFO(file);
    std::string log;
    std::size_t entries = 0;
    run_logged(file, {"sim.on_violation=count", "sim.max_cycles=300000"}, log);
    CHECK(first_double(log, entries).empty());
    CHECK(entries > 0);
  }
}

TEST_CASE("A machine check kills the task that met it, and the run comes to its end") {
  const config::Overrides duplicates = {"sim.on_violation=count",     "machine.ppc64.multiple_match=machine-check",
                                        "machine.ppc64.derat_sets=1", "machine.ppc64.derat_ways=1",
                                        "machine.ppc64.tlb_sets=1",   "machine.ppc64.tlb_ways=1"};
  std::string log;
  std::size_t entries = 0;
  const RunResult result = run_logged(scenarios + "ppc64-refault-dontneed.toml", duplicates, log);
  CHECK(result.end == RunEnd::finished);
  CHECK(result.verdict == RunVerdict::violated);
  const std::size_t check = log.find(" machine_check");
  REQUIRE(check != std::string::npos);
  CHECK(first_double(log, entries).empty());
  // The task's next call is its exit, and it makes no access any more.
  const std::string line = log.substr(log.rfind('\n', check) + 1, 80);
  std::istringstream words(line);
  std::string cycle, cpu, number, task;
  words >> cycle >> cpu >> number >> task;
  std::istringstream rest(log.substr(log.find('\n', check)));
  bool exited = false;
  for (std::string next; std::getline(rest, next);) {
    if (next.find(" " + task + " ") == std::string::npos) continue;
    CHECK(next.find("translation_used") == std::string::npos);
    exited = exited || next.find("task_exited") != std::string::npos;
  }
  CHECK(exited);
}

/// Threads that unmap, discard and touch the same pages, forks, and a second process on the same cpus.
constexpr const char* crowd = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 4
[[workload.region]]
name = "heap"
pages = 80
[[workload.region]]
name = "other"
pages = 8
mm = 1
[[workload.task]]
name = "first"
cpu = 0
ops = ["store heap", "think", "mprotect heap r", "mprotect heap rw", "munmap heap[40..79] by 8", "store heap[0..1]",
       "dontneed heap[0..39]", "mmap heap[40..79]"]
[[workload.task]]
name = "second"
cpu = 1
ops = ["store heap[0..60]", "think", "dontneed heap[0..60]", "load heap[0..60]"]
[[workload.task]]
name = "third"
mm = 1
cpu = 0
ops = ["store other", "think 2000", "load other", "yield"]
)";

std::uint64_t violations_in_crowd(const std::string& machine, const std::string& strategy) {
  const std::string text =
      "machine = \"" + machine + "\"\nkernel = \"modern\"\nstrategy = \"" + strategy + "\"\n" + crowd;
  const config::SearchPath search({std::string(MMULAB_SOURCE_DIR) + "/configs"});
  const RunResult result = lab::run(
      config::load_text(lab::schema(), "crowd.toml", text, {"sim.on_violation=count"}, search), "crowd.toml", {});
  CHECK(result.end == RunEnd::finished);
  return result.violations_total;
}

TEST_CASE("Deferral with split invalidation is safe on every architecture, where an early free is not") {
  for (const char* machine : {"skylake", "ppc970", "niagara2", "ultrasparc-iiii"}) {
    INFO(machine);
    CHECK(violations_in_crowd(machine, "safe-deferral") == 0);
  }
  CHECK(violations_in_crowd("ultrasparc-iiii", "sparc64-2.6.22") > 0);
}

}  // namespace
}  // namespace mmulab
