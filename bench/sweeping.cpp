// SPDX-License-Identifier: MIT
#include "bench/sweeping.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "bench/laboratory.h"
#include "sim/cli/simulator.h"
#include "sim/cli/verb.h"

namespace mmulab::bench {
namespace {

/// Nanoseconds of processor that all children have simulated.
using Simulated = std::atomic<std::uint64_t>;

struct Sweep {
  double wall = 0;
  double overhead = 0;  // processor seconds, of all processes, without the simulations
  bool finished = false;
};

double seconds_of(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

double spent(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

Sweep sweep(const std::string& plan, const std::string& folder, unsigned jobs, std::uint64_t points,
            Simulated& simulated) {
  cli::Simulator simulator = cli::laboratory();
  simulator.run = [real = simulator.run, &simulated](const config::Values& values, const std::string& file,
                                                     const lab::RunControl& control) {
    const double begun = processor_seconds();
    RunResult result = real(values, file, control);
    simulated += static_cast<std::uint64_t>((processor_seconds() - begun) * 1e9);
    return result;
  };
  const cli::Verb verb = cli::sweep_verb(simulator);
  std::ostringstream out;
  std::ostringstream err;
  cli::Streams streams{out, err};
  simulated = 0;
  const double before = spent(RUSAGE_SELF) + spent(RUSAGE_CHILDREN);
  const auto begun = std::chrono::steady_clock::now();
  const int code = verb.act(
      verb.options.parse({plan, "--output", folder, "--jobs", std::to_string(jobs), "--vary",
                          fmt::format("sim.seed=1..{}", points)}),
      streams);
  Sweep done;
  done.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  done.overhead = spent(RUSAGE_SELF) + spent(RUSAGE_CHILDREN) - before - static_cast<double>(simulated) / 1e9;
  done.finished = code == cli::exit_clean;
  return done;
}

}  // namespace

std::vector<Figure> sweeping(const Effort& effort) {
  const std::uint64_t points = effort.tiny ? 20 : 500;
  // In memory where that can be: how full a disk is, and what was deleted there just now, is not ours to measure.
  const std::filesystem::path memory = "/dev/shm";
  const auto place = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  std::string name = (place / "mmulab-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return {};
  const std::string plan = name + "/plan.toml";
  std::ofstream(plan) << "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n"
                         "workload = 'unmap-tiny'\noutput.progress = false\n";
  void* shared = mmap(nullptr, sizeof(Simulated), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {};
  auto& simulated = *new (shared) Simulated(0);
  std::vector<double> overheads, gains;
  bool finished = true;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const Sweep one = sweep(plan, fmt::format("{}/one-{}", name, round), 1, points, simulated);
    const Sweep two = sweep(plan, fmt::format("{}/two-{}", name, round), 2, points, simulated);
    overheads.push_back(one.overhead / static_cast<double>(points) * 1e3);
    gains.push_back(one.wall / two.wall);
    finished = finished && one.finished && two.finished;
  }
  std::filesystem::remove_all(name);
  munmap(shared, sizeof(Simulated));
  const auto range = [](const std::vector<double>& all) {
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    return fmt::format("{:.2f} to {:.2f} in {} rounds", *least, *most, all.size());
  };
  Figure overhead{"sweep-overhead", median(overheads), "ms", Target{Bound::at_most, 2.0},
                  fmt::format("processor time a point beside its simulation, {} points, one job; {}", points,
                              range(overheads))};
  Figure jobs{"sweep-two-jobs", median(gains), "times", Target{Bound::at_least, 1.8},
              fmt::format("as fast as with one job, {} points; {}", points, range(gains))};
  overhead.finished = jobs.finished = finished;
  return {overhead, jobs};
}

}  // namespace mmulab::bench
