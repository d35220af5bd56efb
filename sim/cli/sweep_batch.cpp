// SPDX-License-Identifier: MIT
#include "sim/cli/sweep_batch.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

/// As one word of a shell.
std::string quoted(const std::string& word) {
  constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string command_of(const SweepBatch& batch) {
  std::string text;
  for (const std::string& word : batch.words) text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

std::string head_of(const SweepBatch& batch) {
  return fmt::format("# {} points of {} in {} {}. To go on after a failure, run it again.\n", batch.points, batch.name,
                     batch.shards, batch.shards == 1 ? "shard" : "shards");
}

std::string cd_here() {
  std::error_code failure;
  return fmt::format("cd {} || exit 2\n", quoted(std::filesystem::current_path(failure).string()));
}

/// What follows the array: nothing is left undone, whatever became of its tasks, and all is merged. Points that failed
/// are rows, too.
std::string rest_script(const SweepBatch& batch) {
  return fmt::format(
      "#!/bin/bash\n# What the tasks of {0} have left, and its archive.\n#SBATCH --job-name={1}-rest\n"
      "#SBATCH --output={2}-rest-%j.log\n{3}{4} --resume --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\"\nresult=$?\n"
      "[ $result -eq 0 ] || [ $result -eq 3 ] || exit $result\n{5} merge {2} --output {2}.db || exit\nexit $result\n",
      batch.name, quoted(batch.name), quoted(batch.folder), cd_here(), command_of(batch), quoted(batch.words.front()));
}

/// Submits one script and returns the job's number.
std::string submitted(const std::string& options, const std::string& file) {
  const std::string command = fmt::format("sbatch --parsable {} {}", options, quoted(file));
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw config::Error(config::diagnose({}, "sbatch cannot be started"));
  std::string text;
  std::array<char, 256> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) text += buffer.data();
  const int status = pclose(pipe);
  const std::string job = text.substr(0, text.find_first_not_of("0123456789"));
  if (status != 0 || job.empty())
    throw config::Error(config::diagnose({}, fmt::format("Slurm has not taken {}", file),
                                         "what sbatch says stands above; --emit slurm prints the script"));
  return job;
}

}  // namespace

std::uint64_t shards_for(std::uint64_t points) {
  constexpr std::uint64_t points_each = 100;
  constexpr std::uint64_t shards_max = 1000;
  return std::clamp<std::uint64_t>(points / points_each, 1, shards_max);
}

std::string slurm_script(const SweepBatch& batch) {
  return fmt::format(
      "#!/bin/bash\n{}#SBATCH --job-name={}\n#SBATCH --array=1-{}\n#SBATCH --output={}-%A_%a.log\n#SBATCH --requeue\n"
      "#SBATCH --open-mode=append\n{}exec {} --shard \"$SLURM_ARRAY_TASK_ID/{}\" --resume"
      " --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
      head_of(batch), quoted(batch.name), batch.shards, quoted(batch.folder), cd_here(), command_of(batch),
      batch.shards);
}

std::string parallel_script(const SweepBatch& batch) {
  return fmt::format("#!/bin/bash\n{}{}seq {} | exec parallel {} --shard '{{}}/{}' --resume --jobs 1\n", head_of(batch),
                     cd_here(), batch.shards, quoted(command_of(batch)), batch.shards);
}

void submit_to_slurm(const SweepBatch& batch, std::ostream& talk) {
  const std::string array = batch.folder + ".sbatch";
  const std::string rest = batch.folder + "-rest.sbatch";
  write_whole(array, slurm_script(batch));
  write_whole(rest, rest_script(batch));
  const std::string job = submitted("", array);
  const std::string after = submitted("--dependency=afterany:" + job, rest);
  talk << fmt::format("job {}: {} points in {} tasks; job {} behind it does what they leave, and merges\n", job,
                      batch.points, batch.shards, after);
}

}  // namespace mmulab::cli
