// SPDX-License-Identifier: MIT
// What a workload is to the laboratory: tasks with programs, address spaces with their first mappings, and how
// much of everything the kernel must have room for. A workload knows the kernel's interface and nothing of
// architectures, strategies or checkers; a scenario holds no schedule, only seeded random think times, repetition
// and barriers; or it is a recording (workloads/trace).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/mm/kernel.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"
#include "sim/stats/stat_registry.h"

namespace mmulab::workload {

/// A task's user-level behaviour. run() is called on the task's fiber, in user mode, as often as the host starts
/// over; whatever it remembers lives on that fiber's stack and needs no destructor. When it returns the task
/// exits.
class Program {
 public:
  virtual ~Program() = default;
  virtual void run(Context& ctx, Kernel& kernel) = 0;
  /// A task that runs the other one does the same, whatever its name and cpu.
  [[nodiscard]] virtual bool is_like(const Program&) const { return false; }
};

/// TaskId = position in Plan::tasks; idle tasks and others of the laboratory come after them.
struct PlannedTask {
  std::string name;
  MmId mm;  ///< none: a kernel thread
  CpuId cpu;
  bool started_by_fork = false;  ///< unused until some other task forks it
  std::unique_ptr<Program> program;
};

/// MmId = position in Plan::mms.
struct PlannedMm {
  std::vector<VmaRecord> vmas;  ///< of boot, in the order of addresses; none if made by fork
  MmId parent;                  ///< made by fork: whose copy it is
  std::uint32_t users = 0;      ///< tasks at boot; 0 if made by fork
};

struct PlannedRegion {
  std::string name;
  MmId mm;
  VirtPage first;
  Pages pages;
};

class Meetings;

struct Plan {
  Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  std::vector<PlannedTask> tasks;
  std::vector<PlannedMm> mms;
  std::vector<PlannedRegion> regions;
  std::vector<std::string> files;  ///< by FileId
  /// What the workload needs by itself. `frames` allows for one gather a task that holds pages until its end; who
  /// defers frees beyond that adds frames of his own. `tasks` is without idle tasks.
  KernelLimits limits;

  /// Lays out the workload's own words. Once, before the run.
  void lay_out(World& world);
  /// Called in the step in which the last task finishes its warm-up. Without warm-up everything is measured.
  void on_measured(std::function<void(const Access&)> begin);
  /// "heap+3", or the page's number if it is in no region.
  [[nodiscard]] std::string page_name(MmId mm, VirtPage page) const;

  bool warms_up = false;
  /// Why the plan cannot be explored; empty if it can.
  std::string timed_only;
  /// Enters what the workload has counted itself; once, when the run has ended. May be empty.
  std::function<void(StatRegistry&)> tell;
  std::unique_ptr<Meetings> meetings;  ///< what the programs share
};

struct PlanEnvironment {
  TableGeometry geometry;
  std::uint32_t cpus = 1;
  std::uint64_t seed = 1;
};

/// Declares [workload], [[workload.region]] and [[workload.task]].
void describe_workload(config::Schema& schema);

/// Throws config::Error with everything that is wrong with the user's workload.
Plan make_plan(const config::Values& values, const PlanEnvironment& environment);

}  // namespace mmulab::workload
