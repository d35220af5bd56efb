// SPDX-License-Identifier: MIT
// A workload as it was asked for, before addresses, task numbers and limits: what a script's tables and the
// generators alike are turned into. Regions, files, tasks and barriers are numbered in the order of their
// appearance.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/mm/kernel.h"
#include "sim/config/diagnostic.h"
#include "workloads/operation.h"

namespace mmulab::workload {

inline constexpr std::uint32_t nobody = ~std::uint32_t{0};

struct RegionDraft {
  std::string name;
  VmaKind kind = VmaKind::anonymous;
  std::uint64_t pages = 1;
  Rights rights{true, false};
  std::uint32_t mm = 0;
  std::uint32_t file = nobody;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> at_page;
  bool straddle = false;
  bool mapped = true;
  bool shares_tables = false;
  unsigned huge_order = 0;  ///< `pages`, and the ranges of operations, count pages of so many base pages (log2)
  config::Position at;
  VirtPage first;  ///< set by lay_out_regions()
  [[nodiscard]] std::uint64_t base_pages() const { return pages << huge_order; }
};

/// The region as one VMA; it has its place.
VmaRecord record_of(const RegionDraft& region);

struct FileDraft {
  std::string name;
  std::uint64_t pages = 0;
};

struct TaskDraft {
  std::string name;
  std::uint32_t mm = 0;  ///< of a forked task: its starter's, at first
  std::uint32_t cpu = 0;
  bool kthread = false;  ///< has no address space: its mm says nothing
  std::uint64_t rounds = 1;
  std::vector<Statement> warm_up;
  std::vector<Statement> body;
  config::Position at;
  config::Position mm_at;
  config::Position cpu_at;
  // Set by settle_forks().
  std::uint32_t starter = nobody;
  std::uint32_t instances = 1;
  std::uint32_t first_task = 0;  ///< number of the first instance in the plan
};

struct BarrierDraft {
  std::string name;
  config::Position at;
};

struct QueueDraft {
  std::string name;
  config::Position at;
};

struct Draft {
  std::vector<RegionDraft> regions;
  std::vector<FileDraft> files;
  std::vector<TaskDraft> tasks;
  std::vector<BarrierDraft> barriers;
  std::vector<QueueDraft> queues;
  std::uint64_t think_max = 0;
  std::uint64_t delay = 0;
  std::uint32_t zipf_halves = 2;

  std::uint32_t file(const std::string& name);
  std::uint32_t barrier(const std::string& name, const config::Position& at);
  std::uint32_t queue(const std::string& name, const config::Position& at);
};

/// The number of the element with that name, or nobody.
template <class Named>
std::uint32_t find_named(const std::vector<Named>& all, const std::string& name) {
  for (std::uint32_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return i;
  return nobody;
}
template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

/// Whether it runs in that address space at boot.
inline bool runs_in(const TaskDraft& task, std::uint32_t mm) {
  return !task.kthread && task.starter == nobody && task.mm == mm;
}

inline std::uint32_t Draft::file(const std::string& name) {
  const std::uint32_t known = find_named(files, name);
  if (known != nobody) return known;
  files.push_back({name, 0});
  return static_cast<std::uint32_t>(files.size() - 1);
}

inline std::uint32_t Draft::barrier(const std::string& name, const config::Position& at) {
  const std::uint32_t known = find_named(barriers, name);
  if (known != nobody) return known;
  barriers.push_back({name, at});
  return static_cast<std::uint32_t>(barriers.size() - 1);
}

inline std::uint32_t Draft::queue(const std::string& name, const config::Position& at) {
  const std::uint32_t known = find_named(queues, name);
  if (known != nobody) return known;
  queues.push_back({name, at});
  return static_cast<std::uint32_t>(queues.size() - 1);
}

/// Everything that is wrong with a workload, gathered before it is thrown.
class Problems {
 public:
  void add(const config::Position& at, std::string message, std::string hint = {});
  [[nodiscard]] bool none() const { return all_.empty(); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  /// Throws config::Error if there are any.
  void raise() const;

 private:
  std::vector<config::Diagnostic> all_;
};

}  // namespace mmulab::workload
