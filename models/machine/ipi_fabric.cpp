// SPDX-License-Identifier: MIT
#include "models/machine/ipi_fabric.h"

#include "sim/timed/timed_host.h"

namespace mmulab {
namespace {
const Label send_ipi{"ipi.send", "ipi_send", Ordering::full};
const Label deliver{"ipi.deliver", "ipi_send"};

Event ipi_event(EventKind kind, std::uint64_t vector, CpuId peer) {
  Event event{kind};
  event.a = vector;
  event.b = peer.raw();
  return event;
}
}  // namespace

void IpiFabric::send(Context& ctx, CpuId target, Vector vector) {
  const auto wire = state_.cpu_wire(target);
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(vector);
  ctx.step(send_ipi, writes(wire), [&](Access& a) {
    a.write(wire, a.read(wire) | bit);
    emit(a, ipi_event(EventKind::ipi_sent, static_cast<std::uint64_t>(vector), target));
  });
  if (host_ == nullptr) return;
  const bool near = topology_.socket_of(topology_.core_of(ctx.cpu())) == topology_.socket_of(topology_.core_of(target));
  const Cycles latency = near ? costs_.one_way : costs_.one_way + costs_.cross_socket;
  host_->post(agent_, ctx.now() + latency,
              target.raw() * static_cast<std::uint32_t>(vectors) + static_cast<std::uint32_t>(vector));
}

void IpiFabric::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  for (std::uint32_t cpu = 0; cpu < state_.limits().cpus; ++cpu) {
    const std::uint64_t wire = world.load(state_.cpu_wire(CpuId{cpu}));
    for (std::uint32_t v = 0; v < vectors; ++v)
      if ((wire >> v & 1) != 0) units.push_back(cpu * static_cast<std::uint32_t>(vectors) + v);
  }
}

const Label& IpiFabric::label() const { return deliver; }

Footprint IpiFabric::footprint(std::uint32_t unit) const {
  return writes(state_.cpu_wire(target_of(unit)), state_.cpu_pending(target_of(unit)));
}

void IpiFabric::act(Access& a, std::uint32_t unit) {
  const auto wire = state_.cpu_wire(target_of(unit));
  const auto pending = state_.cpu_pending(target_of(unit));
  const std::uint64_t arrived = a.read(wire) & bit_of(unit);
  a.write(wire, a.read(wire) & ~arrived);
  a.write(pending, a.read(pending) | arrived);
  emit(a, ipi_event(EventKind::ipi_delivered, unit % vectors, target_of(unit)));
}

}  // namespace mmulab
