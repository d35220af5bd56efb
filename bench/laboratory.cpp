// SPDX-License-Identifier: MIT
#include "bench/laboratory.h"

#include <ctime>

#include <fmt/format.h>

#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "sim/units/assert.h"

namespace mmulab::bench {
namespace {

std::string choices(const std::string& machine, std::uint32_t cores, const std::string& kernel,
                    const std::string& strategy) {
  // Sockets of 16 cores, so that one machine preset serves from one core to 1,024.
  const std::uint32_t sockets = cores <= 16 ? 1 : cores / 16;
  return fmt::format(
      "kernel = \"{}\"\nstrategy = \"{}\"\n[machine]\npreset = \"{}\"\nsockets = {}\ncores = {}\nthreads = 1\n", kernel,
      strategy, machine, sockets, cores / sockets);
}

}  // namespace

std::string Stream::text() const {
  std::string text = checkers ? "" : "invariants = []\n";
  text += choices(machine, cores, kernel, strategy);
  text += fmt::format("[sim]\nlookahead = {}\n[workload]\nkind = \"script\"\n", lookahead);
  for (std::uint32_t c = 0; c < cores; ++c)
    text += fmt::format(
        "[[workload.region]]\nname = \"r{0}\"\npages = {1}\n"
        "[[workload.task]]\nname = \"t{0}\"\ncpu = {0}\nwarmup = [\"load r{0}\"]\n"
        "ops = [\"access r{0} {2} zipf 0% x {3}\"]\n",
        c, pages, visits, touches);
  return text;
}

std::string storm_text(std::uint32_t cpus, std::uint64_t unmaps) {
  std::string text = choices("skylake", cpus, "modern", "linux-modern");
  text += fmt::format(
      "[workload]\nkind = \"script\"\n[[workload.region]]\nname = \"page\"\npages = 1\n"
      "[[workload.task]]\nname = \"unmapper\"\ncpu = 0\nwarmup = [\"delay 1000000\"]\nrounds = {}\n"
      "ops = [\"load page\", \"munmap page\", \"mmap page\"]\n",
      unmaps);
  for (std::uint32_t c = 1; c < cpus; ++c)
    text += fmt::format(
        "[[workload.task]]\nname = \"b{0}\"\ncpu = {0}\nwarmup = [\"delay 1\"]\nops = [\"delay 4000000000\"]\n", c);
  return text;
}

std::string mixed_text(std::uint32_t cpus, std::uint64_t rounds, bool lookahead) {
  return choices("skylake", cpus, "modern", "linux-modern") +
         fmt::format(
             "[sim]\nlookahead = {}\n[workload]\nkind = \"unmap\"\npages = 64\ncall_pages = [8, 64]\nrounds = {}\n"
             "think_cycles_max = 2000\npattern = \"zipf\"\nvisits = 20000\ntouches_per_page = 8\nstore_percent = 30\n",
             lookahead, rounds);
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Timed run(const std::string& text) {
  const config::Values values = config::load_text(lab::schema(), "bench", text, {},
                                                 config::SearchPath({MMULAB_CONFIGS_DIR}));
  const double started = processor_seconds();
  Timed timed;
  timed.result = lab::run(values, "bench", {});
  timed.seconds = processor_seconds() - started;
  MMULAB_ASSERT(timed.result.verdict == RunVerdict::clean, "a benchmark runs to its end and violates nothing");
  return timed;
}

std::uint64_t counter(const RunResult& result, const char* name) {
  const Stat* stat = result.stats->find(name);
  MMULAB_ASSERT(stat != nullptr, "there is a statistic of that name");
  return stat->counter->value();
}

double marginal_seconds(Stream stream) {
  const double all = run(stream.text()).seconds;
  stream.visits = 1;
  return all - run(stream.text()).seconds;
}

}  // namespace mmulab::bench
