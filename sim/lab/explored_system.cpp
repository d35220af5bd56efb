// SPDX-License-Identifier: MIT
#include "sim/lab/explored_system.h"

#include <algorithm>

#include "models/invariants/concern.h"
#include "models/invariants/no_deadlock.h"
#include "models/machine/config.h"
#include "sim/config/diagnostic.h"
#include "sim/lab/build.h"
#include "sim/lab/selection.h"
#include "sim/lab/subject.h"
#include "sim/lab/wait_cycle.h"

namespace mmulab::lab {
namespace {

/// Linux keeps a task that is being preempted from being preempted again (PREEMPT_ACTIVE). Here nothing does, and where
/// ticks come as they like there is no end to it.
void refuse_preempting_ticks(const config::Values& values) {
  if (!values.flag("kernel.preempt") || values.integer("kernel.tick_cycles") == 0) return;
  throw config::Error(config::diagnose(values.position("kernel.tick_cycles"),
                                       "ticks that preempt the kernel are not explored",
                                       "leave out kernel.preempt, so that ticks preempt user mode only, or the ticks"));
}

}  // namespace

ExploredSystem::ExploredSystem(const config::Values& values, OnViolation policy) {
  refuse_preempting_ticks(values);
  const workload::PlanEnvironment environment{table_geometry(values), topology(values).cpus(),
                                              values.integer("sim.seed")};
  plan_ = workload::make_plan(values, environment);
  if (!plan_.timed_only.empty())
    throw config::Error(
        config::diagnose(values.position("workload.kind"), "this workload cannot be explored", plan_.timed_only));
  SystemParts parts = system_parts(values, plan_.limits);
  parts.tlb = explored_tlb(values);
  system_ = assemble_system(parts);
  populate(*system_, plan_);
  CheckerOptions options;
  options.policy = policy;
  checker_ = std::make_unique<Checker>(options);
  LedgerConfig config = ledger_config(values, *system_);
  config.moment_unit = "step";
  auto ledger = std::make_unique<Ledger>(config, system_->events);
  select_checks(*checker_, values, *ledger);
  goals_are_named_ = checker_->names_goals();
  ledger_ = ledger.get();
  checker_->add_model(std::move(ledger));
  host_ = &system_->make_explored(explored_memory(values));
  host_->set_company(this);
  find_tasks_by_cpu();
  contexts_ = system_->contexts();
  // Neither store buffers nor what TLBs do by themselves nor who waits for lockless walks has been told of other names.
  treats_cpus_alike_ = system_->port->treats_cpus_alike() && system_->strategy->treats_cpus_alike() &&
                       host_->store_buffers() == nullptr && parts.tlb == TlbAgents::on_demand &&
                       system_->table_freeing == nullptr && topology(values).threads_per_core == 1 &&
                       host_->cpus() <= Renaming::cpus_max;
  system_->events.subscribe(*this);
}

ExploredSystem::~ExploredSystem() = default;

void ExploredSystem::find_tasks_by_cpu() {
  tasks_by_cpu_.assign(host_->cpus(), {});
  for (std::uint32_t t = 0; t < plan_.tasks.size(); ++t)
    tasks_by_cpu_[plan_.tasks[t].cpu.raw()].push_back(TaskId{t});
}

void ExploredSystem::on_event(const Event& event) {
  if (event.kind == EventKind::measurement_begun) measuring_ = true;
  if (runs_up_ && event.kind == EventKind::lock_acquired && ledger_->execution().task(event.task).irqs_off)
    taken_deaf_ |= std::uint64_t{1} << event.a;
}

bool ExploredSystem::are_peers(CpuId a, CpuId b) const {
  const auto &here = tasks_by_cpu_[a.raw()], &there = tasks_by_cpu_[b.raw()];
  if (here.size() != 1 || there.size() != 1) return false;
  const workload::PlannedTask &one = plan_.tasks[here[0].raw()], &other = plan_.tasks[there[0].raw()];
  return one.mm == other.mm && !one.started_by_fork && !other.started_by_fork && one.program->is_like(*other.program);
}

/// The most cpus that do the same.
std::vector<CpuId> ExploredSystem::find_peers() const {
  std::vector<CpuId> most;
  for (std::uint32_t first = 0; first < host_->cpus(); ++first) {
    std::vector<CpuId> peers{CpuId{first}};
    for (std::uint32_t next = first + 1; next < host_->cpus(); ++next)
      if (are_peers(CpuId{first}, CpuId{next})) peers.push_back(CpuId{next});
    if (peers.size() > most.size()) most = peers;
  }
  return most;
}

/// Each of `who` is called as the one in the same place of `names` is, with its tasks.
Renaming ExploredSystem::renaming(const std::vector<CpuId>& who, const std::vector<CpuId>& names) const {
  std::vector<CpuId> cpus;
  for (std::uint32_t c = 0; c < host_->cpus(); ++c) cpus.emplace_back(c);
  std::vector<TaskId> tasks;
  for (std::uint32_t t = 0; t < system_->state->limits().tasks; ++t) tasks.emplace_back(t);
  const auto idle_task = [&](CpuId cpu) { return system_->world.load(system_->state->cpu_idle_task(cpu)); };
  for (std::size_t n = 0; n < who.size(); ++n) {
    cpus[who[n].raw()] = names[n];
    tasks[tasks_by_cpu_[who[n].raw()][0].raw()] = tasks_by_cpu_[names[n].raw()][0];
    tasks[idle_task(who[n]).raw()] = idle_task(names[n]);
  }
  return Renaming(system_->world, std::move(cpus), std::move(tasks));
}

std::vector<Renaming> ExploredSystem::renamings() {
  // Each state is looked at under as many names: 24 for four.
  constexpr std::size_t peers_max = 4;
  if (!treats_cpus_alike_) return {};
  std::vector<CpuId> peers = find_peers();
  if (peers.size() > peers_max) peers.resize(peers_max);
  std::vector<Renaming> renamings;
  std::vector<CpuId> names = peers;
  while (std::next_permutation(names.begin(), names.end())) renamings.push_back(renaming(peers, names));
  return renamings;
}

bool ExploredSystem::is_idle(CpuId cpu) const {
  const KernelState& state = *system_->state;
  return system_->world.load(state.cpu_current(cpu)) == system_->world.load(state.cpu_idle_task(cpu));
}

Concern ExploredSystem::concern(const Event& event) const {
  if (event.kind == EventKind::lock_acquired && (taken_deaf_ >> event.a & 1) != 0) return {};
  return concern_of(event, *ledger_, goals_are_named_);
}

bool ExploredSystem::takes_spinlock(const Event& event) const {
  // The locks that let their waiters sleep keep no holder in their word.
  const auto lock_class = static_cast<LockClass>(event.a);
  return event.kind == EventKind::lock_acquired && lock_class != LockClass::mmap_sem && lock_class != LockClass::page;
}

/// Boot is cpu 0's; a warm-up, if the workload has one, is everybody's, and ends for all at once.
bool ExploredSystem::runs_up(const Decision& decision) const {
  return plan_.warms_up || host_->is_device(decision.agent) || decision.agent == AgentId{0};
}

/// Where tasks share a cpu, all but the last of them may have to exit before another one can go on. Ticks go on for
/// ever where a task waits for a cpu: they are at their end when all the tasks are.
bool ExploredSystem::winds_down(AgentId agent) const {
  if (!host_->is_device(agent)) return !host_->current(CpuId{agent.raw()}).in_interrupt() && is_done(agent.raw());
  if (&host_->device_of(agent) != system_->timer.get()) return false;
  for (std::uint32_t cpu = 0; cpu < host_->cpus(); ++cpu)
    if (!is_done(cpu)) return false;
  return true;
}

/// All tasks there have done what they were to do.
bool ExploredSystem::is_done(std::uint32_t cpu) const {
  const std::vector<TaskId>& here = tasks_by_cpu_[cpu];
  return std::all_of(here.begin(), here.end(),
                     [&](TaskId task) { return contexts_[task.raw()]->progress() == Context::done; });
}

/// Where tasks have ended or not begun, nobody notices what the TLBs do.
bool ExploredSystem::is_company(AgentId cpu) const { return !runs_up_ && !winds_down(cpu); }

void ExploredSystem::run_up() {
  std::vector<Decision> decisions;
  boot_.clear();
  StoreBuffers* buffers = host_->store_buffers();
  if (buffers != nullptr) buffers->delay(false);
  runs_up_ = true;
  while (plan_.warms_up ? !measuring_ : !system_->booted()) {
    host_->list_decisions(decisions);
    const auto next = std::find_if(decisions.begin(), decisions.end(), [&](const Decision& d) { return runs_up(d); });
    MMULAB_ASSERT(next != decisions.end(), "boot and warm-up come to their end");
    boot_.push_back(*next);
    host_->perform(*next);
  }
  if (buffers != nullptr) buffers->delay(true);
  runs_up_ = false;
}

/// Every store of the last task has become visible, too.
bool ExploredSystem::finished() const {
  const StoreBuffers* buffers = host_->store_buffers();
  return (buffers == nullptr || buffers->empty()) && system_->finished();
}

void ExploredSystem::conclude() {
  Event quiet{EventKind::quiescent};
  quiet.b = system_->borrowed_roots();
  system_->events.publish(quiet);
}

void ExploredSystem::report_deadlock() {
  auto* invariant = dynamic_cast<NoDeadlock*>(checker_->find("no-deadlock"));
  if (invariant == nullptr) return;
  invariant->report_deadlock(Cycle{host_->steps()}, "no cpu can go on, and not every task has ended",
                             wait_story(*system_, *host_, ledger_->execution()));
}

void ExploredSystem::restart() {
  checker_->reset();
  measuring_ = false;
  system_->restart_explored();
  contexts_ = system_->contexts();
}

}  // namespace mmulab::lab
