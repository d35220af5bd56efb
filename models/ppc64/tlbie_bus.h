// SPDX-License-Identifier: MIT
// The bus that carries tlbie to every core. tlbie puts the key into its cpu's queue and goes on; the copies of a
// core die when the bus gets there; ptesync waits until nothing of its cpu is outstanding. So a tlbie without the
// following ptesync is not yet effective, and between two cores it takes effect in any order. Source: hardware.md
// 2.6 (Power ISA book III, tlbie / tlbsync / ptesync; Linux 2.6.22 hash_native_64.c, tlbie and the comment at
// native_tlbie_lock). Left out: tlbsync as a bus operation of its own, retries, snoop filters. Cost: tlbie (issue)
// is the step's; completion comes params.tlbie_latency later, one after another for each cpu, and for the whole
// machine if one_tlbie_at_a_time; a remote socket is done tlbie_per_remote_socket later; every core loses
// snoop_stall cycles.
#pragma once

#include <vector>

#include "models/ppc64/translation_hardware.h"
#include "sim/events/stream.h"
#include "sim/exec/device.h"

namespace mmulab {
class TimedHost;
}

namespace mmulab::ppc64 {

class TlbieBus : public Device {
 public:
  TlbieBus(World& world, const Topology& topology, const Ppc64Params& params, const TranslationHardware& hardware);
  /// Where completions are queued when time exists; null when explored.
  void attach(TimedHost* host, AgentId agent) { host_ = host; agent_ = agent; }

  /// One tlbie of ctx's cpu: a step, which waits while the cpu's queue is full.
  void issue(Context& ctx, MmId mm, TlbKey key);
  /// Number of this cpu's tlbies that are not complete on every core: what ptesync waits for.
  [[nodiscard]] Cell<std::uint64_t> outstanding(CpuId cpu) const {
    return outstanding_.cell<std::uint64_t>(cpu.raw());
  }

  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& access, std::uint32_t unit) override;
  [[nodiscard]] std::uint32_t renamed(std::uint32_t unit, const Renaming& names) const override;

  /// A part for each sender.
  [[nodiscard]] std::uint32_t parts() const override { return topology_.cpus(); }
  [[nodiscard]] std::uint32_t part_of(std::uint32_t unit) const override { return sender_of(unit_of(unit)).raw(); }
  [[nodiscard]] Footprint woken_by(std::uint32_t part) const override;
  [[nodiscard]] std::optional<Location> outstanding_of(std::uint32_t part) const override;

 private:
  /// An entry of a queue: the key, then one bit a core that it has not reached.
  struct Unit {
    std::uint32_t entry;
    CoreId core;
  };
  [[nodiscard]] Unit unit_of(std::uint32_t unit) const {
    return {unit / topology_.cores(), CoreId{unit % topology_.cores()}};
  }
  [[nodiscard]] CpuId sender_of(const Unit& unit) const { return CpuId{unit.entry / depth_}; }
  [[nodiscard]] Cell<std::uint64_t> key_of(std::uint32_t entry) const {
    return queues_.cell<std::uint64_t>(entry);
  }
  [[nodiscard]] Cell<std::uint64_t> mask_of(std::uint32_t entry, std::uint32_t word) const {
    return queues_.cell<std::uint64_t>(entry, 1 + word);
  }
  [[nodiscard]] std::uint32_t entry_of(CpuId cpu, std::uint32_t n) const { return cpu.raw() * depth_ + n; }
  [[nodiscard]] std::uint32_t mask_words() const { return (topology_.cores() + 63) / 64; }
  void fill(Access& a, std::uint32_t entry, TlbKey key) const;
  void schedule(Context& ctx, std::uint32_t entry);

  const World& world_;
  const Topology& topology_;
  const TranslationHardware& hardware_;
  Cycles latency_;
  Cycles per_remote_socket_;
  Cycles snoop_stall_;
  bool one_at_a_time_;
  std::uint32_t depth_;
  Region queues_;
  Region outstanding_;
  TimedHost* host_ = nullptr;
  AgentId agent_;
  EventStream* events_ = nullptr;
  // Timing only: when each cpu's previous tlbie, and the bus's, completes.
  std::vector<Cycle> cpu_busy_;
  Cycle bus_busy_;
};

}  // namespace mmulab::ppc64
