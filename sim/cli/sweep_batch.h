// SPDX-License-Identifier: MIT
// A sweep in shards on many computers that share a file system: scripts for Slurm and GNU parallel, and submission.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace mmulab::cli {

struct SweepBatch {
  std::string name;                ///< of the job
  std::vector<std::string> words;  ///< the command of one shard, without --shard, --jobs and --resume
  std::string folder;              ///< the sweep's
  std::uint64_t points = 0;
  std::uint64_t shards = 0;
};

/// As many shards as make a hundred points each, at most a thousand: starting a task costs a cluster more than a point.
[[nodiscard]] std::uint64_t shards_for(std::uint64_t points);

[[nodiscard]] std::string slurm_script(const SweepBatch& batch);
[[nodiscard]] std::string parallel_script(const SweepBatch& batch);

/// Submits the array, and a job behind it that does what its tasks have left and merges all into FOLDER.db. The scripts
/// stay beside the folder. Throws config::Error where Slurm refuses.
void submit_to_slurm(const SweepBatch& batch, std::ostream& talk);

}  // namespace mmulab::cli
