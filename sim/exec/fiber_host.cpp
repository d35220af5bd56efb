// SPDX-License-Identifier: MIT
#include "sim/exec/fiber_host.h"

namespace mmulab {

AgentId FiberHost::add_device(Device& device) {
  auto context = std::make_unique<Context>(*this, world_, TaskId::none());
  context->set_observer(observer_);
  context->set_events(events_);
  devices_.push_back({&device, std::move(context)});
  return AgentId{cpus() + devices_.size() - 1};
}

void FiberHost::place(Context& context, CpuId cpu) {
  MMULAB_ASSERT(current_[cpu.raw()] == nullptr, "one context a cpu to begin with");
  current_[cpu.raw()] = &context;
  context.set_cpu(cpu);
}

void FiberHost::switch_task(Context& from, Context& to) {
  MMULAB_ASSERT(&from != &to, "a switch changes the task");
  const CpuId cpu = from.cpu();
  MMULAB_ASSERT(current_[cpu.raw()] == &from, "only the running task gives its cpu away");
  current_[cpu.raw()] = &to;
  to.set_cpu(cpu);
  Fiber::jump(from.fiber(), to.next_fiber());
}

void FiberHost::act(AgentId agent, std::uint32_t unit) {
  DeviceSlot& slot = device(agent);
  Op op;
  op.label = &slot.device->label();
  op.footprint = slot.device->footprint(unit);
#ifdef MMULAB_CHECK_FOOTPRINT
  mutate_declaration(op);
#endif
  if (observer_ != nullptr) observer_->on_step(agent, *op.label);
  Access access{*slot.context, op};
  slot.device->act(access, unit);
}

}  // namespace mmulab
