// SPDX-License-Identifier: MIT
// One simulated system, assembled: World, kernel, port, strategy, machine, tasks. The same assembly runs under the
// timed and under the explored host; configurations become a SystemParts in sim/lab/build.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/gather/config.h"
#include "models/machine/machine.h"
#include "models/machine/memory_system.h"
#include "models/machine/table_freeing.h"
#include "models/machine/timer.h"
#include "sim/exec/store_drain.h"
#include "sim/explore/explored_host.h"
#include "sim/lab/architecture.h"
#include "sim/timed/core_module.h"

namespace mmulab::lab {

struct SystemParts {
  Topology topology;
  KernelLimits limits;
  TableGeometry geometry;
  std::uint32_t pte_words = 1;
  KernelPolicy policy;
  GatherAxes axes;
  std::string strategy_class = "axes";
  PortFactory make_port;
  /// Whom else the TLBs obey than accesses; only for an explored system.
  TlbAgents tlb = TlbAgents::on_demand;
  LineCosts lines;
  IpiCosts ipi;
  std::string memory_model = "flat";
  MemoryTargetOptions memory;
  /// Every named cost.
  std::vector<std::pair<std::string, Cycles>> costs;
};

/// A task's behaviour in user mode. The task exits when it returns.
using TaskBody = std::function<void(Context&, Kernel&)>;

class System {
 public:
  explicit System(const SystemParts& parts);
  ~System();

  /// A task that runs in `mm` from the beginning, a kernel thread if that is none; tasks of one cpu queue up in the
  /// order of their addition. Task ids count up from 0; the idle tasks' come after those that the limits allow.
  TaskId add_task(const std::string& name, MmId mm, CpuId cpu, TaskBody body);
  /// A task that some fork will start.
  TaskId add_child(const std::string& name, CpuId cpu, TaskBody body);

  /// Fixes the World; the hosts come after this. `events` is what everyone emits into.
  void seal();
  /// The timed host, its SystemC modules included. Once.
  TimedHost& make_timed(const TimedOptions& options);
  void run_timed() { modules_->run(); }
  /// Memory as the explored host shows it, and how many stores a cpu's buffer holds.
  struct Memory {
    MemoryModel model = MemoryModel::sc;
    std::uint32_t store_buffer = 0;
  };
  /// The explored host. Once, instead of the timed one.
  ExploredHost& make_explored() { return make_explored(Memory()); }
  ExploredHost& make_explored(const Memory& as);
  /// The explored host as it was made, with fresh contexts.
  void restart_explored();
  /// Every task's context, idle tasks' last.
  [[nodiscard]] std::vector<Context*> contexts() const;

  /// Cpu 0 has set the address spaces up and let the tasks loose.
  [[nodiscard]] bool booted() const { return booted_; }
  /// True once every task that was started is dead and every cpu idles.
  [[nodiscard]] bool finished() const;
  /// Root tables of dead address spaces that idle cpus still borrow.
  [[nodiscard]] std::uint32_t borrowed_roots() const;
  void set_observer(StepObserver* observer) { observer_ = observer; }

  [[nodiscard]] const std::string& task_name(TaskId task) const { return tasks_[task.raw()].name; }
  [[nodiscard]] std::uint32_t tasks() const { return static_cast<std::uint32_t>(tasks_.size()); }

  World world;
  EventStream events;
  CostTable costs;
  std::unique_ptr<KernelState> state;
  std::unique_ptr<Locks> locks;
  std::unique_ptr<KernelInterrupts> interrupts;
  std::unique_ptr<IpiFabric> fabric;
  std::unique_ptr<Timer> timer;
  std::unique_ptr<TableFreeing> table_freeing;  ///< none if nobody heeds walks without locks
  std::unique_ptr<Machine> machine;
  MadePort made_port;
  Port* port = nullptr;
  std::unique_ptr<AxesStrategy> strategy;
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<Kernel> kernel;
  std::unique_ptr<Lines> lines;
  std::unique_ptr<MemorySystem> memory;
  TranslationCounts translations;

 private:
  struct Task {
    std::string name;
    TaskBody body;
    std::unique_ptr<Context> context;
    System* system = nullptr;
  };
  TaskId new_task(TaskId id, const std::string& name, CpuId cpu, TaskBody body);
  [[nodiscard]] bool is_idle(TaskId task) const { return task.raw() >= planned_; }
  void boot(Context& ctx);
  void wire_kernel();
  void boot_cpus();
  void make_contexts(FiberHost& host);
  void add_devices(FiberHost& host, TimedHost* timed);
  void add_store_buffers();
  static void run_task(Context& ctx, void* task);

  SystemParts parts_;
  KernelPolicy policy_;
  std::vector<Task> tasks_;
  std::uint32_t planned_ = 0;  ///< tasks that are not idle tasks; they come first
  std::uint32_t added_ = 0;
  bool booted_ = false;
  std::vector<TaskId> at_boot_;
  StepObserver* observer_ = nullptr;
  std::unique_ptr<TimedHost> timed_;
  std::unique_ptr<StoreBuffers> store_buffers_;
  std::unique_ptr<StoreDrain> store_drain_;
  std::unique_ptr<ExploredHost> explored_;
  World::JournalMark explored_from_;
  std::unique_ptr<CoreModules> modules_;
};

}  // namespace mmulab::lab
