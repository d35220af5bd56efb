// SPDX-License-Identifier: MIT
#include "sim/lab/system.h"

#include <algorithm>

namespace mmulab::lab {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024;
const Label first_run{"task.first_run", "irq_enable"};

KernelLimits with_idle_tasks(KernelLimits limits, const SystemParts& parts) {
  limits.cpus = parts.topology.cpus();
  limits.tasks += limits.cpus;
  return limits;
}

KernelPolicy with_coverage(KernelPolicy policy, const GatherAxes& axes) {
  policy.fork_gathers = policy.fork_gathers || axes.covers_fork;
  policy.mprotect_gathers = policy.mprotect_gathers || axes.covers_mprotect;
  return policy;
}

}  // namespace

System::System(const SystemParts& parts) : parts_(parts), policy_(with_coverage(parts.policy, parts.axes)) {
  planned_ = parts.limits.tasks;
  parts_.limits = with_idle_tasks(parts.limits, parts);
  tasks_.resize(parts_.limits.tasks);
  state = std::make_unique<KernelState>(world, parts_.limits, parts_.geometry, parts_.pte_words);
  locks = std::make_unique<Locks>(*state);
  interrupts = std::make_unique<KernelInterrupts>(*state, world);
  fabric = std::make_unique<IpiFabric>(*state, parts_.topology, parts_.ipi);
  timer = std::make_unique<Timer>(*state, policy_.tick);
  machine = std::make_unique<Machine>(Machine{world, parts_.topology, costs, *fabric, nullptr, &translations});
  for (const auto& [name, cost] : parts_.costs) costs.set(name, cost);
  if (parts_.axes.free_tables == FreeTables::rcu || parts_.limits.shared_tables)
    table_freeing = std::make_unique<TableFreeing>(*machine, *state, *locks, parts_.axes.table_batch_entries,
                                                   policy_.rcu_grace);
  made_port = parts_.make_port(PortParts{*state, *machine, *locks, *interrupts, parts_.tlb});
  port = made_port.port.get();
  const StrategyParts strategy_parts{world, *state, *port, *locks, parts_.axes};
  strategy = strategies().find(parts_.strategy_class).make.make(strategy_parts);
  scheduler = std::make_unique<Scheduler>(*state, *locks, policy_);
  kernel = std::make_unique<Kernel>(*state, policy_, *locks, *scheduler, *port, *strategy);
  strategy->bind(*kernel);
  kernel->set_walkers(table_freeing.get());
  if (made_port.bind_strategy) made_port.bind_strategy(*strategy);
  events.set_copy_source(made_port.copies);
  wire_kernel();
  boot_cpus();
}

System::~System() = default;

void System::wire_kernel() {
  SwitchHooks hooks;
  hooks.switch_mm = [this](Context& ctx, MmId prev, MmId next) {
    if (prev.exists()) strategy->switch_out(ctx, prev);
    if (prev.exists() || next.exists()) port->switch_mm(ctx, prev, next);
    if (next.exists()) strategy->switch_in(ctx, next);
  };
  hooks.drop_mm = [this](Context& ctx, MmId mm) { kernel->drop_mm(ctx, mm); };
  scheduler->set_switch_hooks(hooks);
  scheduler->set_arm_tick([this](Context& ctx) { timer->arm(ctx); });
  if (table_freeing)
    interrupts->set_handler(Vector::call_function, [this](Context& ctx) { table_freeing->on_interrupt(ctx); });
  interrupts->set_handler(Vector::tick, [this](Context& ctx) { scheduler->tick(ctx); });
  interrupts->set_on_exit([this](Context& ctx, bool to_user) { scheduler->interrupt_exit(ctx, to_user); });
}

void System::boot_cpus() {
  for (std::uint32_t c = 0; c < parts_.topology.cpus(); ++c) {
    const CpuId cpu{c};
    const TaskId idle{planned_ + c};
    new_task(idle, "idle/" + std::to_string(c), cpu, [this](Context& ctx, Kernel&) {
      if (ctx.cpu() == CpuId{0}) boot(ctx);
      scheduler->idle(ctx);
    });
    world.store(state->cpu_idle_task(cpu), idle);
    world.store(state->cpu_current(cpu), idle);
    world.store(state->task_state(idle), TaskState::running);
  }
}

/// On cpu 0's idle task: address spaces get their contexts, and the tasks are let loose.
void System::boot(Context& ctx) {
  for (std::uint32_t m = 0; m < parts_.limits.mms; ++m)
    if (world.load(state->mm_users(MmId{m})) != 0) port->init_mm(ctx, MmId{m});
  for (const TaskId task : at_boot_) scheduler->wake_up(ctx, task);
  booted_ = true;
}

TaskId System::new_task(TaskId id, const std::string& name, CpuId cpu, TaskBody body) {
  Task& task = tasks_[id.raw()];
  task.name = name;
  task.body = std::move(body);
  task.system = this;
  world.store(state->task_cpu(id), cpu);
  return id;
}

TaskId System::add_child(const std::string& name, CpuId cpu, TaskBody body) {
  MMULAB_ASSERT(added_ < planned_, "the plan counted its tasks");
  return new_task(TaskId{added_++}, name, cpu, std::move(body));
}

TaskId System::add_task(const std::string& name, MmId mm, CpuId cpu, TaskBody body) {
  const TaskId id = add_child(name, cpu, std::move(body));
  world.store(state->task_mm(id), mm);
  world.store(state->task_state(id), TaskState::sleeping);
  if (mm.exists()) {
    world.store(state->mm_users(mm), world.load(state->mm_users(mm)) + 1);
    world.store(state->mm_count(mm), std::uint64_t{1});
  }
  at_boot_.push_back(id);
  return id;
}

