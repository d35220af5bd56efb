// SPDX-License-Identifier: MIT
#include "bench/sweeping.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "bench/laboratory.h"
#include "sim/archive/merge.h"
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

/// A folder with the plan in it. In memory where that can be: how full a disk is, and what was deleted there just now,
/// is not ours to measure.
class Place {
 public:
  Place() {
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    name_ = (parent / "mmulab-bench-XXXXXX").string();
    if (mkdtemp(name_.data()) == nullptr) throw std::runtime_error("no folder for a sweep: " + name_);
    std::ofstream(plan()) << "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n"
                             "workload = 'unmap-tiny'\noutput.progress = false\n";
  }
  ~Place() { std::filesystem::remove_all(name_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] std::string plan() const { return name_ + "/plan.toml"; }
  [[nodiscard]] std::string file(const std::string& name) const { return name_ + "/" + name; }

 private:
  std::string name_;
};

std::vector<Figure> overheads(const Effort& effort, Simulated& simulated) {
  const std::uint64_t points = effort.tiny ? 20 : 500;
  const Place place;
  std::vector<double> overheads, gains;
  bool finished = true;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const Sweep one = sweep(place.plan(), place.file(fmt::format("one-{}", round)), 1, points, simulated);
    const Sweep two = sweep(place.plan(), place.file(fmt::format("two-{}", round)), 2, points, simulated);
    overheads.push_back(one.overhead / static_cast<double>(points) * 1e3);
    gains.push_back(one.wall / two.wall);
    finished = finished && one.finished && two.finished;
  }
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

/// A long sweep in a process of its own, whose peak of memory is the driver's, with what we had before; then its
/// archive.
std::vector<Figure> archive_of_many(const Effort& effort, Simulated& simulated) {
  const std::uint64_t points = effort.tiny ? 20 : 10'000;
  const Place place;
  const pid_t driver = fork();
  if (driver == 0) _exit(sweep(place.plan(), place.file("many"), 2, points, simulated).finished ? 0 : 1);
  int status = 1;
  rusage usage{};
  const bool finished = driver > 0 && wait4(driver, &status, 0, &usage) == driver && status == 0;
  Figure memory{"sweep-memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB", Target{Bound::at_most, 100.0},
                fmt::format("peak resident set of a sweep's driver, {} points, two jobs", points)};
  memory.finished = finished;
  if (!finished) return {memory};
  const double begun = processor_seconds();
  const auto merged = archive::merge({place.file("many")}, place.file("many.db"), archive::Versions::one);
  Figure merging{"merge", processor_seconds() - begun, "s", Target{Bound::at_most, 5.0},
                 fmt::format("processor time to merge {} results into an archive", points)};
  merging.finished = merged.runs == points;
  return {memory, merging};
}

}  // namespace

std::vector<Figure> sweeping(const Effort& effort) {
  void* shared = mmap(nullptr, sizeof(Simulated), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {};
  auto& simulated = *new (shared) Simulated(0);
  std::vector<Figure> figures = overheads(effort, simulated);
  for (Figure& figure : archive_of_many(effort, simulated)) figures.push_back(std::move(figure));
  munmap(shared, sizeof(Simulated));
  return figures;
}

}  // namespace mmulab::bench
