// SPDX-License-Identifier: MIT
// A configuration assembled for exploration: the very system that the timed run simulates, with its checkers, under the
// explored host.
#pragma once

#include <memory>
#include <vector>

#include "models/invariants/ledger.h"
#include "sim/explore/explorable.h"
#include "sim/lab/system.h"
#include "workloads/plan.h"

namespace mmulab::lab {

class ExploredSystem : public Explorable, private EventObserver, private Company {
 public:
  /// Throws config::Error as `run` does. Nobody is subscribed to the events yet: the cursor does that.
  ExploredSystem(const config::Values& values, OnViolation policy);
  ~ExploredSystem() override;

  World& world() override { return system_->world; }
  EventStream& events() override { return system_->events; }
  ExploredHost& host() override { return *host_; }
  Checker& checker() override { return *checker_; }
  const std::vector<Context*>& contexts() const override { return contexts_; }
  bool finished() const override;
  bool is_idle(CpuId cpu) const override;
  std::vector<Renaming> renamings() override;
  void run_up() override;
  Concern concern(const Event& event) const override;
  bool takes_spinlock(const Event& event) const override;
  bool winds_down(AgentId agent) const override;
  void conclude() override;
  void report_deadlock() override;
  void restart() override;

  /// What run_up decided.
  [[nodiscard]] const std::vector<Decision>& boot() const { return boot_; }
  [[nodiscard]] System& system() { return *system_; }
  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] const workload::Plan& plan() const { return plan_; }

 private:
  void on_event(const Event& event) override;
  bool is_company(AgentId cpu) const override;
  void find_tasks_by_cpu();
  [[nodiscard]] std::vector<CpuId> find_peers() const;
  [[nodiscard]] bool are_peers(CpuId a, CpuId b) const;
  [[nodiscard]] Renaming renaming(const std::vector<CpuId>& who, const std::vector<CpuId>& names) const;
  [[nodiscard]] bool runs_up(const Decision& decision) const;
  [[nodiscard]] bool is_done(std::uint32_t cpu) const;

  workload::Plan plan_;
  std::unique_ptr<System> system_;
  std::unique_ptr<Checker> checker_;
  const Ledger* ledger_ = nullptr;
  ExploredHost* host_ = nullptr;
  std::vector<Context*> contexts_;
  std::vector<Decision> boot_;
  std::vector<std::vector<TaskId>> tasks_by_cpu_;  ///< whom the plan puts there
  bool treats_cpus_alike_ = false;
  bool goals_are_named_ = false;
  bool measuring_ = false;
  bool runs_up_ = false;
  /// Lock classes that were taken with interrupts off before the exploration: whoever waits knows already.
  std::uint64_t taken_deaf_ = 0;
};

}  // namespace mmulab::lab