void System::seal() {
  costs.bind();
  // A task that has never run is entered from the scheduler, with interrupts off as behind any switch.
  for (std::uint32_t t = 0; t < added_; ++t) world.store(state->task_irqs_off(TaskId{t}), std::uint64_t{1});
}

void System::run_task(Context& ctx, void* argument) {
  Task& task = *static_cast<Task*>(argument);
  System& system = *task.system;
  const auto depth = system.state->task_irqs_off(ctx.task());
  const auto in_user = system.state->task_in_user(ctx.task());
  const auto mm = system.state->task_mm(ctx.task());
  if (!system.is_idle(ctx.task())) {
    ctx.step(first_run, writes(depth, in_user).reads(mm), [&](Access& a) {
      a.write(depth, std::uint64_t{0});
      emit(a, Event{EventKind::irqs_enabled});
      // A kernel thread goes on as it is.
      Event event{EventKind::returned_to_user};
      event.mm = a.read(mm);
      if (!event.mm.exists()) return;
      a.write(in_user, true);
      emit(a, event);
    });
    task.body(ctx, *system.kernel);
    system.kernel->exit(ctx);
  }
  task.body(ctx, *system.kernel);
}

bool System::finished() const {
  for (std::uint32_t t = 0; t < added_; ++t)
    if (const TaskState s = world.load(state->task_state(TaskId{t}));
        s != TaskState::dead && s != TaskState::unused)
      return false;
  for (std::uint32_t c = 0; c < parts_.topology.cpus(); ++c) {
    const TaskId idle = world.load(state->cpu_idle_task(CpuId{c}));
    // Its switch is behind it when interrupts are on again.
    if (world.load(state->cpu_current(CpuId{c})) != idle || world.load(state->task_irqs_off(idle)) != 0) return false;
  }
  return table_freeing == nullptr || table_freeing->idle();
}

std::uint32_t System::borrowed_roots() const {
  std::uint32_t roots = 0;
  for (std::uint32_t m = 0; m < parts_.limits.mms; ++m)
    if (world.load(state->mm_users(MmId{m})) == 0 && world.load(state->mm_count(MmId{m})) != 0) ++roots;
  return roots;
}

void System::make_contexts(FiberHost& host) {
  host.set_interrupts(interrupts.get());
  host.set_observer(observer_);
  for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
    Task& task = tasks_[t];
    if (task.system == nullptr) continue;
    task.context = std::make_unique<Context>(host, world, TaskId{t});
    task.context->set_events(&events);
    task.context->set_observer(observer_);
    task.context->set_store_buffers(store_buffers_.get());
    task.context->prepare(stack_bytes, &System::run_task, &task);
    scheduler->set_context(TaskId{t}, *task.context);
    if (is_idle(TaskId{t})) host.place(*task.context, CpuId{t - planned_});
  }
}

void System::add_devices(FiberHost& host, TimedHost* timed) {
  host.set_events(&events);
  host.set_observer(observer_);
  const AgentId fabric_agent = host.add_device(*fabric);
  fabric->attach(timed, fabric_agent);
  const AgentId timer_agent = host.add_device(*timer);
  timer->attach(timed, timer_agent);
  if (table_freeing) {
    const AgentId agent = host.add_device(*table_freeing);
    table_freeing->attach(timed, agent);
  }
  for (auto& [device, attach] : made_port.devices) attach(timed, host.add_device(*device));
}

TimedHost& System::make_timed(const TimedOptions& options) {
  memory = std::make_unique<MemorySystem>(parts_.topology, parts_.memory_model, parts_.memory);
  lines = std::make_unique<Lines>(
      world, parts_.topology, costs, parts_.lines,
      [this](CoreId core, PhysAddr at, bool write) { return memory->access(core, at, write); });
  // Leaving user mode takes at least the least trap; moving a line at least the least transfer.
  lines->set_least_latency(std::min({parts_.lines.same_socket, parts_.lines.cross_socket, costs.least(Phase::entry)}));
  machine->lines = lines.get();
  timed_ = std::make_unique<TimedHost>(world, *lines, parts_.topology.core_of_each_cpu(), options);
  add_devices(*timed_, timed_.get());
  make_contexts(*timed_);
  timed_->seal();
  modules_ = std::make_unique<CoreModules>(*timed_);
  return *timed_;
}

ExploredHost& System::make_explored(const Memory& as) {
  if (as.model != MemoryModel::sc) {
    store_buffers_ =
        std::make_unique<StoreBuffers>(world, as.model, parts_.topology.cpus(), as.store_buffer);
    store_drain_ = std::make_unique<StoreDrain>(*store_buffers_);
  }
  world.start_tracking();
  explored_ = std::make_unique<ExploredHost>(world, parts_.topology.cpus());
  explored_->set_shadow(made_port.shadow);
  explored_from_ = world.mark();
  add_devices(*explored_, nullptr);
  add_store_buffers();
  make_contexts(*explored_);
  return *explored_;
}

/// The last of the devices, so that the numbers of the others do not depend on the memory model.
void System::add_store_buffers() {
  if (store_buffers_ == nullptr) return;
  explored_->set_store_buffers(store_buffers_.get(), explored_->add_device(*store_drain_));
}

void System::restart_explored() {
  world.undo_to(explored_from_);
  booted_ = false;
  explored_->clear();
  add_devices(*explored_, nullptr);
  add_store_buffers();
  make_contexts(*explored_);
}

std::vector<Context*> System::contexts() const {
  std::vector<Context*> contexts;
  for (const Task& task : tasks_)
    if (task.context != nullptr) contexts.push_back(task.context.get());
  return contexts;
}

}  // namespace mmulab::lab
