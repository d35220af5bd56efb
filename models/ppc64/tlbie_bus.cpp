// SPDX-License-Identifier: MIT
#include "models/ppc64/tlbie_bus.h"

#include <algorithm>

#include "sim/timed/timed_host.h"

namespace mmulab::ppc64 {
namespace {
const Label tlbie{"ppc64.tlbie", "tlbie", Ordering::full};
const Label snoop{"ppc64.tlbie_snoop", "tlbie"};
}  // namespace

TlbieBus::TlbieBus(World& world, const Topology& topology, const Ppc64Params& params,
                   const TranslationHardware& hardware)
    : world_(world),
      topology_(topology),
      hardware_(hardware),
      latency_(params.tlbie_latency),
      per_remote_socket_(params.tlbie_per_remote_socket),
      snoop_stall_(params.snoop_stall),
      one_at_a_time_(params.one_tlbie_at_a_time),
      depth_(params.tlbie_queue),
      queues_(world.allocate("ppc64.tlbie_queue", std::uint64_t{topology.cpus()} * params.tlbie_queue,
                             1 + (topology.cores() + 63) / 64, Coherence::internal)),
      outstanding_(world.allocate("ppc64.tlbie_outstanding", topology.cpus(), 1, Coherence::internal)),
      cpu_busy_(topology.cpus()) {
  world.assign(queues_, {Owner::cpu, topology.cpus(), 0, depth_});
  for (std::uint32_t w = 0; w < mask_words(); ++w) world.name(queues_, 1 + w, Names::cpu_bits);
  world.assign(outstanding_, {Owner::cpu, topology.cpus()});
  MMULAB_ASSERT(depth_ > 0, "a cpu can have at least one tlbie outstanding");
  MMULAB_ASSERT(latency_ > Cycles{}, "a tlbie takes time");
}

void TlbieBus::issue(Context& ctx, MmId mm, TlbKey key) {
  events_ = ctx.events();
  const CpuId cpu = ctx.cpu();
  const std::uint32_t first = entry_of(cpu, 0);
  const auto pending = outstanding(cpu);
  Footprint footprint = writes(pending);
  footprint.writes_words(key_of(first).at, depth_ * queues_.stride());
  const std::uint32_t place = ctx.step_when(
      tlbie, footprint, [&](const Access& a) { return a.read(pending) < depth_; },
      [&](Access& a) {
        std::uint32_t free = first;
        while (a.read(key_of(free)) != 0) ++free;
        fill(a, free, key);
        a.add(pending, std::uint64_t{1});
        Event event{EventKind::tlbie_issued};
        event.mm = mm;
        event.page = hardware_.page_of(key);
        event.tag = Tag{key.tag()};
        emit(a, event);
        return free - first;
      });
  if (host_ != nullptr) schedule(ctx, first + place);
}

void TlbieBus::fill(Access& a, std::uint32_t entry, TlbKey key) const {
  a.write(key_of(entry), key.raw());
  for (std::uint32_t w = 0; w < mask_words(); ++w) {
    const std::uint32_t cores = std::min(64U, topology_.cores() - 64 * w);
    a.write(mask_of(entry, w), cores == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << cores) - 1);
  }
}

void TlbieBus::schedule(Context& ctx, std::uint32_t entry) {
  Cycle& cpu_busy = cpu_busy_[ctx.cpu().raw()];
  Cycle start = std::max(ctx.now(), cpu_busy);
  if (one_at_a_time_) start = std::max(start, bus_busy_);
  const Cycle near = start + latency_;
  const Cycle done = topology_.sockets > 1 ? near + per_remote_socket_ : near;
  const SocketId here = topology_.socket_of(topology_.core_of(ctx.cpu()));
  for (std::uint32_t core = 0; core < topology_.cores(); ++core)
    host_->post(agent_, topology_.socket_of(CoreId{core}) == here ? near : done, entry * topology_.cores() + core);
  cpu_busy = done;
  bus_busy_ = std::max(bus_busy_, done);
}

void TlbieBus::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  for (std::uint32_t entry = 0; entry < queues_.count(); ++entry) {
    if (world.load(key_of(entry)) == 0) continue;
    for (std::uint32_t core = 0; core < topology_.cores(); ++core)
      if ((world.load(mask_of(entry, core / 64)) >> (core % 64) & 1) != 0)
        units.push_back(entry * topology_.cores() + core);
  }
}

const Label& TlbieBus::label() const { return snoop; }

Footprint TlbieBus::footprint(std::uint32_t unit) const {
  const Unit u = unit_of(unit);
  Footprint footprint;
  footprint.updates_words(outstanding(sender_of(u)).at, 1).updates_words(key_of(u.entry).at, queues_.stride());
  hardware_.declare_kill(footprint, u.core, TlbKey{world_.load(key_of(u.entry))});
  if (snoop_stall_ > Cycles{}) footprint.writes(hardware_.stall(u.core));
  return footprint;
}

void TlbieBus::act(Access& a, std::uint32_t unit) {
  const Unit u = unit_of(unit);
  // A device's context has no stream of its own; what it does belongs into that of the senders.
  if (a.context().events() == nullptr) a.context().set_events(events_);
  const TlbKey key{a.look(key_of(u.entry))};
  const bool found = hardware_.kill(a, u.core, key);
  Event event{EventKind::translation_dropped};
  event.page = hardware_.page_of(key);
  event.part = hardware_.part_of(key);
  event.tag = Tag{key.tag()};
  event.b = (u.core.raw() + 1) | (found ? 0 : Event::nothing_there);
  emit(a, event);
  if (snoop_stall_ > Cycles{}) a.add(hardware_.stall(u.core), snoop_stall_.raw());
  std::uint64_t left = 0;
  for (std::uint32_t w = 0; w < mask_words(); ++w) {
    const auto mask = mask_of(u.entry, w);
    if (w == u.core.raw() / 64) a.update(mask, a.look(mask) & ~(std::uint64_t{1} << (u.core.raw() % 64)));
    left |= a.look(mask);
  }
  if (left != 0) return;
  a.update(key_of(u.entry), std::uint64_t{0});
  const auto pending = outstanding(sender_of(u));
  a.update(pending, a.look(pending) - 1);
}

std::uint32_t TlbieBus::renamed(std::uint32_t unit, const Renaming& names) const {
  const Unit u = unit_of(unit);
  const std::uint32_t entry = names(sender_of(u)).raw() * depth_ + u.entry % depth_;
  return entry * topology_.cores() + names(u.core).raw();
}

Footprint TlbieBus::woken_by(std::uint32_t part) const {
  return reads_words(key_of(entry_of(CpuId{part}, 0)).at, depth_ * queues_.stride());
}

std::optional<Location> TlbieBus::outstanding_of(std::uint32_t part) const { return outstanding(CpuId{part}).at; }

}  // namespace mmulab::ppc64
