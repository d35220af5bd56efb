// SPDX-License-Identifier: MIT
// The assembled system under measurement: a configuration goes through sim/lab as for `mmulab run`, SystemC and all.
#pragma once

#include <cstdint>
#include <string>

#include "sim/results/run_result.h"

namespace mmulab::bench {

/// A workload of private accesses: each core visits a region of its own in zipf order, after having mapped it.
struct Stream {
  std::string machine = "skylake";
  std::string kernel = "modern";
  std::string strategy = "linux-modern";
  std::uint32_t cores = 1;
  std::uint64_t pages = 0;   ///< of each core
  std::uint64_t visits = 0;  ///< of each core
  std::uint32_t touches = 1;
  bool lookahead = true;
  bool checkers = true;
  [[nodiscard]] std::string text() const;
};

/// One cpu maps, touches and unmaps a page again and again; the others of the same address space compute.
[[nodiscard]] std::string storm_text(std::uint32_t cpus, std::uint64_t unmaps);

/// Every cpu maps, fills in zipf order and unmaps, with think times in between.
[[nodiscard]] std::string mixed_text(std::uint32_t cpus, std::uint64_t rounds, bool lookahead);

/// Seconds of processor time that this process has used. Everything here is one thread, so on a machine of one's own
/// this is wall time, and on a busy one it is what wall time would have been.
[[nodiscard]] double processor_seconds();

struct Timed {
  double seconds = 0;
  RunResult result;
};
/// Runs the configuration once; throws what lab::run throws.
Timed run(const std::string& text);
/// A counter of the run's statistics.
[[nodiscard]] std::uint64_t counter(const RunResult& result, const char* name);
/// Seconds that `visits` further visits take: the run without them is subtracted.
[[nodiscard]] double marginal_seconds(Stream stream);

}  // namespace mmulab::bench
