// SPDX-License-Identifier: MIT
#include "models/machine/timer.h"

#include "sim/timed/timed_host.h"

namespace mmulab {
namespace {
const Label start{"timer.arm", "test_flag"};
const Label expire{"timer.expire", "test_flag"};
}  // namespace

void Timer::arm(Context& ctx) {
  if (period_ == Cycles{}) return;
  const auto armed = state_.cpu_tick_armed(ctx.cpu());
  const bool fresh = ctx.step(start, writes(armed), [&](Access& a) { return !a.exchange(armed, true); });
  if (fresh && host_ != nullptr) host_->post(agent_, ctx.now() + period_, ctx.cpu().raw());
}

void Timer::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  // Only a tick that can change something is worth exploring: somebody must wait for the cpu.
  for (std::uint32_t cpu = 0; cpu < state_.limits().cpus; ++cpu)
    if (world.load(state_.cpu_tick_armed(CpuId{cpu})) && world.load(state_.rq_length(CpuId{cpu})) != 0)
      units.push_back(cpu);
}

const Label& Timer::label() const { return expire; }

Footprint Timer::footprint(std::uint32_t unit) const {
  const CpuId cpu{unit};
  return writes(state_.cpu_tick_armed(cpu), state_.cpu_pending(cpu)).reads(state_.rq_length(cpu));
}

void Timer::act(Access& a, std::uint32_t unit) {
  const auto pending = state_.cpu_pending(CpuId{unit});
  // Whether somebody waits says whether an explored tick may come, so its order beside whoever queues up matters.
  static_cast<void>(a.read(state_.rq_length(CpuId{unit})));
  a.write(state_.cpu_tick_armed(CpuId{unit}), false);
  a.write(pending, a.read(pending) | std::uint64_t{1} << static_cast<unsigned>(Vector::tick));
}

}  // namespace mmulab
