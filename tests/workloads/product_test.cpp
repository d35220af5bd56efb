// SPDX-License-Identifier: MIT
// Every shipped workload on every architecture, under the kernels and gathers that it really had, as `mmulab run`
// runs it: a workload speaks to the kernel's interface alone, so nothing may be impossible, unclean, or left
// undone.
#include <filesystem>
#include <map>

#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

namespace mmulab::workload {
namespace {

/// An architecture's small machine, one that exists, and what runs there.
struct Native {
  const char* arch;
  const char* tiny;
  const char* machine;
  const char* kernel;
  const char* strategy;
};
constexpr Native natives[] = {
    {"x86", "x86-tiny", "skylake", "modern", "linux-modern"},
    {"x86", "x86-tiny", "core2", "2.6.22", "generic-2.6.22"},
    {"ppc64", "ppc64-tiny", "ppc970", "2.6.22", "ppc64-2.6.22"},
    {"sparc64", "sparc64-tiny", "ultrasparc-iiii", "2.6.22", "sparc64-2013"},
    {"tagged", "tagged-tiny", "tagged", "modern", "linux-modern"},
    {"tagged", "tagged-tiny", "tagged", "2.6.22", "per-pte"},
    {"tagged", "tagged-tiny", "tagged", "2.6.22", "generic-2.6.22"},
    {"tagged", "tagged-tiny", "tagged", "modern", "safe-deferral"},
};
constexpr const char* kernel_calls[] = {"munmap", "exit",     "dontneed", "zero_read", "unmap_mapping",
                                        "fork",   "mprotect", "mmap",     "touch",     "fault"};

std::vector<std::string> shipped_workloads() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MMULAB_SOURCE_DIR "/configs/workloads"))
    names.push_back(entry.path().stem().string());
  return names;
}

/// Made of rounds that are alike, and long.
bool has_rounds(const std::string& workload) {
  return workload.find("-tiny") == std::string::npos && workload.rfind("race-", 0) != 0;
}
bool is_tiny(const std::string& workload) { return workload.find("-tiny") != std::string::npos; }

config::Values configuration(const Native& native, const std::string& machine, const std::string& workload) {
  static const config::Schema schema = lab::schema();
  const std::string text = fmt::format(
      "machine = {{ preset = '{}', sockets = 1, cores = {}, threads = 1 }}\nkernel = '{}'\nstrategy = '{}'\n"
      "workload = '{}'\nsim.on_violation = 'count'\n",
      machine, is_tiny(workload) ? 2 : 3, native.kernel, native.strategy, workload);
  config::Overrides overrides;
  if (machine == "sparc64-tiny")
    overrides = {"kernel.sparc64.tsb_entries_first=4", "kernel.sparc64.tsb_entries_max=8",
                 "kernel.sparc64.posted_entries=4"};
  if (has_rounds(workload) && test::repetitions(false, true)) overrides.push_back("workload.rounds=1");
  return config::load_text(schema, "product.toml", text, overrides,
                           config::SearchPath({MMULAB_SOURCE_DIR "/configs"}));
}

RunResult run(const config::Values& values) { return lab::run(values, "product.toml", lab::RunControl{}); }

std::uint64_t calls(const RunResult& result, const std::string& call) {
  return result.stats->find("call." + call + ".latency")->histogram->count();
}

}  // namespace

TEST_CASE("Every shipped workload runs clean on every architecture, and every kernel operation occurs") {
  std::map<std::string, std::uint64_t> all;
  std::map<std::string, std::map<std::string, std::uint64_t>> mixed;
  const std::vector<std::string> workloads = shipped_workloads();
  REQUIRE(workloads.size() >= 8);
  for (const Native& native : natives) {
    for (const std::string& workload : workloads) {
      const RunResult result =
          run(configuration(native, is_tiny(workload) ? native.tiny : native.machine, workload));
      INFO(native.arch << " " << native.kernel << " " << workload);
      CHECK(result.end == RunEnd::finished);
      CHECK(result.verdict == RunVerdict::clean);
      for (const char* call : kernel_calls) {
        all[call] += calls(result, call);
        if (workload == "mixed")
          mixed[std::string(native.arch) + " " + native.kernel][call] += calls(result, call);
      }
    }
  }
  for (const char* call : kernel_calls) {
    INFO(call);
    CHECK(all[call] > 0);
    for (auto& [where, counts] : mixed) {
      INFO(where);
      CHECK(counts[call] > 0);
    }
  }
}

TEST_CASE("A workload that does not fit the machine is refused with what would help") {
  const config::Values values = configuration(natives[0], "x86-tiny", "unmap");
  try {
    (void)run(values);
    FAIL("64 pages for each of two threads fit no address space of 64 pages");
  } catch (const config::Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("64") != std::string::npos);
    CHECK(text.find("= help:") != std::string::npos);
  }
}

}  // namespace mmulab::workload
