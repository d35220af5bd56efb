// SPDX-License-Identifier: MIT
// The generators: each turns a few numbers into a draft. All tasks of a generator are threads of mm 0, but for
// fork, whose callers are processes. A round of a caller is, for each size of call: think, access, calls.
#pragma once

#include "sim/config/values.h"
#include "workloads/draft.h"

namespace mmulab::workload {

struct GeneratorOptions {
  std::uint32_t threads = 1;
  std::uint32_t bystanders = 0;
  std::uint64_t pages = 64;
  bool straddle = false;
  std::vector<std::uint64_t> call_pages;  ///< at least one; none larger than `pages`
  std::uint64_t rounds = 1;
  std::uint64_t warm_up_rounds = 0;
  Pattern pattern = Pattern::sequential;
  std::uint64_t visits = 0;
  std::uint32_t touches = 1;
  std::uint32_t store_percent = 100;
  std::vector<std::uint32_t> cpus;  ///< at least one
  std::vector<std::string> calls;
  std::uint64_t seed = 1;
};

/// Every caller maps a region of its own, fills it and unmaps it; bystanders access a region that stays.
void generate_unmap(const GeneratorOptions& options, Draft& draft);
/// Every process stores to its region, forks a child on the next cpu that accesses it, and stores again (copy on
/// write); bystanders are further threads of the processes.
void generate_fork(const GeneratorOptions& options, Draft& draft);
/// Every caller takes the right to write from its region, loads, gives it back and stores.
void generate_mprotect(const GeneratorOptions& options, Draft& draft);
/// Every caller makes each of the named calls on ranges drawn once; between them it accesses all regions.
void generate_mixed(const GeneratorOptions& options, Draft& draft);
/// The calls that mixed knows.
const std::vector<std::string>& mixed_calls();

/// Reads the options and adds the generator's draft.
void draft_generator(const config::Values& values, std::uint32_t cpus, std::uint64_t seed, Draft& draft,
                     Problems& problems);

}  // namespace mmulab::workload
